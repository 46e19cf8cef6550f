/** The gate's tensors: with the program, since they are few. */
import { readSafetensors, type StateDict } from "../tensors/index.ts";
import { gateBase64 } from "./gateWeights.ts";

let state: StateDict | undefined;

/** Read when first asked for. */
export function gateState(): StateDict {
  state ??= readSafetensors(
    Uint8Array.from(atob(gateBase64), (character) => character.charCodeAt(0)),
  ).tensors;
  return state;
}
