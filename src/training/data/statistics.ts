/** Mean and deviation of the input magnitudes, as the network's first normalisation starts with (docs/mathematics.md, 5.2). */
import {
  type Block,
  type Coefficients,
  ForwardStream,
  planSliCQT,
  type ScaleOptions,
  type SliCQTPlan,
} from "../../transforms/slicqt/index.ts";
import { binCount, type StftSettings } from "../../transforms/stft/index.ts";
import { type Framing, Spectra } from "../umx/spectra.ts";

/** Samples that are transformed at a time. */
const CHUNK = 10 * 44100;

/** Moments of one block's magnitudes: every coefficient of every slice is an observation of all bins. */
export interface BlockMoments {
  count: number;
  /** Per bin. */
  readonly mean: Float64Array;
  /** Sum of squared differences from the mean, per bin. */
  readonly squares: Float64Array;
}

/** Per block. */
export type Moments = readonly BlockMoments[];

/**
 * Whose magnitudes: of the sliced constant-Q transform of a scale, its slices one after the other or overlap-added by half
 * (version 1), or of short-time spectra, which are one block.
 */
export type Magnitudes =
  | { readonly kind: "sliCQT"; readonly scale: ScaleOptions; readonly overlapped?: boolean }
  | { readonly kind: "stft"; readonly stft: StftSettings; readonly framing: Framing };

/** Moments of nothing. */
export function noMoments(blocks: readonly { readonly bins: number }[]): Moments {
  return blocks.map(({ bins }) => ({
    count: 0,
    mean: new Float64Array(bins),
    squares: new Float64Array(bins),
  }));
}

/** The blocks of a transform. */
export function blocksOf(of: Magnitudes): readonly { readonly bins: number }[] {
  return of.kind === "sliCQT" ? planSliCQT(of.scale).blocks : [{ bins: binCount(of.stft) }];
}

/** Moments of a mixture's magnitudes, the mean over its channels. @param channels at 44.1 kHz */
export function momentsOf(of: Magnitudes, channels: readonly Float32Array[]): Moments {
  return of.kind === "sliCQT"
    ? mixtureMoments(planSliCQT(of.scale), channels, of.overlapped)
    : spectraMoments(new Spectra(of.stft), of.framing, channels);
}

/** Moments of short-time magnitudes; every frame is an observation. */
function spectraMoments(
  spectra: Spectra,
  framing: Framing,
  channels: readonly Float32Array[],
): Moments {
  const bins = binCount(spectra.settings);
  const found = spectra.analyse(channels, framing);
  const frames = found.length / (4 * bins);
  const magnitude = (at: number) => Math.sqrt(found[at] ** 2 + found[at + bins] ** 2);
  const mean = new Float64Array(bins);
  const squares = new Float64Array(bins);
  const each = (observe: (bin: number, value: number) => void) => {
    for (let from = 0; from < found.length; from += 4 * bins) {
      for (let bin = 0; bin < bins; bin++) {
        observe(bin, (magnitude(from + bin) + magnitude(from + 2 * bins + bin)) / 2);
      }
    }
  };
  each((bin, value) => {
    mean[bin] += value / frames;
  });
  each((bin, value) => {
    squares[bin] += (value - mean[bin]) ** 2;
  });
  return [{ count: frames, mean, squares }];
}

/**
 * Moments of a mixture: of the mean over its channels of |sliCQ|.
 *
 * @param channels at 44.1 kHz
 * @param overlapped whether the second half of each slice is added to the first of the next
 */
export function mixtureMoments(
  plan: SliCQTPlan,
  channels: readonly Float32Array[],
  overlapped = false,
): Moments {
  const stream = new ForwardStream(plan, channels.length);
  const moments = noMoments(plan.blocks);
  const tails = overlapped ? plan.blocks.map(tailOf) : undefined;
  const add = (coefficients: Coefficients) =>
    addMoments(moments, coefficientMoments(plan, coefficients, tails));
  for (let at = 0; at < channels[0].length; at += CHUNK) {
    add(stream.push(channels.map((channel) => channel.subarray(at, at + CHUNK))));
  }
  add(stream.flush());
  if (tails)
    addMoments(
      moments,
      plan.blocks.map((block, b) => tailMoments(block, tails[b])),
    );
  return moments;
}

