/** xumx-sliCQ-V2: convolutional denoising auto-encoders, one small stack per block of bins and per target. */
import type { NetworkFamily } from "../network.ts";
import { targets } from "../targets.ts";
import { expectedShapes } from "./architecture.ts";
import { CdaeEngine } from "./engine.ts";
import { FrameNetwork } from "./frameNetwork.ts";
import { inferenceModel } from "./maskNetwork.ts";
import { architectureFor, type PreparedCdae, prepare } from "./prepared.ts";
import {
  type CdaeSettings,
  familyName,
  originalJson,
  readOriginal,
  readSettings,
} from "./settings.ts";

/** The family of xumx-sliCQ-V2: offline, realtime and tiny models. */
export const cdae: NetworkFamily<CdaeSettings, PreparedCdae> = {
  name: familyName,
  readSettings,
  recognises: (json) => json.optional("args") !== undefined,
  readOriginal,
  originalJson,
  targets: () => targets,
  variant: ({ realtime }) => (realtime ? "realtime" : "offline"),
  expectedTensors: (settings, tensors) => expectedShapes(architectureFor(settings, tensors)),
  prepare,
  open: (prepared, setup) => CdaeEngine.open(prepared, setup),
  openFrames: (prepared, setup) => new FrameNetwork(prepared, setup),
  onnx: (settings, state) => inferenceModel(architectureFor(settings, state), state),
};
