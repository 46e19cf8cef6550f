import { describe, expect, it } from "vitest";
import { WeightsError } from "../../errors.ts";
import { formulaState } from "../../testing/formulaWeights.ts";
import { architectureOf, expectedShapes, fewestSlices } from "./architecture.ts";
import { multiplyAdds } from "./work.ts";

/** Blocks of bark 262 @ 32.9 Hz, bins × coefficients. */
const bark =
  "1x28 86x16 14x20 11x24 9x28 8x32 7x36 6x40 6x44 5x48 5x52 4x56 5x60 3x64 4x68 4x72 3x76 3x80 " +
  "3x84 3x88 2x92 3x96 2x100 3x104 2x108 2x112 2x116 2x120 2x124 2x128 2x132 2x136 2x140 1x144 " +
  "2x148 2x152 1x156 2x160 1x164 2x168 1x172 2x176 1x180 1x184 2x188 1x192 1x196 1x200 2x204 " +
  "1x208 1x212 1x216 1x220 1x224 1x228 2x232 1x236 1x240 1x244 1x248 1x252 1x256 1x264 1x268 " +
  "1x272 1x276 1x280 1x284 1x288 1x292";
const barkBlocks = bark.split(" ").map((block) => {
  const [bins, coefs] = block.split("x").map(Number);
  return { bins, coefs };
});

const blocks = [
  { bins: 3, coefs: 16 },
  { bins: 12, coefs: 20 },
  { bins: 25, coefs: 8 },
];
const sizes = {
  blocks: blocks.map(({ bins, coefs }) => [bins, coefs] as const),
  c1: 7,
  c2: 9,
  kt: 3,
};

function published(hidden: readonly [number, number], timeTaps: number) {
  const shapes = new Map([
    ["sliced_umx.0.cdaes.0.0.weight", { shape: [hidden[0], 2, 1, 28] }],
    ["sliced_umx.0.cdaes.0.3.weight", { shape: [hidden[1], hidden[0], 1, timeTaps] }],
  ]);
  for (const block of barkBlocks.keys())
    shapes.set(`sliced_umx.${block}.input_mean`, { shape: [] });
  return architectureOf(barkBlocks, false, shapes);
}

describe("the architecture", () => {
  it("is read from the tensors' shapes", () => {
    const architecture = architectureOf(blocks, true, formulaState(sizes));
    expect(architecture).toEqual({
      realtime: true,
      hidden: [7, 9],
      timeTaps: 3,
      blocks: [
        { bins: 3, coefs: 16, frequencyTaps: 1 },
        { bins: 12, coefs: 20, frequencyTaps: 3 },
        { bins: 25, coefs: 8, frequencyTaps: 5 },
      ],
    });
  });

  it("names every tensor of a state dict with its shape, in the file's order", () => {
    const state = formulaState(sizes);
    const expected = expectedShapes(architectureOf(blocks, false, state));
    expect([...expected]).toEqual([...state].map(([name, { shape }]) => [name, shape]));
    expect(expected.size).toBe(3 * 82);
  });

  it("counts as many parameters as the published models have", () => {
    const count = (hidden: readonly [number, number], timeTaps: number) => {
      let numbers = 0;
      for (const [name, shape] of expectedShapes(published(hidden, timeTaps))) {
        if (/running|batches/.test(name)) continue;
        numbers += shape.reduce((product, size) => product * size, 1);
      }
      return numbers;
    };
    expect(count([50, 51], 4)).toBe(15_010_446);
    expect(count([25, 55], 3)).toBe(6_913_886);
  });

  it("is refused where the weights are of another transform or another network", () => {
    const state = formulaState(sizes);
    const refuse = (attempt: () => unknown, message: RegExp) => {
      expect(attempt).toThrow(WeightsError);
      expect(attempt).toThrow(message);
    };
    refuse(() => architectureOf(blocks.slice(1), false, state), /have 3 blocks.*transform has 2/);
    refuse(() => architectureOf(blocks.toReversed(), false, state), /16 coefficients.*with 8/);
    refuse(
      () => architectureOf(blocks, false, new Map()),
      /no tensor "sliced_umx.0.cdaes.0.0.weight"/,
    );
    const flat = new Map([["sliced_umx.0.cdaes.0.0.weight", { shape: [7, 2] }]]);
    refuse(() => architectureOf(blocks, false, flat), /shape \[7, 2\], not four axes/);
    const lstm = new Map([["sliced_umx.0.lstms.0.weight_ih_l0", { shape: [4, 4] }]]);
    refuse(() => architectureOf(blocks, false, lstm), /LSTM variant.*lstms/);
  });

  it("needs as many slices as its time taps ask for", () => {
    const offline = published([50, 51], 4);
    expect(fewestSlices(offline)).toBe(3);
    expect(fewestSlices({ ...offline, realtime: true })).toBe(2);
    expect(fewestSlices({ ...offline, timeTaps: 3 })).toBe(2);
  });
});

describe("the work", () => {
  it("is what the published model costs a slice", () => {
    const architecture = published([50, 51], 4);
    const total = barkBlocks.reduce((sum, _, block) => sum + multiplyAdds(architecture, block), 0);
    expect(total / 1e6).toBeCloseTo(136.2, 1);
  });
});
