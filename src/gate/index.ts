/** Stems that are silent where they do not play. */
export { gateLicence } from "./gateState.ts";
export { gatedStems } from "./stemGate.ts";
export { GATE_RATE } from "./stemPowers.ts";
