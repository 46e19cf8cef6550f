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

/** The extremes of what it is shown. */
export class LevelMeter {
  #highest = 0;
  #lowest = 0;

  /** Largest magnitude so far. */
  get peak(): number {
    return Math.max(this.#highest, -this.#lowest);
  }

  /** The gain, at most 1, that brings everything shown so far between −1 and `most`. */
  gain(most: number): number {
    return Math.min(1, most / this.#highest, 1 / Math.abs(this.#lowest));
  }

  show(block: readonly Float32Array[]): void {
    let highest = this.#highest;
    let lowest = this.#lowest;
    for (const channel of block) {
      for (let i = 0; i < channel.length; i++) {
        const x = channel[i];
        if (x > highest) highest = x;
        else if (x < lowest) lowest = x;
      }
    }
    this.#highest = highest;
    this.#lowest = lowest;
  }
}

/** Cuts samples off at −1 and `most`, in place; what is not a number stays. Returns how many there were. */
export function clamp(block: readonly Float32Array[], most: number): number {
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
export function scale(block: readonly Float32Array[], gain: number): void {
  for (const channel of block) for (let i = 0; i < channel.length; i++) channel[i] *= gain;
}
