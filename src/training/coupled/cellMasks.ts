/** Masks of cells as masks of coefficients, as Wiener-EM in training reads them, and gradients the other way. */
import {
  FRAMES_PER_HOP,
  firstOfCell,
  type Grid,
  LEAST_GATE,
} from "../../networks/coupled/index.ts";
import { targets } from "../../networks/index.ts";
import type { Block } from "../../transforms/index.ts";

const TARGETS = targets.length;
const CHANNELS = 2;
const ROWS = TARGETS * CHANNELS;

/** Which coefficients: a block, and how much of it. */
export interface BlockOfBatch {
  readonly grid: Grid;
  readonly block: Block;
  readonly items: number;
  readonly slices: number;
}

/**
 * Writes the masks of a block's coefficients, each the share of its cell's gate among the four.
 *
 * @param gates [bands, 4·2·cells, frames·items], sigmoids of the logits
 * @param masks takes them, [4, 2·H, bins, half slices·items]
 */
export function spreadMasks(of: BlockOfBatch, gates: Float32Array, masks: Float32Array): void {
  const { items, slices } = of;
  const halves = 2 * slices * items;
  eachCell(of, ({ row, nextRow, line, nextLine, count, step, frame }) => {
    const width = FRAMES_PER_HOP * (slices + 1) * items;
    for (let channel = 0; channel < CHANNELS; channel++) {
      const from = row + channel * nextRow * width;
      const to = (line + channel * nextLine) * halves;
      const target = CHANNELS * nextRow * width;
      const plane = CHANNELS * nextLine * halves;
      for (let half = 0; half < 2 * slices; half++) {
        // The second half of a slice lies in the hop of the next one.
        const hop = (half + 1) >> 1;
        let at = from + (FRAMES_PER_HOP * hop + frame) * items;
        for (let i = to + half * items, end = i + items; i < end; i++, at++) {
          const g0 = gates[at] + LEAST_GATE;
          const g1 = gates[at + target] + LEAST_GATE;
          const g2 = gates[at + 2 * target] + LEAST_GATE;
          const g3 = gates[at + 3 * target] + LEAST_GATE;
          const share = 1 / (g0 + g1 + g2 + g3);
          masks[i] = g0 * share;
          masks[i + plane] = g1 * share;
          masks[i + 2 * plane] = g2 * share;
          masks[i + 3 * plane] = g3 * share;
        }
      }
      for (let j = 0; j < TARGETS; j++) {
        const first = to + j * plane;
        for (let k = 1; k < count; k++) {
          masks.copyWithin(first + k * step * halves, first, first + halves);
        }
      }
    }
  });
}

/** Adds the gradients by a block's masks, [4, 2·H, bins, half slices·items], to those by the masks of their cells. */
export function gatherGradients(
  of: BlockOfBatch,
  byMasks: Float32Array,
  byCells: Float32Array,
): void {
  const { items, slices } = of;
  const halves = 2 * slices * items;
  const width = FRAMES_PER_HOP * (slices + 1) * items;
  eachCell(of, ({ row, nextRow, line, nextLine, count, step, frame }) => {
    for (let j = 0; j < ROWS; j++) {
      const to = row + j * nextRow * width;
      for (let k = 0; k < count; k++) {
        let from = (line + j * nextLine + k * step) * halves;
        for (let half = 0; half < 2 * slices; half++) {
          const hop = (half + 1) >> 1;
          let at = to + (FRAMES_PER_HOP * hop + frame) * items;
          for (const end = from + items; from < end; from++, at++) byCells[at] += byMasks[from];
        }
      }
    }
  });
}

/** Gradients by the masks of cells, in place turned into those by the logits. */
export function masksToLogits(
  { grid, items, slices }: Pick<BlockOfBatch, "grid" | "items" | "slices">,
  gates: Float32Array,
  gradient: Float32Array,
): void {
  const width = FRAMES_PER_HOP * (slices + 1) * items;
  const perTarget = CHANNELS * grid.sizes.bandCells * width;
  for (let band = 0; band < grid.bands; band++) {
    const first = band * TARGETS * perTarget;
    for (let i0 = first; i0 < first + perTarget; i0++) {
      const i1 = i0 + perTarget;
      const i2 = i1 + perTarget;
      const i3 = i2 + perTarget;
      const sum = gates[i0] + gates[i1] + gates[i2] + gates[i3] + TARGETS * LEAST_GATE;
      const mean =
        (gradient[i0] * (gates[i0] + LEAST_GATE) +
          gradient[i1] * (gates[i1] + LEAST_GATE) +
          gradient[i2] * (gates[i2] + LEAST_GATE) +
          gradient[i3] * (gates[i3] + LEAST_GATE)) /
        sum;
      gradient[i0] = ((gradient[i0] - mean) / sum) * gates[i0] * (1 - gates[i0]);
      gradient[i1] = ((gradient[i1] - mean) / sum) * gates[i1] * (1 - gates[i1]);
      gradient[i2] = ((gradient[i2] - mean) / sum) * gates[i2] * (1 - gates[i2]);
      gradient[i3] = ((gradient[i3] - mean) / sum) * gates[i3] * (1 - gates[i3]);
    }
  }
}

/** A cell of one frame of every hop. */
interface CellPlace {
  readonly frame: number;
  /** First number of its first row among cells; rows of channels and targets follow in `nextRow` rows. */
  readonly row: number;
  readonly nextRow: number;
  /** Line of its first coefficient among masks; lines of channels and targets follow in `nextLine`. */
  readonly line: number;
  readonly nextLine: number;
  /** Coefficients that share it, whose lines are `step` apart. */
  readonly count: number;
  readonly step: number;
}

function eachCell(
  { grid, block, items, slices }: BlockOfBatch,
  work: (place: CellPlace) => void,
): void {
  const { bandCells } = grid.sizes;
  const width = FRAMES_PER_HOP * (slices + 1) * items;
  for (let f = 0; f < block.bins; f++) {
    const bin = grid.bins[block.first + f];
    const band = Math.floor(bin.first / bandCells);
    for (let frame = 0; frame < FRAMES_PER_HOP; frame++) {
      for (let c = 0; c < bin.cells; c++) {
        const begin = firstOfCell(bin, c);
        work({
          frame,
          row: (band * ROWS * bandCells + (bin.first % bandCells) + c) * width,
          nextRow: bandCells,
          line: (frame * bin.coefs + begin) * block.bins + f,
          nextLine: (block.coefs / 2) * block.bins,
          count: firstOfCell(bin, c + 1) - begin,
          step: block.bins,
        });
      }
    }
  }
}
