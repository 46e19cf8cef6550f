/** The band-coupled network: all bands and frames of a song's seconds in one network, after Luo and Yu (2023) and others. */
import { writeOnnx } from "../../graph/index.ts";
import type { SliceFamily } from "../network.ts";
import { targets } from "../targets.ts";
import { coupledShapes } from "./architecture.ts";
import { CoupledEngine } from "./engine.ts";
import { maskGraph } from "./maskGraph.ts";
import { architectureFor, type PreparedCoupled, prepare } from "./prepared.ts";
import {
  type CoupledSettings,
  familyName,
  originalJson,
  readOriginal,
  readSettings,
} from "./settings.ts";

/** The family of band-coupled networks. */
export const coupled: SliceFamily<CoupledSettings, PreparedCoupled> = {
  name: familyName,
  readSettings,
  recognises: () => false,
  readOriginal,
  originalJson,
  targets: () => targets,
  variant: ({ realtime }) => (realtime ? "realtime" : "offline"),
  expectedTensors: (settings) => coupledShapes(architectureFor(settings)),
  prepare,
  open: (prepared, setup) => CoupledEngine.open(prepared, setup),
  onnx: (settings, state) => writeOnnx(maskGraph(architectureFor(settings), state)),
};
