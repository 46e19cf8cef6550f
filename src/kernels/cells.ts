/** Plain twin of the sums over cells; the layout stands at assembly/cells.ts. */
import { doubles, ELEMENT_FLOATS, floats, LANES } from "./lanes.ts";

const STEMS = 4;

/** Cells of a batch. */
export interface CellKernels {
  /** Sums over the cells of a bin, of four stems and their mixture, in four hops; see assembly/cells.ts. work: 496 bytes. */
  sumCells(
    now: number,
    before: number,
    channel: number,
    slices: number,
    hops: number,
    half: number,
    ends: number,
    frames: number,
    cells: number,
    power: number,
    product: number,
    inPhase: number,
    row: number,
    kind: number,
    frame: number,
    energies: number,
    work: number,
  ): void;
}

/** The twins on a memory. @internal */
export function plainCells(memory: WebAssembly.Memory): CellKernels {
  return {
    sumCells(
      now,
      before,
      channel,
      slices,
      hops,
      half,
      ends,
      frames,
      cells,
      power,
      product,
      inPhase,
      row,
      kind,
      frame,
      energies,
    ) {
      const data = floats(memory);
      const wide = doubles(memory);
      const lastOf = new Int32Array(memory.buffer, ends, frames * cells);
      const weight = 2 * half;
      /** A part of a stem's channel in a hop: of the slice, if it counts, and of the one before. */
      const value = (channelOf: number, hop: number, n: number, part: number) => {
        const at = (n: number) => (channelOf * channel) / 4 + n * ELEMENT_FLOATS + part * LANES;
        const late = hop < slices ? data[now / 4 + at(n) + hop] : 0;
        if (hop === 0) return late + data[before / 4 + at(n + half) + LANES - 1];
        return late + (hop - 1 < slices ? data[now / 4 + at(n + half) + hop - 1] : 0);
      };
      for (let hop = 0; hop < LANES; hop++) {
        for (let i = 0; i < frames * cells; i++) {
          const powers = [0, 0];
          const stems = new Float64Array(2 * STEMS);
          let both = 0;
          for (let n = i === 0 ? 0 : lastOf[i - 1]; n < lastOf[i]; n++) {
            for (const part of [0, 1]) {
              const x = Array.from({ length: 2 * STEMS }, (_, c) => value(c, hop, n, part));
              const mixture = [0, 1].map((c) => x[c] + x[c + 2] + x[c + 4] + x[c + 6]);
              both += weight * mixture[0] * mixture[1];
              for (const c of [0, 1]) powers[c] += weight * mixture[c] ** 2;
              for (const [c, v] of x.entries()) {
                stems[c] += weight * mixture[c % 2] * v;
                wide[energies / 8 + (c >> 1)] += weight * v * v;
              }
            }
          }
          if (hop >= hops) continue;
          const frameNumber = Math.floor(i / cells) + hop * frames;
          const place = (frameNumber * frame + (i % cells) * row) / 4;
          data[product / 4 + place] = both;
          for (const [k, v] of powers.entries()) data[(power + k * kind) / 4 + place] = v;
          for (const [k, v] of stems.entries()) data[(inPhase + k * kind) / 4 + place] = v;
        }
      }
    },
  };
}
