/** The gate's tensors: with the program, since they are few. */
import { readSafetensors, type StateDict } from "../tensors/index.ts";
import { gateBase64 } from "./gateWeights.ts";

/** Terms of use of the gate's weights: what they learned from is as that of the models in the box. */
export const gateLicence =
  "non-commercial: its gate was trained on MUSDB18-7 (academic use only) and labels of HT Demucs (personal and research use)";

let state: StateDict | undefined;

/** Read when first asked for. */
export function gateState(): StateDict {
  state ??= readSafetensors(
    Uint8Array.from(atob(gateBase64), (character) => character.charCodeAt(0)),
  ).tensors;
  return state;
}
