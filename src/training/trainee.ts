/** A network in training, whichever: what the loop knows of it. */
import { ArgumentError } from "../errors.ts";
import type { StateDict } from "../tensors/index.ts";
import type { CellBatch } from "./coupled/cellBatch.ts";
import type { AdamW } from "./optimiser.ts";
import type { PreparedBatch } from "./preparedBatch.ts";
import type { SpectraBatch } from "./umx/spectraBatch.ts";

/** A batch as the data threads make it: in blocks, in the cells of a band-coupled network, or in frames. */
export type Batch = PreparedBatch | CellBatch | SpectraBatch;

/** A batch of one kind. @throws ArgumentError when it was prepared for another network */
export function batchOf<K extends Batch["kind"]>(
  kind: K,
  batch: Batch,
): Extract<Batch, { kind: K }> {
  if (isOfKind(kind, batch)) return batch;
  throw new ArgumentError(`The batch was prepared for another network: in ${batch.kind}.`);
}

function isOfKind<K extends Batch["kind"]>(
  kind: K,
  batch: Batch,
): batch is Extract<Batch, { kind: K }> {
  return batch.kind === kind;
}

/** Losses of a batch. */
export interface Losses {
  /** The weighted sum of the parts. */
  readonly loss: number;
  /** Values of the losses without their weights, by name. */
  readonly parts: Readonly<Record<string, number>>;
}

/** The numbers of a network in training. */
export interface TrainedNumbers {
  /** Everything the optimiser changes. */
  readonly trained: Float32Array;
  /** What follows the batches instead: running means and variances. */
  readonly running: Float32Array;
  /** The state dict; its arrays may be views, that change with training. */
  state(): StateDict;
}

/** A network in training. */
export interface Trainee extends AsyncDisposable {
  readonly parameters: TrainedNumbers;
  readonly optimiser: AdamW;
  /** Computes losses and gradients of a batch, and adds the gradients to those of earlier calls. */
  accumulate(batch: Batch): Promise<Losses>;
  /** Moves the weights by the mean of the accumulated gradients, clipped; returns its norm before that. */
  update(learningRate: number): number;
  /** Losses of a batch of any size, as the network is used. */
  evaluate(batch: Batch): Promise<Losses>;
  close(): Promise<void>;
}