/** Magnitudes of the last slice's second half, [bins, H]: the next one's first half is added to them. */
function tailOf({ bins, coefs }: Block): Float64Array {
  return new Float64Array((bins * coefs) / 2);
}

function tailMoments({ bins, coefs }: Block, tail: Float64Array): BlockMoments {
  const half = coefs / 2;
  const moments = { count: half, mean: new Float64Array(bins), squares: new Float64Array(bins) };
  for (let bin = 0; bin < bins; bin++) {
    observe(moments, bin, tail.subarray(bin * half, (bin + 1) * half));
  }
  return moments;
}

/** Overlap-adds the magnitudes of a bin's slices in place: what remains are as many halves as there are slices. */
function overlapAdd(magnitudes: Float64Array, half: number, tail: Float64Array): Float64Array {
  for (let from = 0, to = 0; from < magnitudes.length; from += 2 * half, to += half) {
    const next = magnitudes.slice(from + half, from + 2 * half);
    for (let i = 0; i < half; i++) magnitudes[to + i] = magnitudes[from + i] + tail[i];
    tail.set(next);
  }
  return magnitudes.subarray(0, magnitudes.length / 2);
}

/** Mean and squares of a bin's values. */
function observe({ mean, squares }: BlockMoments, bin: number, values: Float64Array): void {
  mean[bin] = values.reduce((sum, x) => sum + x, 0) / values.length;
  squares[bin] = values.reduce((sum, x) => sum + (x - mean[bin]) ** 2, 0);
}

function coefficientMoments(
  plan: SliCQTPlan,
  { channels, slices, blocks }: Coefficients,
  tails: readonly Float64Array[] | undefined,
): Moments {
  return plan.blocks.map(({ bins, coefs }, b) => {
    const count = slices * coefs;
    const half = coefs / 2;
    const moments = {
      count: tails ? slices * half : count,
      mean: new Float64Array(bins),
      squares: new Float64Array(bins),
    };
    const magnitudes = new Float64Array(count);
    for (let bin = 0; bin < bins && count > 0; bin++) {
      magnitudes.fill(0);
      for (let channel = 0; channel < channels; channel++) {
        const from = 2 * (channel * bins + bin) * count;
        const values = blocks[b].subarray(from, from + 2 * count);
        for (let i = 0; i < count; i++) {
          const re = values[2 * i];
          const im = values[2 * i + 1];
          magnitudes[i] += Math.sqrt(re * re + im * im) / channels;
        }
      }
      const tail = tails?.[b].subarray(bin * half, (bin + 1) * half);
      observe(moments, bin, tail ? overlapAdd(magnitudes, half, tail) : magnitudes);
    }
    return moments;
  });
}

/** Adds observations to others (Chan, Golub, LeVeque 1979). */
export function addMoments(to: Moments, more: Moments): void {
  for (const [b, block] of to.entries()) {
    const { count, mean, squares } = more[b];
    if (count === 0) continue;
    const total = block.count + count;
    for (let f = 0; f < mean.length; f++) {
      const difference = mean[f] - block.mean[f];
      block.mean[f] += (difference * count) / total;
      block.squares[f] += squares[f] + (difference ** 2 * block.count * count) / total;
    }
    block.count = total;
  }
}

/** A block's normalisation: (x + mean)·scale. */
export interface Normalisation {
  /** Minus the mean, per bin. */
  readonly mean: Float32Array;
  /** One over the deviation, per bin. */
  readonly scale: Float32Array;
}

/**
 * The normalisation of every block, with the population's deviation: at least 1e-4 of the block's largest; a bin
 * without any counts as one of deviation 1.
 */
export function normalisation(moments: Moments): readonly Normalisation[] {
  return moments.map(({ count, mean, squares }) => {
    const deviation = squares.map((sum) => Math.sqrt(sum / Math.max(1, count)) || 1);
    const least = 1e-4 * Math.max(...deviation);
    return {
      mean: Float32Array.from(mean, (x) => -x),
      scale: Float32Array.from(deviation, (x) => 1 / Math.max(x, least)),
    };
  });
}
