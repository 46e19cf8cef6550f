/** Batches on their way between threads: their memory moves, nothing is copied. */
import type { PreparedBatch } from "../preparedBatch.ts";

/** The memory of all arrays of a batch, each once. */
export function buffersOf({ blocks, waveforms }: PreparedBatch): ArrayBuffer[] {
  const arrays = blocks.flatMap(({ feeds }) => Object.values(feeds).map(({ data }) => data));
  if (waveforms) arrays.push(...waveforms.mixture.blocks, ...waveforms.stems);
  const buffers = new Set<ArrayBuffer>();
  for (const { buffer } of arrays) if (buffer instanceof ArrayBuffer) buffers.add(buffer);
  return [...buffers];
}
