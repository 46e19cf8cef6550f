/** Open-Unmix: one network of recurrent layers for each target (Stöter and others, 2019). */
import { writeOnnx } from "../../graph/index.ts";
import { unsupported } from "../fields.ts";
import type { SongFamily } from "../network.ts";
import { expectedShapes, umxName } from "./architecture.ts";
import { UmxEngine } from "./engine.ts";
import { wholeGraph } from "./graphs.ts";
import { networkOf, type PreparedUmx, prepare } from "./prepared.ts";
import { originalJson, readSettings, type UmxSettings } from "./settings.ts";

/** The family of Open-Unmix: umx, umxhq, umxl, umxse. */
export const umx: SongFamily<UmxSettings, PreparedUmx> = {
  name: "umx",
  readSettings,
  // Its models are folders of several files, see `models/openUnmix.ts`.
  recognises: () => false,
  readOriginal: () => {
    throw unsupported("A model of Open-Unmix is a folder of weights, one file for each target.");
  },
  originalJson,
  targets: ({ targets }) => targets,
  variant: () => "whole song",
  expectedTensors: (settings, tensors) => expectedShapes(settings, tensors, umxName),
  prepare,
  openSong: (prepared, setup) => UmxEngine.open(prepared, setup),
  onnx: (settings, state) => writeOnnx(wholeGraph(networkOf(settings, state, umxName, false))),
};
