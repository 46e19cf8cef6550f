/** What PyTorch's files hold, whichever container they are in, and how much a file may ask for. */
import type { TorchStorage, TorchValue } from "./torchPickle.ts";

/** A file that was opened. */
export interface TorchFile {
  /** What was saved. */
  readonly root: TorchValue;
  /** The raw numbers of a storage. @throws WeightsError if they are missing */
  storage(storage: TorchStorage): Uint8Array;
}

/** Largest pickle that is run, in bytes: room for 25,000 tensors, four times what the largest published model has. */
export const maxPickle = 2 ** 22;

/** Most values that a pickle may make, however many tensors there are. */
const maxValues = 2 ** 21;

/** The same by the number of storages: a tensor takes about 70, and those of a training state some more. */
export function valuesFor(storages: number): number {
  return Math.min(maxValues, 20_000 + 200 * storages);
}

/**
 * Most bytes that a file may unfold to, as entries of its archive or as tensors: numbers hardly compress, and views do
 * not share storages but for tied weights.
 */
export function unfolded(fileBytes: number): number {
  return maxPickle + 4 * fileBytes;
}
