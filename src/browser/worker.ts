/** The module of the workers in browsers. It is built into one file, with all that it imports: scripts/buildAssets.mjs. */
import * as onnxruntime from "onnxruntime-web/wasm";
import { serveRuntime } from "./workerService.ts";

serveRuntime(onnxruntime);
