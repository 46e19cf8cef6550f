/** What one may ask of a separator that is opened, in Node and in browsers alike. */
import { checkOptions, type OptionNames, shown } from "../arguments.ts";
import { ArgumentError } from "../errors.ts";
import { type Model, modelFromSafetensors } from "../models/fromBytes.ts";
import type { FindModelOptions } from "../models/load.ts";
import { machineThreads } from "../runtime/capabilities.ts";
import { MOST_THREADS, type SeparatorOptions, separatorOptions } from "./separatorOptions.ts";

/**
 * Where a model is: the name of a bundled one (in Node of a published one, or a path, too); an address; the bytes of a
 * safetensors file of ours; or a model that was read.
 */
export type ModelSource = string | URL | Blob | Uint8Array | Model;

/** Where browsers find what they fetch: a folder of the site, or the addresses one by one. */
export type Assets =
  | string
  | URL
  | {
      /** The module of the workers, by default `worker.js` of the package's `dist/browser/assets`. */
      readonly worker?: string | URL;
      /** The module of the thread of live sound, by default `worklet.js` there. */
      readonly worklet?: string | URL;
      /** ONNX Runtime's WebAssembly, by default `ort-wasm-simd-threaded.wasm` there. */
      readonly wasm?: string | URL;
      /** Both again for the device webgpu, by default `gpuWorker.js` and `ort-wasm-simd-threaded.asyncify.wasm` there. */
      readonly gpuWorker?: string | URL;
      readonly gpuWasm?: string | URL;
    };

/** Options of the separator, which model it is for, and how that may be got. */
export interface OpenSeparatorOptions extends SeparatorOptions {
  /** The default model if left out. */
  readonly model?: ModelSource;
  /** Threads in all, 1 to 256; as many as the machine runs side by side by default. The same count gives the same bits. */
  readonly threads?: number;
  /** Whether and how a model that is not here is fetched. Of these browsers know `signal` and `onProgress`. */
  readonly loading?: FindModelOptions;
  /**
   * For browsers, where a bundler does not copy what lies beside modules: the folder of the site with the files of the
   * package's `dist/browser/assets` and, for models by name, its folder `models`.
   */
  readonly assets?: Assets;
}

const optionNames: OptionNames<OpenSeparatorOptions> = {
  ...separatorOptions,
  model: true,
  loading: true,
  assets: true,
};

/** The options, checked, with the machine's number of threads where none is asked for. */
export function checkOpenOptions(options: OpenSeparatorOptions): OpenSeparatorOptions {
  if (typeof options === "string") {
    throw new ArgumentError(
      `The options of openSeparator must be an object, not ${shown(options)}.`,
      `Give openSeparator({ model: ${shown(options)} }).`,
    );
  }
  checkOptions(options, optionNames, "openSeparator");
  return { threads: Math.min(MOST_THREADS, machineThreads()), ...options };
}

/**
 * A model whose bytes are at hand.
 * @throws {ArgumentError} for what is no model; WeightsError.
 */
export async function modelAtHand(model: Exclude<ModelSource, string | URL>): Promise<Model> {
  if (model instanceof Uint8Array) return modelFromSafetensors(model);
  if (model instanceof Blob) return modelFromSafetensors(new Uint8Array(await model.arrayBuffer()));
  return model;
}
