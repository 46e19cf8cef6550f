import { describe, expect, it } from "vitest";
import { coupledArchitecture, firstOfCell } from "../../networks/coupled/index.ts";
import { transformOf } from "../../networks/coupled/settings.ts";
import { smallSettings } from "../../networks/coupled/testing/smallModel.ts";
import { agreement } from "../../testing/golden.ts";
import { planTransform } from "../../transforms/index.ts";
import { Random } from "../data/random.ts";
import { gatherGradients, spreadMasks } from "./cellMasks.ts";

const settings = smallSettings(false);
const { blocks } = planTransform(transformOf(settings));
const { grid } = coupledArchitecture({ blocks }, settings.sizes, false);
const { bandCells } = grid.sizes;
const items = 2;
const slices = 3;
const width = 8 * (slices + 1) * items;
const random = Random.of(3, 1, 4);

/** Gates of which the four of a cell and channel sum to one. */
function gates(): Float32Array {
  const all = Float32Array.from({ length: grid.cells * 8 * width }, () => random.uniform(0.1, 1));
  const step = 2 * bandCells * width;
  for (let i = 0; i < all.length; i++) {
    if (Math.floor(i / step) % 4 !== 0) continue;
    const sum = all[i] + all[i + step] + all[i + 2 * step] + all[i + 3 * step];
    for (let j = 0; j < 4; j++) all[i + j * step] /= sum;
  }
  return all;
}

describe.each(blocks.map((block, number) => ({ block, number })))("block $number", ({ block }) => {
  const of = { grid, block, items, slices };
  const length = 8 * (block.coefs / 2) * block.bins * 2 * slices * items;

  it("has at every coefficient the mask of its cell, of the hop that its half of the slice lies in", () => {
    const given = gates();
    const masks = new Float32Array(length);
    spreadMasks(of, given, masks);
    const expected = masks.map((_, i) => {
      const item = i % items;
      const half = Math.floor(i / items) % (2 * slices);
      const f = Math.floor(i / items / (2 * slices)) % block.bins;
      const line = Math.floor(i / items / (2 * slices) / block.bins);
      const tau = line % (block.coefs / 2);
      const row = Math.floor(line / (block.coefs / 2));
      const bin = grid.bins[block.first + f];
      let cell = 0;
      while (firstOfCell(bin, cell + 1) <= tau % bin.coefs) cell++;
      const hop = Math.floor(half / 2) + (half % 2);
      const column = (8 * hop + Math.floor(tau / bin.coefs)) * items + item;
      const band = Math.floor(bin.first / bandCells);
      const at = (band * 8 + row) * bandCells + (bin.first % bandCells) + cell;
      return given[at * width + column];
    });
    const decibels = agreement(expected, masks);
    console.log(`${decibels.toFixed(1)} dB`);
    expect(decibels).toBeGreaterThan(100);
  });

  it("gathers gradients as the adjoint of that", () => {
    const given = gates();
    const masks = new Float32Array(length);
    spreadMasks(of, given, masks);
    const byMasks = masks.map(() => random.uniform(-1, 1));
    const byCells = new Float32Array(given.length);
    gatherGradients(of, byMasks, byCells);
    const product = (a: Float32Array, b: Float32Array) =>
      a.reduce((sum, v, i) => sum + v * b[i], 0);
    expect(product(byCells, given) / product(byMasks, masks)).toBeCloseTo(1, 3);
  });
});
