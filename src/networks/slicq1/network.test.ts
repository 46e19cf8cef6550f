import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Graph, GraphBuilder, writeOnnx } from "../../graph/index.ts";
import { loadRuntime } from "../../runtime/index.ts";
import {
  agreement,
  goldenArray,
  goldenPath,
  goldenRows,
  readGolden,
} from "../../testing/golden.ts";
import { forward, planSliCQT, type SliCQTPlan } from "../../transforms/slicqt/index.ts";
import { targets } from "../targets.ts";
import { contextSlices, type MaskedBlock, tensorName } from "./architecture.ts";
import { blockLayers, overlapAdded } from "./layers.ts";
import { inputName, maskGraph, maskName, parameters } from "./maskGraph.ts";
import { architectureFor, prepare } from "./prepared.ts";
import { transformOf } from "./settings.ts";
import { formulaState, publishedSettings } from "./testing/formulaSlicq1.ts";

const golden = readGolden(goldenPath("umx_family/slicq1/forward.safetensors"));
const music = goldenRows(goldenArray(readGolden(goldenPath("signals.safetensors")), "music")).map(
  (row) => row.slice(0, 57330),
);
const plan = planSliCQT(transformOf(publishedSettings));
const blocks = architectureFor(publishedSettings);
const state = formulaState(publishedSettings);
const mixture = forward(plan, music);
const { slices } = mixture;
const runtime = await loadRuntime("auto");

function report(what: string, expected: ArrayLike<number>, found: ArrayLike<number>): number {
  const decibels = agreement(expected, found);
  console.log(`${what}: ${decibels.toFixed(1)} dB`);
  return decibels;
}

/** Magnitudes of a block, [2·H, bins, 2·slices], of some slices. */
function halves(plan: SliCQTPlan, block: number, from = 0, to = slices): Float32Array {
  const { bins, coefs } = plan.blocks[block];
  const half = coefs / 2;
  const out = new Float32Array(coefs * bins * 2 * (to - from));
  for (let c = 0; c < 2; c++) {
    for (let f = 0; f < bins; f++) {
      for (let s = from; s < to; s++) {
        for (let n = 0; n < coefs; n++) {
          const at = 2 * (((c * bins + f) * slices + s) * coefs + n);
          const abs = Math.hypot(mixture.blocks[block][at], mixture.blocks[block][at + 1]);
          const row = (c * half + (n % half)) * bins + f;
          out[row * 2 * (to - from) + 2 * (s - from) + Math.floor(n / half)] = abs;
        }
      }
    }
  }
  return out;
}

async function run(graph: Graph, feeds: Parameters<typeof session.run>[0]) {
  await using session = await runtime.createSession(writeOnnx(graph), { threads: 1 });
  return session.run(feeds);
}
declare const session: Awaited<ReturnType<typeof runtime.createSession>>;

/** What all layers give for a block: before anything is folded. */
async function layersOf(number: number, block: MaskedBlock) {
  const b = new GraphBuilder("layers");
  const { bins, coefs } = block;
  const x = b.input("x", [1, coefs, bins, 2 * slices]);
  const sizes = { targets: 4, items: 1, slices, context: undefined, name: "conv" };
  const added = overlapAdded(b, x, block, sizes);
  b.output("ola", added);
  const tensors = parameters(b, state, number, block);
  const last = blockLayers(b, added, tensors, block, sizes, (layer, y) =>
    b.output(`layer${layer}`, y),
  );
  b.output("masks", b.sigmoid(last));
  b.output("layer12", last);
  const data = halves(plan, number);
  return run(b.build(), { x: { dims: [1, coefs, bins, 2 * slices], data } });
}

