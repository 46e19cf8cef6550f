/** What one may ask of a separator that is opened, in Node and in browsers alike. */
import { checkOptions, type OptionNames, shown } from "../arguments.ts";
import { ArgumentError } from "../errors.ts";
import { type Model, modelFromSafetensors } from "../models/fromBytes.ts";
import type { FindModelOptions } from "../models/load.ts";
import { machineThreads } from "../runtime/capabilities.ts";
import { MOST_THREADS, type SeparatorOptions, separatorOptions } from "./separator.ts";

/**
 * Where a model is: the name of a bundled one (in Node of a published one, or a path, too); an address; the bytes of a
 * safetensors file of ours; or a model that was read.
 */
export type ModelSource = string | URL | Blob | Uint8Array | Model;

/** Options of the separator, which model it is for, and how that may be got. */
export interface OpenSeparatorOptions extends SeparatorOptions {
  /** The default model if left out. */
  readonly model?: ModelSource;
  /** Threads in all, 1 to 256; as many as the machine runs side by side by default. The same count gives the same bits. */
  readonly threads?: number;
  /** Whether and how a model that is not here is fetched. Of these browsers know `signal` and `onProgress`. */
  readonly loading?: FindModelOptions;
}

const optionNames: OptionNames<OpenSeparatorOptions> = {
  ...separatorOptions,
  model: true,
  loading: true,
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
