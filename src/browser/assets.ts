/** Where browsers find what they fetch: the module of the workers, ONNX Runtime's WebAssembly, the bundled models. */
import { shown } from "../arguments.ts";
import { ArgumentError } from "../errors.ts";
import type { Assets } from "../separation/openOptions.ts";

/** The addresses of all assets. */
export interface AssetAddresses {
  readonly worker: URL;
  readonly wasm: URL;
  /** The same of the GPU's: fetched only where one is asked for. */
  readonly gpuWorker: URL;
  readonly gpuWasm: URL;
  readonly worklet: URL;
  /** @returns the address of a bundled model; undefined if there is none of the name. */
  model(name: string): URL | undefined;
}

/** Names of the bundled models, and where bundlers find them: addresses must be written out. */
const models: Readonly<Record<string, () => URL>> = {
  "xumx-slicq": () => new URL("../../models/xumx-slicq/model.safetensors", import.meta.url),
  "xumx-slicq-free": () =>
    new URL("../../models/xumx-slicq-free/model.safetensors", import.meta.url),
  "xumx-slicq-live": () =>
    new URL("../../models/xumx-slicq-live/model.safetensors", import.meta.url),
  "xumx-slicq-realtime": () =>
    new URL("../../models/xumx-slicq-realtime/model.safetensors", import.meta.url),
};

/** Names of the models that browsers find. */
export const modelNames: readonly string[] = Object.keys(models);

/**
 * The addresses of assets: those that are given, or else beside this module, where bundlers find them or keep them.
 * @throws {ArgumentError} for what is no address.
 */
export function assetAddresses(assets: Assets = {}): AssetAddresses {
  const folder = typeof assets === "string" || assets instanceof URL ? absolute(assets) : undefined;
  if (folder && !folder.pathname.endsWith("/")) folder.pathname += "/";
  const given = typeof assets === "string" || assets instanceof URL ? {} : assets;
  const place = (name: string, own: string | URL | undefined, byDefault: () => URL) => {
    if (own !== undefined) return absolute(own);
    return folder ? new URL(name, folder) : byDefault();
  };
  return {
    worker: place("worker.js", given.worker, () => new URL("./assets/worker.js", import.meta.url)),
    wasm: place(
      "ort-wasm-simd-threaded.wasm",
      given.wasm,
      () => new URL("./assets/ort-wasm-simd-threaded.wasm", import.meta.url),
    ),
    gpuWorker: place(
      "gpuWorker.js",
      given.gpuWorker,
      () => new URL("./assets/gpuWorker.js", import.meta.url),
    ),
    gpuWasm: place(
      "ort-wasm-simd-threaded.asyncify.wasm",
      given.gpuWasm,
      () => new URL("./assets/ort-wasm-simd-threaded.asyncify.wasm", import.meta.url),
    ),
    worklet: place(
      "worklet.js",
      given.worklet,
      () => new URL("./assets/worklet.js", import.meta.url),
    ),
    model(name) {
      if (!Object.hasOwn(models, name)) return undefined;
      return place(`models/${name}/model.safetensors`, undefined, models[name]);
    },
  };
}

/** An address, perhaps relative to the page. */
export function absolute(address: string | URL): URL {
  try {
    return new URL(address, globalThis.location?.href);
  } catch {
    throw new ArgumentError(
      `assets must name addresses; ${shown(String(address))} is none.`,
      'Give a folder of your site such as "/xumx-slicq/".',
    );
  }
}