/** The first frames of the last layers in the order of time: row (channel·H + τ) of the masks to [channel, bin, frame]. */
function inTime(data: Float32Array, { bins, coefs }: MaskedBlock): Float32Array {
  const half = coefs / 2;
  const target = targets.indexOf("vocals");
  const frames = slices * coefs;
  return Float32Array.from({ length: 2 * bins * frames }, (_, i) => {
    const frame = i % frames;
    const f = Math.floor(i / frames) % bins;
    const channel = Math.floor(i / frames / bins);
    const row = ((2 * target + channel) * half + (frame % half)) * bins + f;
    return data[row * 2 * slices + Math.floor(frame / half)];
  });
}

describe("the layers of version 1 are the original's", () => {
  it.each([0, 2, 50])("block %i", async (number) => {
    const block = blocks[number];
    const found = await layersOf(number, block);
    const name = (layer: string) => `layers.block${number}.${layer}`;
    if (!golden.has(name("ola"))) return;
    const own = goldenArray(golden, name("ola")).data;
    expect(report(`block ${number}, ola`, own, found.ola.data)).toBeGreaterThan(112);
    const vocals = targets.indexOf("vocals");
    for (let layer = 0; layer < 12; layer++) {
      const { data, shape } = goldenArray(golden, name(`layer${layer}`));
      const all = found[`layer${layer}`].data;
      const perTarget = all.length / targets.length;
      const first = vocals * perTarget;
      const shown = all.subarray(first, first + data.length);
      expect(shape[0]).toBeLessThanOrEqual(55);
      expect(report(`block ${number}, layer ${layer}`, data, shown)).toBeGreaterThan(112);
    }
    for (const layer of [12, 13]) {
      // The original has frames more, that no mask is taken from.
      const { data, shape } = goldenArray(golden, name(`layer${layer}`));
      const frames = slices * block.coefs;
      const expected = data.filter((_, i) => i % shape[2] < frames);
      const given = inTime(found[layer === 12 ? "layer12" : "masks"].data, block);
      expect(report(`block ${number}, layer ${layer}`, expected, given)).toBeGreaterThan(112);
    }
  });
});

