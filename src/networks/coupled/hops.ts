/** A piece's coefficients, gathered slice by slice, and the cells of its hops. */
import { ELEMENT_FLOATS, LANES } from "../../kernels/lanes.ts";
import type { BinPlace } from "../../transforms/index.ts";
import { framesOf, type MixtureCells } from "./cells.ts";
import { FRAMES_PER_HOP, firstOfCell, type Grid } from "./grid.ts";

/** Room for the coefficients of up to so many slices of two channels. */
export class HopCoefficients {
  readonly #grid: Grid;
  readonly #places: readonly BinPlace[];
  /** [slice, channel, coefficient of all bins, 2]. */
  readonly #values: Float32Array;
  /** Floats of a channel of a slice. */
  readonly #channel: number;

  constructor(grid: Grid, places: readonly BinPlace[], slices: number) {
    this.#grid = grid;
    this.#places = places;
    this.#channel = places.reduce((sum, { coefs }) => sum + 2 * coefs, 0);
    this.#values = new Float32Array(slices * 2 * this.#channel);
  }

  /**
   * Takes four slices of a channel from lane layout.
   *
   * @param lanes the kernels' memory
   * @param from byte where the channel's coefficients begin
   * @param count slices that are wanted of the four
   */
  take(lanes: Float32Array, from: number, channel: number, slice: number, count: number): void {
    const values = this.#values;
    const used = Math.min(LANES, count);
    const stride = 2 * this.#channel;
    let to = (2 * slice + channel) * this.#channel;
    for (const { offset, coefs } of this.#places) {
      let at = (from + offset) / 4;
      for (let n = 0; n < coefs; n++, at += ELEMENT_FLOATS, to += 2) {
        for (let lane = 0, own = to; lane < used; lane++, own += stride) {
          values[own] = lanes[at + lane];
          values[own + 1] = lanes[at + LANES + lane];
        }
      }
    }
  }

  /** The cells of the first so many slices. */
  cells(slices: number): MixtureCells {
    const { bins, bands, sizes } = this.#grid;
    const { bandCells } = sizes;
    const frames = framesOf(slices);
    const power = new Float32Array(bands * 2 * bandCells * frames);
    const product = new Float32Array(bands * bandCells * frames);
    const step = bandCells * frames;
    const hopValues = new Float32Array(
      4 * Math.max(...bins.map((bin) => bin.coefs)) * FRAMES_PER_HOP,
    );
    let before = 0;
    for (const bin of bins) {
      const half = bin.coefs * FRAMES_PER_HOP;
      const row = 2 * half;
      const band = Math.floor(bin.first / bandCells);
      const firstCell = bin.first % bandCells;
      for (let hop = 0; hop <= slices; hop++) {
        this.#addHalves(before, half, hop, slices, hopValues);
        let n = 0;
        for (let frame = 0; frame < FRAMES_PER_HOP; frame++) {
          for (let c = 0; c < bin.cells; c++) {
            const end = 2 * (frame * bin.coefs + firstOfCell(bin, c + 1));
            let left = 0;
            let right = 0;
            let both = 0;
            for (; n < end; n += 2) {
              const a = hopValues[n];
              const b = hopValues[n + 1];
              const c = hopValues[n + row];
              const d = hopValues[n + row + 1];
              left += a * a + b * b;
              right += c * c + d * d;
              both += a * c + b * d;
            }
            const column = hop * FRAMES_PER_HOP + frame;
            const at = (band * 2 * bandCells + firstCell + c) * frames + column;
            power[at] = row * left;
            power[at + step] = row * right;
            product[(band * bandCells + firstCell + c) * frames + column] = row * both;
          }
        }
      }
      before += 2 * row;
    }
    return { items: 1, frames, power, product };
  }

  /** A bin's coefficients in a hop, left then right: the first half of its slice and the second half of that before. */
  #addHalves(before: number, half: number, hop: number, slices: number, to: Float32Array): void {
    const length = 2 * half;
    for (let channel = 0; channel < 2; channel++) {
      const offset = channel * length;
      const late = (2 * hop + channel) * this.#channel + before;
      const early = late - 2 * this.#channel + length;
      if (hop === slices) {
        for (let i = 0; i < length; i++) to[offset + i] = this.#values[early + i];
      } else if (hop === 0) {
        for (let i = 0; i < length; i++) to[offset + i] = this.#values[late + i];
      } else {
        for (let i = 0; i < length; i++)
          to[offset + i] = this.#values[late + i] + this.#values[early + i];
      }
    }
  }
}
