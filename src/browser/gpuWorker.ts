/** The same with the larger build of ONNX Runtime, which knows WebGPU. Pages that ask for no GPU never fetch it. */
import * as onnxruntime from "onnxruntime-web/webgpu";
import { serveRuntime } from "./workerService.ts";

serveRuntime({ ...onnxruntime, listSupportedBackends: () => [{ name: "webgpu" }] });
