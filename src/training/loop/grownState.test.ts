import { describe, expect, it } from "vitest";
import { type Architecture, architectureOf, expectedShapes } from "../../networks/cdae/index.ts";
import {
  originalLayers,
  type Volume,
  volume,
} from "../../networks/cdae/testing/originalNetwork.ts";
import { targets } from "../../networks/index.ts";
import type { StateDict } from "../../tensors/index.ts";
import { type FormulaSizes, formulaState, formulaUniform } from "../../testing/formulaWeights.ts";
import { agreement } from "../../testing/golden.ts";
import { grownState } from "./grownState.ts";

/** Blocks with kernels of 1, 3 and 5 bins. */
const small: FormulaSizes = {
  blocks: [
    [2, 12],
    [11, 8],
    [20, 4],
  ],
  c1: 4,
  c2: 5,
  kt: 3,
};

const SLICES = 9;

function network(sizes: FormulaSizes, realtime: boolean): [Architecture, StateDict] {
  const state = formulaState(sizes);
  const blocks = sizes.blocks.map(([bins, coefs]) => ({ bins, coefs }));
  return [architectureOf(blocks, realtime, state), state];
}

function input({ blocks }: Architecture, block: number): Volume {
  const { bins, coefs } = blocks[block];
  const x = volume(2, bins, SLICES * coefs);
  const uniform = formulaUniform(`magnitudes.${block}`);
  return { ...x, data: x.data.map((_, i) => 4 * uniform(i) - 0.7) };
}

/** Frames from `edge` to the last but `edge` of every row. */
function inside({ frames, data }: Volume, edge: number): Float64Array {
  return data.filter((_, i) => i % frames >= edge && i % frames < frames - edge);
}

describe("a grown network", () => {
  it.each([
    { realtime: false, hidden: [6, 7], timeTaps: 3, edge: 0 },
    { realtime: true, hidden: [4, 9], timeTaps: 3, edge: 0 },
    { realtime: false, hidden: [4, 5], timeTaps: 5, edge: 2 },
    { realtime: true, hidden: [5, 5], timeTaps: 6, edge: 3 },
  ] as const)("gives the masks of the small one (%j)", ({ realtime, hidden, timeTaps, edge }) => {
    const [from, state] = network(small, realtime);
    const to = { ...from, hidden, timeTaps };
    const grown = grownState(state, from, to, 1);
    expect(new Map([...grown].map(([name, { shape }]) => [name, shape]))).toEqual(
      expectedShapes(to),
    );
    for (const [block, { coefs }] of from.blocks.entries()) {
      for (const target of targets.keys()) {
        const x = input(from, block);
        const [was] = originalLayers(from, state, block, target, x).slice(-1);
        const [is] = originalLayers(to, grown, block, target, x).slice(-1);
        const near = edge * coefs;
        expect(agreement(inside(was, near), inside(is, near))).toBeGreaterThan(250);
      }
    }
  });

  it("has new channels that can learn: their own weights are not 0", () => {
    const [from, state] = network(small, false);
    const grown = grownState(state, from, { ...from, hidden: [6, 7] }, 1);
    const first = grown.get("sliced_umx.0.cdaes.0.0.weight");
    const added = first?.dtype === "f32" ? first.data.subarray(4 * 2 * 12) : undefined;
    expect(added?.length).toBe(2 * 2 * 12);
    expect(added?.every((value) => value !== 0)).toBe(true);
  });

  it("is the small one itself where nothing grows", () => {
    const [from, state] = network(small, false);
    expect(grownState(state, from, from, 1)).toBe(state);
  });

  it("refuses to shrink", () => {
    const [from, state] = network(small, false);
    expect(() => grownState(state, from, { ...from, hidden: [3, 9] }, 1)).toThrow(
      "A network of 4, 5, 3 (channels, time taps) cannot start one of 3, 9, 3.",
    );
  });
});
