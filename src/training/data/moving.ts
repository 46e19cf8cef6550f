/** Batches on their way between threads: their memory moves, nothing is copied. */
import { batchBuffers } from "../preparedBatch.ts";
import type { Batch } from "../trainee.ts";

/** The memory of all arrays of a batch, each once. */
export function buffersOf(batch: Batch): ArrayBuffer[] {
  if (batch.kind === "blocks") return batchBuffers(batch);
  const { features, cells } = batch;
  const { power, product, inPhase, energies } = cells;
  return [features, power, product, inPhase, energies].flatMap(({ buffer }) =>
    buffer instanceof ArrayBuffer ? [buffer] : [],
  );
}
