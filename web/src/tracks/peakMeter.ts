/** Peaks of samples that come block by block. */

/** Frames of a peak: about two hundred a second. */
export const PEAK_HOP = 256;

/** New or changed peaks. The last one may not be whole: then the next part begins with it. */
export interface PeakPart {
  /** Number of the first peak. */
  readonly from: number;
  readonly lowest: Float32Array<ArrayBuffer>;
  readonly highest: Float32Array<ArrayBuffer>;
}

/** Finds the lowest and the highest sample of every {@link PEAK_HOP} frames, over all channels. */
export class PeakMeter {
  #frames = 0;
  /** Of the peak that is not whole. */
  #lowest = 0;
  #highest = 0;

  /** The peaks that a block changes: one array per channel, equally long, of at least one frame. */
  push(block: readonly Float32Array[]): PeakPart {
    const length = block[0].length;
    const from = Math.floor(this.#frames / PEAK_HOP);
    const end = this.#frames + length;
    const count = Math.ceil(end / PEAK_HOP) - from;
    const lowest = new Float32Array(count);
    const highest = new Float32Array(count);
    const begun = this.#frames % PEAK_HOP > 0;
    for (let i = 0; i < count; i++) {
      const first = Math.max(0, (from + i) * PEAK_HOP - this.#frames);
      const last = Math.min(length, (from + i + 1) * PEAK_HOP - this.#frames);
      let low = i === 0 && begun ? this.#lowest : Number.POSITIVE_INFINITY;
      let high = i === 0 && begun ? this.#highest : Number.NEGATIVE_INFINITY;
      for (const channel of block) {
        for (let k = first; k < last; k++) {
          const sample = channel[k];
          if (sample < low) low = sample;
          if (sample > high) high = sample;
        }
      }
      lowest[i] = low;
      highest[i] = high;
    }
    this.#frames = end;
    this.#lowest = lowest[count - 1];
    this.#highest = highest[count - 1];
    return { from, lowest, highest };
  }
}
