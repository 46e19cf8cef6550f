/** The first Cadenza challenge, task 1: music over headphones for listeners with a hearing loss. */
export { type EnhanceEvent, type EnhanceOptions, enhanceSplit } from "./enhanceSplit.ts";
export { type EvaluateEvent, type EvaluateOptions, evaluateSplit } from "./evaluateSplit.ts";
export { type CadenzaSplit, cadenzaSplits } from "./metadata.ts";
