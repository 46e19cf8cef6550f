/** Batches on their way between threads: their memory moves, nothing is copied. */
import type { PreparedBatch } from "../preparedBatch.ts";

/** All arrays of a batch. */
export function arraysOf({ blocks, waveforms }: PreparedBatch): ArrayBufferView[] {
  const arrays = blocks.flatMap(({ feeds }) => Object.values(feeds).map(({ data }) => data));
  return waveforms ? [...arrays, ...waveforms.mixture.blocks, ...waveforms.stems] : arrays;
}
