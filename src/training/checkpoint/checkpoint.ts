/**
 * Checkpoints: everything a training needs to go on as if it had never stopped, in one safetensors file.
 *
 * Beside the model's own tensors and configuration it holds arrays under names that begin with "training." and, in the
 * metadata under "training", JSON. It is a model like any other for whoever loads one: with averaging, its tensors are
 * the averages, and the weights themselves are among the arrays.
 */

import { readFile } from "node:fs/promises";
import { WeightsError } from "../../errors.ts";
import { writeAtomically } from "../../files/index.ts";
import { configMetadata, type Model, parseConfig, trainingPrefix } from "../../models/index.ts";
import { readSafetensors, type Tensor, writeSafetensors } from "../../tensors/index.ts";

const METADATA_KEY = "training";

/** Everything a training goes on from. */
export interface Checkpoint extends Model {
  /** What else is kept, by name: moments of the optimiser, averages of weights. */
  readonly arrays: ReadonlyMap<string, Float32Array>;
  /** Counters, settings, histories: whatever JSON can hold. */
  readonly facts: unknown;
}

/** Writes a checkpoint; the one before is kept until this one is whole. @throws FileError */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const tensors = new Map<string, Tensor>(checkpoint.state);
  for (const [name, data] of checkpoint.arrays) {
    tensors.set(trainingPrefix + name, { dtype: "f32", shape: [data.length], data });
  }
  const metadata = new Map(configMetadata(checkpoint.config));
  metadata.set(METADATA_KEY, JSON.stringify(checkpoint.facts));
  await writeAtomically(path, writeSafetensors(tensors, { metadata }));
}

/** Writes the weights alone, as a model that can be loaded. @throws FileError */
export async function writeModel(path: string, { config, state }: Model): Promise<void> {
  await writeAtomically(path, writeSafetensors(state, { metadata: configMetadata(config) }));
}

/**
 * Reads a checkpoint; undefined when there is no such file.
 *
 * @throws WeightsError "unreadable", "weights-corrupt", or "weights-mismatch" when it is a model but no checkpoint
 */
export async function readCheckpoint(path: string): Promise<Checkpoint | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new WeightsError("unreadable", `${path} cannot be read.`, "Check its permissions.", {
      cause,
    });
  }
  const { tensors, metadata } = readSafetensors(bytes);
  const text = metadata.get(METADATA_KEY);
  if (text === undefined) {
    throw new WeightsError(
      "weights-mismatch",
      `${path} holds weights, but nothing to go on with a training.`,
      "Start a new training from its weights with --init.",
    );
  }
  const state = new Map<string, Tensor>();
  const arrays = new Map<string, Float32Array>();
  for (const [name, tensor] of tensors) {
    if (!name.startsWith(trainingPrefix)) state.set(name, tensor);
    else if (tensor.dtype === "f32") arrays.set(name.slice(trainingPrefix.length), tensor.data);
  }
  return { config: parseConfig(metadata), state, arrays, facts: parseFacts(path, text) };
}

function parseFacts(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new WeightsError(
      "weights-corrupt",
      `${path}: the metadata entry "${METADATA_KEY}" is not valid JSON.`,
      undefined,
      { cause },
    );
  }
}
