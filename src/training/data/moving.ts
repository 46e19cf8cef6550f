/** Batches on their way between threads: their memory moves, nothing is copied. */
import type { Batch } from "../trainee.ts";

/** All arrays of a batch. */
export function arraysOf(batch: Batch): ArrayBufferView[] {
  if (batch.kind === "cells") {
    const { features, cells, wiener } = batch;
    const arrays = [features, cells.power, cells.product, cells.inPhase, cells.energies];
    return wiener ? [...arrays, ...arraysOf(wiener)] : arrays;
  }
  if (batch.kind === "spectra") {
    const { lower, mixture, stems, waves } = batch;
    const arrays = [lower, mixture, ...stems];
    return waves ? [...arrays, waves.mixture, ...waves.stems] : arrays;
  }
  const { blocks, waveforms } = batch;
  const arrays = blocks.flatMap(({ feeds }) => Object.values(feeds).map(({ data }) => data));
  return waveforms ? [...arrays, ...waveforms.mixture.blocks, ...waveforms.stems] : arrays;
}
