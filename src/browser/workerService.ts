/** What the workers of pages do, whichever runtime they bring. */
import { liveService } from "../live/liveService.ts";
import { modelFromSafetensors } from "../models/fromBytes.ts";
import { pieceService } from "../separation/pieceService.ts";
import { prepareModel } from "../separation/preparedModel.ts";
import { serveInWorker } from "../threads/web.ts";
import type { BrowserProtocol } from "./protocol.ts";

/** What is set up of ONNX Runtime for the Web before it starts. */
interface WebRuntime {
  readonly env: {
    readonly wasm: {
      wasmBinary?: ArrayBufferLike | Uint8Array;
      wasmPaths?: string | { readonly wasm?: string | URL };
    };
  };
  /** Said by none but the build with WebGPU. */
  readonly listSupportedBackends?: () => readonly { readonly name: string }[];
}

/** Serves the page, by a build of ONNX Runtime that is in the worker's module. */
export function serveRuntime(runtime: WebRuntime): void {
  const pieces = pieceService(async () => runtime);
  const live = liveService(async () => runtime);
  serveInWorker<BrowserProtocol>({
    handlers: {
      ...pieces.handlers,
      ...live.handlers,
      runtime(given) {
        const { wasm } = runtime.env;
        if (typeof given === "string") wasm.wasmPaths = { wasm: given };
        else wasm.wasmBinary = given;
        return undefined;
      },
      prepare(given, { move }) {
        const model = prepareModel(
          given instanceof Uint8Array ? modelFromSafetensors(given) : given,
        );
        move([model.weights.data]);
        return model;
      },
    },
    async close() {
      await pieces.close?.();
      await live.close?.();
    },
  });
}
