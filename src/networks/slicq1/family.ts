/** xumx-sliCQ version 1: convolutions on overlap-added magnitudes, one small stack per block of bins and per target. */
import type { SliceFamily } from "../network.ts";
import { targets } from "../targets.ts";
import { expectedShapes } from "./architecture.ts";
import { Slicq1Engine } from "./engine.ts";
import { maskGraph, maskModel } from "./maskGraph.ts";
import { architectureFor, type PreparedSlicq1, prepare } from "./prepared.ts";
import {
  familyName,
  originalJson,
  readOriginal,
  readSettings,
  recognises,
  type Slicq1Settings,
} from "./settings.ts";

/** The family of xumx-sliCQ version 1. */
export const slicq1: SliceFamily<Slicq1Settings, PreparedSlicq1> = {
  name: familyName,
  readSettings,
  recognises,
  readOriginal,
  originalJson,
  targets: () => targets,
  variant: () => "offline",
  expectedTensors: (settings) => expectedShapes(architectureFor(settings)),
  prepare,
  open: (prepared, setup) => Slicq1Engine.open(prepared, setup),
  onnx: (settings, state) => maskModel(maskGraph(architectureFor(settings), state), "inside"),
};
