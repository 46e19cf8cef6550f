/** Geometry of a transform: slice length, bins, window lengths, positions, blocks (docs/mathematics.md, 1.2, 1.3, 1.5). */
import { ArgumentError } from "../../errors.ts";
import type { Block } from "../transform.ts";
import { type Bands, FMAX, SAMPLE_RATE, type WindowMultiple } from "./scales.ts";

/** The sizes and places that a scale gives its transform. */
export interface Geometry {
  /** Slice length L in samples, a multiple of 4. */
  readonly sliceLength: number;
  /** Transition length T in samples, even. */
  readonly transition: number;
  /** Quarter slice h = L/4; slices advance by the hop 2h. */
  readonly quarter: number;
  /** 2h samples. */
  readonly hop: number;
  /** Frequency of each bin 0..K+1 in Hz, DC and Nyquist included. */
  readonly frequencies: Float64Array;
  /** Window length M_k of each bin. */
  readonly coefs: Int32Array;
  /** Centre r_k of each bin in FFT bins of a slice, even. */
  readonly positions: Int32Array;
  readonly blocks: readonly Block[];
  /** Σ M_k: coefficients per slice and channel. */
  readonly coefsPerSlice: number;
}

const MIN_WINDOW = 16;
const LONGEST_SLICE = 1 << 22;

/** Round to nearest, ties to even. */
function roundTiesEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest > 0.5) return floor + 1;
  if (rest < 0.5) return floor;
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * Lays out the bins of a scale. Every rounding is the original's and decides near-ties: to float32, of version 1 none.
 * @param multiple of which window lengths are; 4 is the original's
 * @throws {ArgumentError} if no band lies below 22050 Hz, bands do not increase, or a slice would exceed 2^22.
 */
export function layOut(bands: Bands, multiple: WindowMultiple = 4): Geometry {
  const round = roundingOf(bands);
  const { sliceLength, transition } = sliceLengths(bands);
  const end = bands.frequencies.findIndex((f) => f >= FMAX);
  const f = bands.frequencies.subarray(0, end < 0 ? undefined : end);
  const K = f.length;
  if (K < 1)
    throw new ArgumentError("No band of the scale lies below 22050 Hz.", "Use more bands.");
  for (let b = 1; b < K; b++) {
    if (!(f[b] > f[b - 1])) {
      throw new ArgumentError(
        `The scale's frequencies do not increase at band ${b} (${f[b - 1]} Hz, ${f[b]} Hz).`,
        "Use fewer bands.",
      );
    }
  }
  const unit = round(sliceLength / SAMPLE_RATE);
  const frequencies = Float64Array.from([0, ...f, FMAX]);
  const phi = [0, ...f, FMAX, round(SAMPLE_RATE - f[K - 1])].map((hz) => round(hz * unit));
  const raw = new Float64Array(K + 2);
  raw[0] = round(2 * phi[1]);
  for (let k = 2; k <= K + 1; k++) raw[k] = round(phi[k + 1] - phi[k - 1]);
  raw[1] = round(phi[1] / bands.q[0]);
  raw[K] = round(phi[K] / bands.q[K - 1]);
  const coefs = Int32Array.from(raw, (m) =>
    Math.max(MIN_WINDOW, multiple * roundTiesEven(m / multiple)),
  );
  const positions = Int32Array.from(phi.slice(0, K + 2), (p) => 2 * roundTiesEven(p / 2));
  const widest = coefs.reduce((a, b) => Math.max(a, b));
  if (widest > sliceLength) {
    throw new ArgumentError(
      `A window of ${widest} coefficients does not fit a slice of ${sliceLength} samples.`,
      "Use more bands or a lower fmin.",
    );
  }
  return {
    sliceLength,
    transition,
    quarter: sliceLength / 4,
    hop: sliceLength / 2,
    frequencies,
    coefs,
    positions,
    blocks: blocksOf(coefs),
    coefsPerSlice: coefs.reduce((sum, m) => sum + m, 0),
  };
}

/** The precision that the geometry of bands is computed in: theirs. */
function roundingOf({ frequencies }: Bands): (value: number) => number {
  return frequencies instanceof Float32Array ? Math.fround : (value) => value;
}

/** L and T from the narrowest band. */
function sliceLengths(bands: Bands): { sliceLength: number; transition: number } {
  const round = roundingOf(bands);
  let widest = 0;
  for (let b = 0; b < bands.q.length; b++) {
    const v = round(round(round(bands.q[b] * 8) * SAMPLE_RATE) / bands.frequencies[b]);
    widest = Math.max(widest, v);
  }
  const sliceLength = 4 * Math.ceil(Math.ceil(widest) / 4);
  if (!(sliceLength <= LONGEST_SLICE)) {
    throw new ArgumentError(
      `The scale needs slices of ${sliceLength} samples; the limit is ${LONGEST_SLICE}.`,
      "Use fewer bands or a higher fmin.",
    );
  }
  const quarter = Math.floor(sliceLength / 4);
  return { sliceLength, transition: quarter + (quarter % 2) };
}

function blocksOf(coefs: Int32Array): Block[] {
  const blocks: Block[] = [];
  let first = 0;
  for (let k = 1; k <= coefs.length; k++) {
    if (k < coefs.length && coefs[k] === coefs[first]) continue;
    blocks.push({ first, bins: k - first, coefs: coefs[first] });
    first = k;
  }
  return blocks;
}

/** Number of slices S that N samples make: S = floor((⌈N/h⌉ + 1)/2) + 1. */
export function sliceCount(geometry: Geometry, samples: number): number {
  return Math.floor((Math.ceil(samples / geometry.quarter) + 1) / 2) + 1;
}
