import { describe, expect, it } from "vitest";
import { evaluate, type NumericArray } from "../../graph/index.ts";
import { createKernels } from "../../kernels/instance.ts";
import { ELEMENT_FLOATS, LANES } from "../../kernels/lanes.ts";
import { agreement } from "../../testing/golden.ts";
import { noise } from "../../testing/noise.ts";
import { planTransform } from "../../transforms/index.ts";
import { forward, planSliCQT } from "../../transforms/slicqt/index.ts";
import { FEATURES, FRAMES_PER_STEP } from "./architecture.ts";
import { cellFeatures, framesOf } from "./cells.ts";
import { firstOfCell, layOutGrid } from "./grid.ts";
import { HopCoefficients } from "./hops.ts";
import { coupledNetwork, maskGraph } from "./maskGraph.ts";
import { architectureFor, contextSlices } from "./prepared.ts";
import { transformOf } from "./settings.ts";
import { randomState, smallSettings } from "./testing/smallModel.ts";

const settings = smallSettings(false);
const architecture = architectureFor(settings);
const { grid } = architecture;
const plan = planSliCQT(transformOf(settings));

/** Cells of a stereo signal by the engine's path: in lanes, four slices at a time. */
function cellsOf(channels: readonly [Float32Array, Float32Array]) {
  const { slices, blocks } = forward(plan, channels);
  const kernels = createKernels();
  const lanes = planTransform(transformOf(settings)).inLanes(kernels);
  const hops = new HopCoefficients(grid, lanes.bins, slices);
  const memory = new Float32Array(2 * lanes.channelBytes);
  for (let slice = 0; slice < slices; slice += LANES) {
    for (let channel = 0; channel < 2; channel++) {
      for (const [b, { first, bins, coefs }] of plan.blocks.entries()) {
        for (let f = 0; f < bins; f++) {
          for (let lane = 0; lane < Math.min(LANES, slices - slice); lane++) {
            const from = 2 * (((channel * bins + f) * slices + slice + lane) * coefs);
            const to = lanes.bins[first + f].offset / 4 + lane;
            for (let n = 0; n < coefs; n++) {
              memory[to + n * ELEMENT_FLOATS] = blocks[b][from + 2 * n];
              memory[to + n * ELEMENT_FLOATS + LANES] = blocks[b][from + 2 * n + 1];
            }
          }
        }
      }
      hops.take(memory, 0, channel, slice, slices - slice);
    }
  }
  return hops.cells(slices);
}

describe("the grid", () => {
  it("gives every bin whole numbers of coefficients and cells, none of them shared by two bins", () => {
    const taken = new Set<number>();
    for (const bin of grid.bins) {
      expect(firstOfCell(bin, 0)).toBe(0);
      expect(firstOfCell(bin, bin.cells)).toBe(bin.coefs);
      for (let c = 0; c < bin.cells; c++) {
        expect(firstOfCell(bin, c + 1)).toBeGreaterThan(firstOfCell(bin, c));
        expect(taken.has(bin.first + c)).toBe(false);
        taken.add(bin.first + c);
      }
    }
    expect(Math.max(...taken)).toBeLessThan(grid.cells);
  });

  it("refuses windows that are no multiples of 16", () => {
    expect(() => layOutGrid([16, 20], settings.sizes)).toThrow(/length 20 of bin 1/);
  });
});

describe("cells", () => {
  it("hold powers: a signal half as strong has a quarter in each", () => {
    const [x, y] = [noise(30000, 1), noise(30000, 2)];
    const whole = cellsOf([x, y]);
    const half = cellsOf([x.map((v) => v / 2), y.map((v) => v / 2)]);
    expect(whole.frames).toBe(framesOf(forward(plan, [x, y]).slices));
    expect(
      agreement(
        whole.power.map((p) => p / 4),
        half.power,
      ),
    ).toBeGreaterThan(120);
    expect(whole.power.some((p) => p > 0)).toBe(true);
  });

  it("have features that no gain changes", () => {
    const [x, y] = [noise(20000, 3), noise(20000, 4)];
    const soft = (z: Float32Array) => z.map((v) => v / 10);
    const [a, b] = [cellsOf([x, y]), cellsOf([soft(x), soft(y)])].map((c) => cellFeatures(grid, c));
    const decibels = agreement(a, b);
    console.log(`features at -20 dB: ${decibels.toFixed(1)} dB`);
    expect(decibels).toBeGreaterThan(100);
  });

  it("of equal channels are balanced and alike", () => {
    const x = noise(20000, 5);
    const cells = cellsOf([x, x]);
    const features = cellFeatures(grid, cells);
    const { bandCells } = grid.sizes;
    for (const bin of grid.bins) {
      const row =
        Math.floor(bin.first / bandCells) * FEATURES * bandCells + (bin.first % bandCells);
      const middle = Math.floor(cells.frames / 2);
      expect(features[(row + bandCells) * cells.frames + middle]).toBeCloseTo(0, 4);
      // Less than 1 where a cell is nearly empty.
      const likeness = features[(row + 2 * bandCells) * cells.frames + middle];
      expect(likeness).toBeGreaterThan(0.9);
      expect(likeness).toBeLessThan(1 + 1e-6);
    }
  });
});