describe("the masks of version 1", () => {
  const masks = (async () => {
    const graph = maskGraph(blocks, state);
    const feeds = Object.fromEntries(
      blocks.map(({ bins, coefs }, b) => [
        inputName(b),
        { dims: [1, coefs, bins, 2 * slices], data: halves(plan, b) },
      ]),
    );
    return run(graph, feeds);
  })();

  /** Estimated magnitudes, [4, 2, bins, slices, coefs]. */
  async function magnitudes(block: number): Promise<Float32Array> {
    const { bins, coefs } = plan.blocks[block];
    const half = coefs / 2;
    const own = block < blocks.length ? (await masks)[maskName(block)].data : undefined;
    const size = bins * slices * coefs;
    return Float32Array.from({ length: 8 * size }, (_, i) => {
      const n = i % coefs;
      const s = Math.floor(i / coefs) % slices;
      const f = Math.floor(i / coefs / slices) % bins;
      const row = (Math.floor(i / size) * half + (n % half)) * bins + f;
      const mask = own ? own[row * 2 * slices + 2 * s + Math.floor(n / half)] : 1;
      const at = 2 * (i % (2 * size));
      return mask * Math.hypot(mixture.blocks[block][at], mixture.blocks[block][at + 1]);
    });
  }

  it("give the original's magnitudes in every block", async () => {
    const samples = goldenArray(golden, "Y_samples");
    const energies = goldenArray(golden, "Y_sumsq").data;
    const count = samples.shape[1];
    const all: number[] = [];
    const each: number[] = [];
    for (const block of plan.blocks.keys()) {
      const y = await magnitudes(block);
      const own = Array.from({ length: count }, (_, k) => y[(k * 2654435761 + 12345) % y.length]);
      // So few samples may all be soft: what counts is the error beside the block's mean power.
      const error = own.reduce((e, v, k) => e + (v - samples.data[block * count + k]) ** 2, 0);
      each.push(10 * Math.log10(energies[block] / y.length / (error / count)));
      all.push(...own);
      expect(y.reduce((sum, v) => sum + v * v, 0) / energies[block]).toBeCloseTo(1, 5);
    }
    const worst = Math.min(...each);
    console.log(`worst block ${each.indexOf(worst)}: ${worst.toFixed(1)} dB`);
    expect(worst).toBeGreaterThan(105);
    expect(report("all blocks", samples.data, all)).toBeGreaterThan(113);
    for (const block of [0, 2, 6, 33, 50]) {
      if (!golden.has(`Y.${block}`)) continue;
      const { data } = goldenArray(golden, `Y.${block}`);
      expect(report(`Y.${block}`, data, await magnitudes(block))).toBeGreaterThan(105);
    }
  });

  it("of slices with all their context are those of the whole", async () => {
    const few = [0, 1, 2, 33].map((b) => blocks[b]);
    const numbers = [0, 1, 2, 33];
    const context = contextSlices(blocks);
    expect(context).toEqual({ before: 5, after: 3 });
    // The state of the chosen blocks alone, under their new numbers.
    const own = new Map(
      [...state].flatMap(([name, tensor]) => {
        const [, target, block, field] = /^bucketed_unmixes_(\w+?)\.(\d+)\.(.+)$/.exec(name) ?? [];
        const number = numbers.indexOf(Number(block));
        const known = targets.find((one) => one === target);
        if (number < 0 || !known) return [];
        return [[tensorName(known, number, field.replace(/^cdae\./, "")), tensor] as const];
      }),
    );
    // A song in which nothing is near an end: three slices with context around them.
    const [from, to] = [0, 8];
    const feeds = (first: number, last: number) =>
      Object.fromEntries(
        few.map(({ bins, coefs }, b) => [
          inputName(b),
          {
            dims: [1, coefs, bins, 2 * (last - first)],
            data: repeated(halves(plan, numbers[b]), first, last),
          },
        ]),
      );
    const whole = await run(maskGraph(few, own), feeds(from, 2 * to));
    const inner = await run(maskGraph(few, own, context), feeds(1, 12));
    for (const [b, { bins, coefs }] of few.entries()) {
      const given = inner[maskName(b)].data;
      const wanted = 3;
      expect(given.length).toBe(4 * coefs * bins * 2 * wanted);
      const all = whole[maskName(b)].data;
      const expected = given.map((_, i) => {
        const row = Math.floor(i / (2 * wanted));
        return all[row * 2 * 16 + 2 * (1 + context.before) + (i % (2 * wanted))];
      });
      expect(report(`inner, block ${numbers[b]}`, expected, given)).toBeGreaterThan(115);
    }
  });
});

/** Rows of halves repeated twice, and cut to some slices of those. */
function repeated(rows: Float32Array, first: number, last: number): Float32Array {
  const width = 2 * slices;
  const out = new Float32Array((rows.length / width) * 2 * (last - first));
  for (let i = 0; i < out.length; i++) {
    const row = Math.floor(i / (2 * (last - first)));
    out[i] = rows[row * width + ((2 * first + (i % (2 * (last - first)))) % width)];
  }
  return out;
}

describe("the weights of the reference", () => {
  it("are those of the formula, all of them", () => {
    const file = goldenPath("umx_family/weights.json");
    const { slicq1 } = JSON.parse(readFileSync(file, "utf8"));
    let [values, sum, squares] = [0, 0, 0];
    for (const tensor of state.values()) {
      if (tensor.dtype !== "f32") continue;
      values += tensor.data.length;
      for (const value of tensor.data) {
        sum += value;
        squares += value * value;
      }
    }
    expect(state.size).toBe(slicq1.entries);
    expect(values).toBe(slicq1.values_total);
    expect(sum).toBeCloseTo(slicq1.sum, 4);
    expect(squares).toBeCloseTo(slicq1.sumsq, 4);
  });

  it("fit the network", () => {
    expect(prepare(publishedSettings, state).leastSlices).toBe(3);
  });
});
