/** Keeps samples within what a format can hold, and tells how loud they were. */
import type { OutputFormat } from "../audio/outputFormat.ts";

/**
 * What becomes of samples beyond full scale. "none": they are written as they are, which float32 alone can. "clamp":
 * they are cut off. "rescale": all outputs of the song are multiplied by one gain, so that the loudest sample just fits
 * and they still sum to the (quieter) song.
 */
export type ClipMode = "none" | "clamp" | "rescale";

export const clipModes: readonly ClipMode[] = ["none", "clamp", "rescale"];

/** Float files hold any sample; everything else is rescaled rather than distorted. */
export function defaultClipMode(format: OutputFormat): ClipMode {
  return format.container === "wav" && format.encoding === "float32" ? "none" : "rescale";
}

/** Largest positive sample that a format can hold; the lowest is −1. */
export function fullScale(format: OutputFormat): number {
  if (!("encoding" in format)) return 1;
  return { float32: 1, int16: 1 - 2 ** -15, int24: 1 - 2 ** -23 }[format.encoding];
}

/** The sign bit of a float32, as a whole number of 32 bits. */
const SIGN = 1 << 31;

/**
 * The extremes of what it is shown. They are looked for among the samples' bits: magnitudes of float32 are ordered as the
 * whole numbers that the same bits stand for, and these are compared in less than half the time.
 */
export class LevelMeter {
  /** Bits of the highest sample and of the magnitude of the lowest. */
  readonly #bits = new Int32Array(2);
  readonly #extremes = new Float32Array(this.#bits.buffer);

  /** Largest magnitude so far. */
  get peak(): number {
    return Math.max(...this.#extremes);
  }

  /** The gain, at most 1, that brings everything shown so far between −1 and `most`. */
  gain(most: number): number {
    const [highest, lowest] = this.#extremes;
    return Math.min(1, most / highest, 1 / lowest);
  }

  show(block: readonly Float32Array[]): void {
    let highest = this.#bits[0];
    let lowest = this.#bits[1];
    for (const channel of block) {
      const bits = new Int32Array(channel.buffer, channel.byteOffset, channel.length);
      for (let i = 0; i < bits.length; i++) {
        const sample = bits[i];
        if (sample > highest) highest = sample;
        // Of a sample above zero this is below zero. No branch by the sign: half of them would be guessed wrongly.
        const opposite = sample ^ SIGN;
        if (opposite > lowest) lowest = opposite;
      }
    }
    this.#bits[0] = highest;
    this.#bits[1] = lowest;
  }
}

/** Cuts samples off at −1 and `most`, in place; what is not a number stays. Returns how many there were. */
export function clampSamples(block: readonly Float32Array[], most: number): number {
  let count = 0;
  for (const channel of block) {
    for (let i = 0; i < channel.length; i++) {
      if (channel[i] > most) channel[i] = most;
      else if (channel[i] < -1) channel[i] = -1;
      else continue;
      count++;
    }
  }
  return count;
}

/** Multiplies in place. */
export function scaleSamples(block: readonly Float32Array[], gain: number): void {
  for (const channel of block) for (let i = 0; i < channel.length; i++) channel[i] *= gain;
}