describe.each([false, true])("the network (realtime: %s)", (realtime) => {
  const own = smallSettings(realtime);
  const network = architectureFor(own);
  const graph = maskGraph(network, randomState(own));
  const rows = network.grid.bands * FEATURES * own.sizes.bandCells;
  const steps = 14;
  const frames = steps * FRAMES_PER_STEP;
  const features = Float64Array.from(noise(rows * frames, 9));
  const run = (data: Float64Array, count: number): NumericArray => {
    const shape = [network.grid.bands, FEATURES * own.sizes.bandCells, count * FRAMES_PER_STEP];
    return evaluate(graph, { features: { shape, data } }).masks;
  };

  it("gives masks that sum to one", () => {
    const { shape, data } = run(features, steps);
    const [bands, perBand, width] = shape;
    const step = (perBand / 4) * width;
    for (let band = 0; band < bands; band++) {
      for (let i = 0; i < step; i++) {
        const at = band * perBand * width + i;
        const sum = data[at] + data[at + step] + data[at + 2 * step] + data[at + 3 * step];
        expect(sum).toBeCloseTo(1, 10);
      }
    }
  });

  it("gives pieces the masks of the whole, away from their ends by no more than its context", () => {
    const whole = run(features, steps);
    const [first, count] = [3, 9];
    const reach = own.sizes.dilations.reduce((a, b) => a + b);
    const [before, after] = realtime ? [2 * reach, 0] : [reach, reach];
    const width = count * FRAMES_PER_STEP;
    const part = new Float64Array(rows * width);
    for (let row = 0; row < rows; row++) {
      const from = row * frames + first * FRAMES_PER_STEP;
      part.set(features.subarray(from, from + width), row * width);
    }
    const piece = run(part, count);
    let compared = 0;
    for (let row = 0; row < piece.data.length / width; row++) {
      for (let f = before * FRAMES_PER_STEP; f < width - after * FRAMES_PER_STEP; f++) {
        const same = whole.data[row * frames + first * FRAMES_PER_STEP + f];
        expect(Math.abs(piece.data[row * width + f] - same)).toBeLessThan(1e-12);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(0);
    expect(contextSlices(network).after).toBeLessThanOrEqual(contextSlices(network).before);
  });
});

it("a batch gives each item what it gets alone", async () => {
  const { GraphBuilder } = await import("../../graph/index.ts");
  const state = randomState(settings);
  const logits = (items: number, data: Float64Array) => {
    const steps = 6;
    const width = steps * FRAMES_PER_STEP * items;
    const b = new GraphBuilder("batch");
    const shape = [grid.bands, FEATURES * settings.sizes.bandCells, width];
    const tensor = (name: string) => {
      const found = state.get(name);
      if (found?.dtype !== "f32") throw new Error(name);
      return b.parameter(name, found.shape, found.data);
    };
    const x = b.input("features", shape);
    b.output("logits", coupledNetwork(b, x, tensor, architecture, { items, steps }));
    return evaluate(b.build(), { features: { shape, data } }).logits.data;
  };
  const single = Float64Array.from(
    noise(grid.bands * FEATURES * settings.sizes.bandCells * 24, 11),
  );
  const other = Float64Array.from(noise(single.length, 12));
  const both = new Float64Array(2 * single.length);
  single.forEach((value, i) => {
    both[2 * i] = value;
    both[2 * i + 1] = other[i];
  });
  const together = logits(2, both);
  const alone = logits(1, single);
  expect(
    agreement(
      alone,
      together.filter((_, i) => i % 2 === 0),
    ),
  ).toBeGreaterThan(250);
});
