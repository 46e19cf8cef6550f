/** Pictures of what a signal sounds like: its sliCQ magnitudes over time, low frequencies at the bottom. */
import { type Coefficients, forward, type SliCQTPlan } from "../../slicqt/index.ts";
import { type EncodedImage, encodePng } from "./png.ts";

/** Below the loudest point, dB: black. */
const RANGE = 80;

/** From silence to the loudest, evenly spaced, RGB. */
const colours: readonly (readonly [number, number, number])[] = [
  [0, 0, 0],
  [34, 12, 74],
  [110, 22, 110],
  [187, 48, 82],
  [240, 110, 34],
  [252, 190, 40],
  [255, 255, 220],
];

/** Pixels of a picture, about: every bin has the same number of rows. */
export interface SpectrogramSize {
  readonly width: number;
  readonly height: number;
}

/** Small enough for thousands of epochs. */
const usual: SpectrogramSize = { width: 600, height: 260 };

/**
 * The picture of a signal.
 *
 * @param channels samples at 44.1 kHz, at least one
 * @param loudest magnitude that is white; by default the signal's own largest, give one to compare pictures
 */
export function spectrogram(
  plan: SliCQTPlan,
  channels: readonly Float32Array[],
  size: SpectrogramSize = usual,
  loudest?: number,
): EncodedImage {
  const { width } = size;
  const bins = magnitudeRows(plan, channels, width);
  const white = loudest ?? largest(bins);
  const binHeight = Math.max(1, Math.round(size.height / bins.length));
  const height = bins.length * binHeight;
  const rgb = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    const row = bins[bins.length - 1 - Math.floor(y / binHeight)];
    for (let x = 0; x < width; x++) {
      const decibels = 20 * Math.log10(row[x] / white);
      rgb.set(colour(decibels / RANGE + 1), 3 * (y * width + x));
    }
  }
  return encodePng(width, height, rgb);
}

/** Largest magnitude that {@link spectrogram} would find, to be the white of several pictures. */
export function largestMagnitude(plan: SliCQTPlan, channels: readonly Float32Array[]): number {
  return largest(magnitudeRows(plan, channels, usual.width));
}

/** One row per bin, from low to high. */
function magnitudeRows(
  plan: SliCQTPlan,
  channels: readonly Float32Array[],
  width: number,
): Float64Array[] {
  const coefficients = forward(plan, channels);
  const samples = channels[0].length;
  return plan.blocks.flatMap((block, b) =>
    Array.from({ length: block.bins }, (_, bin) => {
      const row = new Float64Array(width);
      for (let x = 0; x < width; x++) {
        const time = ((x + 0.5) / width) * samples;
        row[x] = magnitudeAt(plan, coefficients, b, bin, time);
      }
      return row;
    }),
  );
}

/** Both slices over a moment together, so that their borders do not show; mean over the channels. */
function magnitudeAt(
  plan: SliCQTPlan,
  { channels, slices, blocks }: Coefficients,
  block: number,
  bin: number,
  time: number,
): number {
  const { bins, coefs } = plan.blocks[block];
  const values = blocks[block];
  const first = Math.floor(time / plan.hop);
  let sum = 0;
  for (const slice of [first, first + 1]) {
    const n = Math.round(((time - (slice - 1) * plan.hop) * coefs) / plan.sliceLength);
    if (slice >= slices || n >= coefs || n < 0) continue;
    for (let channel = 0; channel < channels; channel++) {
      const at = 2 * (((channel * bins + bin) * slices + slice) * coefs + n);
      sum += Math.hypot(values[at], values[at + 1]);
    }
  }
  return sum / channels;
}

function largest(rows: readonly Float64Array[]): number {
  let most = 1e-9;
  for (const row of rows) for (const value of row) most = Math.max(most, value);
  return most;
}

/** Colour of a height from 0 to 1. */
function colour(height: number): readonly number[] {
  const place = Math.max(0, Math.min(1, height)) * (colours.length - 1);
  const i = Math.min(Math.floor(place), colours.length - 2);
  return colours[i].map((from, c) => Math.round(from + (place - i) * (colours[i + 1][c] - from)));
}
