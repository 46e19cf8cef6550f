/**
 * A time-frequency transform as separation and networks know it, whichever it is.
 *
 * A transform cuts a signal into slices that follow each other by a hop and overlap. Of every slice each bin has a few
 * coefficients; neighbouring bins with equally many are a block. (A short-time Fourier transform has one block; two of
 * its frames are a slice, since masks come in two halves of a slice.)
 */
import type { KernelInstance } from "../kernels/instance.ts";
import type { ScaleOptions } from "./slicqt/scales.ts";

/** Bins that have equally many coefficients. */
export interface Block {
  /** First bin of the block, counted from 0 Hz. */
  readonly first: number;
  /** Number of bins F. */
  readonly bins: number;
  /** Coefficients per slice M, even. */
  readonly coefs: number;
}

/** Which transform, as plain data. Another kind is another member of this union. */
export type TransformSettings = { readonly kind: "slicqt" } & ScaleOptions;

/** A planned transform: its sizes, and the way to its engines. */
export interface Transform {
  /** Samples from slice to slice. */
  readonly hop: number;
  /** Samples that a slice spans, more than a hop. */
  readonly sliceLength: number;
  /** Samples by which slice 0 begins before the signal. */
  readonly lead: number;
  /** Samples from a slice's begin to the end of its window: what comes after them, it does not see. */
  readonly windowEnd: number;
  readonly blocks: readonly Block[];
  /** Coefficients of a slice and channel, of all bins. */
  readonly coefsPerSlice: number;
  /** Slices of a signal of so many samples. */
  sliceCount(samples: number): number;
  /** Makes an engine in the kernels' memory. */
  inLanes(kernels: KernelInstance): LaneTransform;
}

/** Where a bin's coefficients lie. */
export interface BinPlace {
  /** Bytes before the bin within a channel's coefficients. */
  readonly offset: number;
  readonly coefs: number;
}

/**
 * A transform's engine: four slices of a channel pair at a time. Coefficients lie in lane layout, bin after bin, one lane
 * for each slice. Arguments that are no slice or bin numbers are places in the kernels' memory.
 */
export interface LaneTransform {
  /** Bytes of the coefficients of four slices of one channel. */
  readonly channelBytes: number;
  readonly bins: readonly BinPlace[];
  /** Bytes of a slice group's spectrum. */
  readonly spectrumBytes: number;
  /**
   * Forward transform of four slices: x0 and x1 point at the first sample of the first slice in each channel, c0 and c1
   * take {@link channelBytes} each.
   */
  analyse(x0: number, x1: number, c0: number, c1: number): void;
  /** Clears a spectrum, to gather bins in. */
  beginSynthesis(spectrum: number): void;
  /** Adds bin k of both channels to a spectrum. */
  synthesiseBin(k: number, c0: number, c1: number, spectrum: number): void;
  /** Adds the first `slices` slices of a spectrum to samples; y0 and y1 point at the first slice's first sample. */
  endSynthesis(spectrum: number, slices: number, y0: number, y1: number): void;
}

/** Samples that `slices` consecutive slices span. */
export function spanOf({ hop, sliceLength }: Transform, slices: number): number {
  return (slices - 1) * hop + sliceLength;
}
