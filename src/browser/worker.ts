/** The module of the workers in browsers. It is built into one file, with all that it imports: scripts/buildAssets.mjs. */
import * as onnxruntime from "onnxruntime-web/wasm";
import { liveService } from "../live/liveService.ts";
import { modelFromSafetensors } from "../models/fromBytes.ts";
import { pieceService } from "../separation/pieceService.ts";
import { prepareModel } from "../separation/preparedModel.ts";
import { serveInWorker } from "../threads/web.ts";
import type { BrowserProtocol } from "./protocol.ts";

const pieces = pieceService(async () => onnxruntime);
const live = liveService(async () => onnxruntime);

serveInWorker<BrowserProtocol>({
  handlers: {
    ...pieces.handlers,
    ...live.handlers,
    runtime(binary) {
      onnxruntime.env.wasm.wasmBinary = binary;
      return undefined;
    },
    prepare(bytes, { move }) {
      const model = prepareModel(modelFromSafetensors(bytes));
      move([model.weights.data]);
      return model;
    },
  },
  async close() {
    await pieces.close?.();
    await live.close?.();
  },
});
