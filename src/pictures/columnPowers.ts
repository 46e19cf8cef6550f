/** The powers of a signal's bands over time, gathered in columns while the signal is read: a song's length costs no memory. */
import { type Coefficients, ForwardStream, SAMPLE_RATE } from "../transforms/slicqt/index.ts";
import type { ViewPlan } from "./viewPlan.ts";

/** Seconds. */
export interface TimeRange {
  readonly start: number;
  readonly duration: number;
}

/** Mean powers of bands in equal columns of time. */
export interface ColumnPowers {
  readonly columns: number;
  /** Per band from low to high, one power per column: 1 is a tone of amplitude 1. */
  readonly bands: readonly Float32Array[];
}

/**
 * Listens to a signal and keeps the mean power of each band in each column.
 *
 * Neighbouring slices are added as complex numbers, which undoes the slicing but for what rings beyond a slice;
 * between its coefficients a band's power is a straight line.
 */
export class ColumnMeter {
  readonly #view: ViewPlan;
  readonly #stream: ForwardStream;
  readonly #powers: ColumnPowers;
  /** Column of the signal's first sample, and columns a sample. */
  readonly #origin: number;
  readonly #pace: number;
  readonly #channels: number;
  /** Per bin: the second half of the last slice in all channels, to be added to the first half of the next. */
  readonly #halves: readonly Float32Array[];
  /** Per bin: the power of the last coefficient. */
  readonly #last: Float64Array;
  #slices = 0;
  /** Samples that wait for more, so that slices are transformed four at a time. */
  #waiting: (readonly Float32Array[])[] = [];
  #waitingSamples = 0;

  /**
   * @param channels whose powers are averaged
   * @param begin time of the first sample that will be pushed, seconds
   */
  constructor(
    view: ViewPlan,
    channels: number,
    columns: number,
    { start, duration }: TimeRange,
    begin: number,
  ) {
    const { coefs } = view.transform;
    this.#view = view;
    this.#channels = channels;
    this.#stream = new ForwardStream(view.transform, channels);
    this.#powers = { columns, bands: Array.from(coefs, () => new Float32Array(columns)) };
    this.#origin = ((begin - start) / duration) * columns;
    this.#pace = columns / (duration * SAMPLE_RATE);
    this.#halves = Array.from(coefs, (length) => new Float32Array(channels * length));
    this.#last = new Float64Array(coefs.length);
  }

  /** Takes samples at 44.1 kHz, one array a channel; they are kept for a while. */
  push(block: readonly Float32Array[]): void {
    this.#waiting.push(block);
    this.#waitingSamples += block[0].length;
    if (this.#waitingSamples >= 4 * this.#view.transform.hop) this.#transform();
  }

  /** Ends the signal. */
  finish(): ColumnPowers {
    this.#transform();
    this.#gather(this.#stream.flush());
    return this.#powers;
  }

  #transform(): void {
    const block = Array.from({ length: this.#channels }, (_, channel) => {
      const joined = new Float32Array(this.#waitingSamples);
      let at = 0;
      for (const part of this.#waiting) {
        joined.set(part[channel], at);
        at += part[channel].length;
      }
      return joined;
    });
    this.#waiting = [];
    this.#waitingSamples = 0;
    this.#gather(this.#stream.push(block));
  }

  #gather(coefficients: Coefficients): void {
    const { transform } = this.#view;
    const { slices } = coefficients;
    transform.blocks.forEach((block, b) => {
      const values = coefficients.blocks[b];
      const { bins, coefs } = block;
      const powers = new Float64Array(coefs / 2);
      for (let bin = 0; bin < bins; bin++) {
        for (let slice = 0; slice < slices; slice++) {
          powers.fill(0);
          for (let channel = 0; channel < this.#channels; channel++) {
            const at = 2 * ((channel * bins + bin) * slices + slice) * coefs;
            const half = this.#halves[block.first + bin].subarray(
              channel * coefs,
              (channel + 1) * coefs,
            );
            for (let n = 0; n < coefs / 2; n++) {
              const re = values[at + 2 * n] + half[2 * n];
              const im = values[at + 2 * n + 1] + half[2 * n + 1];
              powers[n] += re * re + im * im;
            }
            half.set(values.subarray(at + coefs, at + 2 * coefs));
          }
          // What lies under the first half of the first slice is before the signal.
          if (this.#slices + slice > 0) this.#place(block.first + bin, slice, powers);
        }
      }
    });
    this.#slices += slices;
  }

  /** Adds the areas under straight lines between the coefficients of half a slice to the columns. */
  #place(bin: number, slice: number, powers: Float64Array): void {
    const { sliceLength, hop, coefs } = this.#view.transform;
    const length = coefs[bin];
    // A tone of amplitude 1 has half of its spectrum on either side.
    const scale = ((2 * length) / sliceLength) ** 2 / this.#channels;
    const step = (this.#pace * sliceLength) / length;
    const begin = this.#origin + this.#pace * (this.#slices + slice - 1) * hop;
    const row = this.#powers.bands[bin];
    let before = this.#last[bin];
    for (let n = 0; n < powers.length; n++) {
      const power = scale * powers[n];
      const end = begin + n * step;
      // The very first coefficient stands at the signal's first sample, with nothing before it.
      if (this.#slices + slice > 1 || n > 0) addLine(row, end - step, end, before, power);
      before = power;
    }
    this.#last[bin] = before;
  }
}

/** Adds the area under a line from (x0, y0) to (x1, y1) to the cells of unit width that it crosses. */
function addLine(row: Float32Array, x0: number, x1: number, y0: number, y1: number): void {
  const first = Math.max(0, Math.floor(x0));
  const last = Math.min(row.length - 1, Math.floor(x1));
  const slope = (y1 - y0) / (x1 - x0);
  for (let x = first; x <= last; x++) {
    const from = Math.max(x0, x);
    const to = Math.min(x1, x + 1);
    row[x] += (to - from) * (y0 + slope * ((from + to) / 2 - x0));
  }
}
