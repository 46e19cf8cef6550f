import { afterAll, describe, expect, it } from "vitest";
import { loadModel } from "../models/index.ts";
import {
  architectureFor,
  inputName,
  maskGraph,
  maskModel,
  maskName,
  transformOf,
} from "../networks/slicq1/index.ts";
import { formulaSlicq1 } from "../networks/slicq1/testing/formulaSlicq1.ts";
import { type AnyPhase, firstWienerEm, mixPhase, openUnmixEm } from "../phase/index.ts";
import { loadRuntime } from "../runtime/index.ts";
import { agreement, goldenArray, goldenPath, goldenRows, readGolden } from "../testing/golden.ts";
import { forward, inverse, planSliCQT } from "../transforms/slicqt/index.ts";
import {
  FrameJoiner,
  frameCount,
  leadOf,
  mirrored,
  spanOfFrames,
} from "../transforms/stft/index.ts";
import type { StereoBlock } from "./sampleQueue.ts";
import { Separator } from "./separator.ts";
import type { SeparateOptions, SeparatorOptions } from "./separatorOptions.ts";
import { StemRefiner } from "./stemRefiner.ts";

const golden = readGolden(goldenPath("umx_family/slicq1/forward.safetensors"));
const signals = readGolden(goldenPath("signals.safetensors"));
const model = formulaSlicq1();
const opened = new Map<string, Promise<Separator>>();
afterAll(async () => {
  for (const one of opened.values()) await (await one).close();
});

function separator(phase: AnyPhase, options: SeparatorOptions = {}): Promise<Separator> {
  const key = JSON.stringify([phase, options]);
  const known = opened.get(key) ?? Separator.create(model, { phase, level: "as-is", ...options });
  opened.set(key, known);
  return known;
}

function excerpt(name: string, length: number): StereoBlock {
  const [left, right] = goldenRows(goldenArray(signals, name)).map((row) => row.slice(0, length));
  return [left, right];
}

/** Stems in an order, [stem][channel]. */
async function stemsOf(
  phase: AnyPhase,
  order: readonly string[],
  song: StereoBlock,
  options: SeparateOptions = {},
  own: SeparatorOptions = {},
): Promise<readonly StereoBlock[]> {
  const stems = await (await separator(phase, own)).separate(song, options);
  return order.map((stem) => stems[stem]);
}

function report(what: string, expected: ArrayLike<number>, found: ArrayLike<number>): number {
  const decibels = agreement(expected, found);
  console.log(`${what}: ${decibels.toFixed(1)} dB`);
  return decibels;
}

function sampled(row: Float32Array, count: number): number[] {
  return Array.from({ length: count }, (_, k) => row[(k * 2654435761 + 12345) % row.length]);
}

const ofMasks = ["bass", "vocals", "other", "drums"];
const ofSeparator = ["vocals", "drums", "bass", "other"];

type Case = [string, AnyPhase, readonly string[], number, SeparateOptions];
const cases: Case[] = [
  ["stft_wiener", openUnmixEm, ofSeparator, 57330, {}],
  ["slicq_wiener", firstWienerEm, ofSeparator, 57330, {}],
];
const longCases: Case[] = [
  // What the second filter begins with.
  ["stems_mixphase", mixPhase, ofMasks, 57330, {}],
  ["music_stft_wiener", openUnmixEm, ofSeparator, 114660, { chunkSize: 65536 }],
];
const isLong = process.env.XUMX_ALL_TESTS === "1";

describe("stems of version 1 against the reference", () => {
  it.each(isLong ? [...cases, ...longCases] : cases)(
    "%s",
    async (name, phase, order, length, options) => {
      const stems = await stemsOf(phase, order, excerpt("music", length), options);
      const expected = goldenArray(golden, `${name}.samples`).data;
      const found = stems.flat().flatMap((row) => sampled(row, 1024));
      expect(report(name, expected, found)).toBeGreaterThan(112);
      const energies = goldenArray(golden, `${name}.energies`).data;
      for (const [j, rows] of stems.entries()) {
        const energy = rows.reduce((sum, row) => sum + row.reduce((e, x) => e + x * x, 0), 0);
        expect(energy / energies[j]).toBeCloseTo(1, 5);
      }
      if (name !== "stft_wiener" || !golden.has("stft_wiener.begin")) return;
      const begin = stems.flat().flatMap((row) => [...row.subarray(0, 16384)]);
      const { data } = goldenArray(golden, "stft_wiener.begin");
      expect(report("begin", data, begin)).toBeGreaterThan(112);
    },
  );

  it("100 samples, as if zeros followed", async () => {
    const stems = await stemsOf(openUnmixEm, ofSeparator, excerpt("short", 100));
    const found = stems.flat().flatMap((row) => [...row]);
    const { data } = goldenArray(golden, "short.stft_wiener.float64");
    expect(report("short", data, found)).toBeGreaterThan(72);
  });
});

describe("stems of a small network of version 1", () => {
  const song = excerpt("music", 44100);
  const small = formulaSlicq1({
    family: "slicq1",
    scale: { name: "bark", bins: 10, fmin: 300, gamma: 25 },
    bandwidth: 2000,
  });
  async function stemsOf(phase: AnyPhase, options: SeparatorOptions = {}) {
    await using own = await Separator.create(small, { phase, ...options });
    const stems = await own.separate(song);
    return own.stems.map((stem) => stems[stem]);
  }

  it.each<[string, AnyPhase]>([
    ["mix", mixPhase],
    ["frame-em", { ...openUnmixEm, window: 40 }],
    ["wiener-em", { ...firstWienerEm, window: { slices: 5 } }],
  ])("do not depend on the size of pieces: %s", async (_, phase) => {
    const whole = await stemsOf(phase, { pieceSlices: 400 });
    const pieces = await stemsOf(phase, { pieceSlices: 12 });
    const flat = (stems: readonly StereoBlock[]) => stems.flat().flatMap((row) => [...row]);
    expect(report(phase.method, flat(whole), flat(pieces))).toBeGreaterThan(105);
  });

  it("sum to the song with a residual, at each iteration", async () => {
    for (const iterations of [0, 1, 2]) {
      const phase = { ...openUnmixEm, iterations, residual: "complex" } as const;
      await using own = await Separator.create(small, { phase });
      expect(own.stems).toEqual([...ofMasks, "residual"]);
      const stems = await own.separate(song);
      for (const c of [0, 1]) {
        const sum = song[c].map((_, i) =>
          own.stems.reduce((all, stem) => all + stems[stem][c][i], 0),
        );
        expect(report(`sum, ${iterations} iterations`, song[c], sum)).toBeGreaterThan(
          // Expectation maximisation loses what is softer than its regularisation.
          iterations === 0 ? 120 : 40,
        );
      }
    }
  });

  it("come as the signal does, in windows, and exactly as long", async () => {
    await using own = await Separator.create(small, { phase: { ...openUnmixEm, window: 10 } });
    const expected = await own.separate(song);
    async function* blocks() {
      for (let i = 0; i < song[0].length; i += 10_000) {
        yield [song[0].subarray(i, i + 10_000), song[1].subarray(i, i + 10_000)] as const;
      }
    }
    const found: number[] = [];
    let given = 0;
    for await (const block of own.stream(blocks())) {
      found.push(...block.vocals[0]);
      given++;
    }
    expect(given).toBeGreaterThan(4);
    expect(found.length).toBe(song[0].length);
    expect(report("stream", expected.vocals[0], found)).toBeGreaterThan(105);
  });

  it("are those of a separator that was interrupted, and tell how far they are", async () => {
    await using own = await Separator.create(small, { phase: { ...openUnmixEm, window: 10 } });
    const told: number[] = [];
    const song = excerpt("music", 22050);
    const expected = await own.separate(song, { onProgress: (share) => told.push(share) });
    expect(told.length).toBeGreaterThan(2);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBe(1);
    const controller = new AbortController();
    const aborted = own.separate(song, {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(aborted).rejects.toMatchObject({ name: "AbortError" });
    for await (const _ of own.stream([song])) break;
    expect(await own.separate(song)).toEqual(expected);
  });

  it("of silence are silence", async () => {
    const silence: StereoBlock = [new Float32Array(50_000), new Float32Array(50_000)];
    await using own = await Separator.create(small);
    const stems = Object.values(await own.separate(silence));
    expect(stems.flat().every((row) => row.every((x) => x === 0))).toBe(true);
  });

  it("refuse what their phase cannot be", async () => {
    const phase = { ...openUnmixEm, window: "song" } as const;
    await expect(Separator.create(small, { phase })).rejects.toThrow(/number of frames/);
  });
});

describe("genuine files of version 1", () => {
  const expected = readGolden(goldenPath("umx_family/files/expected.safetensors"));
  const song = excerpt("music", 11025);

  it("give the original's magnitudes and, with its inverse, its stems", async () => {
    const { config, state } = await loadModel(goldenPath("umx_family/files/slicq1"));
    if (config.family !== "slicq1") throw new Error("another family");
    const plan = planSliCQT(transformOf(config));
    const blocks = architectureFor(config);
    const mixture = forward(plan, [...song]);
    const { slices } = mixture;
    const runtime = await loadRuntime("auto");
    await using session = await runtime.createSession(
      maskModel(maskGraph(blocks, state), "inside"),
      { threads: 1 },
    );
    const halves = (block: number) => {
      const { bins, coefs } = plan.blocks[block];
      const x = mixture.blocks[block];
      const data = new Float32Array(coefs * bins * 2 * slices);
      for (let i = 0; i < x.length / 2; i++) {
        const { row, half } = placeOf(i, { bins, slices, coefs });
        data[row * 2 * slices + half] = Math.hypot(x[2 * i], x[2 * i + 1]);
      }
      return { dims: [1, coefs, bins, 2 * slices], data };
    };
    const masks = await session.run(
      Object.fromEntries(blocks.map((_, b) => [inputName(b), halves(b)])),
    );
    const energies = goldenArray(expected, "slicq1.Y_sumsq").data;
    const stems = ofMasks.map(() => plan.blocks.map((_, b) => mixture.blocks[b].slice()));
    for (const [b, { bins, coefs }] of plan.blocks.entries()) {
      const y: number[] = [];
      for (const [j, stem] of stems.entries()) {
        for (let i = 0; i < stem[b].length / 2; i++) {
          const { row, half } = placeOf(i, { bins, slices, coefs });
          const own = masks[maskName(b)]?.data[(j * coefs * bins + row) * 2 * slices + half];
          for (const k of [2 * i, 2 * i + 1]) stem[b][k] *= own ?? 1;
          y.push(Math.hypot(stem[b][2 * i], stem[b][2 * i + 1]));
        }
      }
      expect(y.reduce((sum, v) => sum + v * v, 0) / energies[b]).toBeCloseTo(1, 5);
      if (!blocks[b]) continue;
      const samples = goldenArray(expected, `slicq1.Y.${b}.samples`).data;
      const found = sampled(Float32Array.from(y), samples.length);
      expect(report(`Y.${b}`, samples, found)).toBeGreaterThan(112);
    }
    // The original leaves out what windows that cross 0 Hz give the frequencies on its other side.
    const half = plan.sliceLength / 2;
    const oneSided = plan.dual.map((dual, k) => {
      const ends = k === 0 || k === plan.dual.length - 1;
      return dual.map((value, i) => {
        const offset = i < dual.length / 2 ? i : i - dual.length;
        const f = (plan.positions[k] + offset + plan.sliceLength) % plan.sliceLength;
        const weight = f === 0 || f === half ? 1 : f < half ? 2 : 0;
        return (value * weight) / (ends ? 1 : 2);
      });
    });
    const first = stems.map((blocks) =>
      inverse({ ...plan, dual: oneSided }, { channels: 2, slices, blocks }, song[0].length),
    );
    const refined = await refinedStems(song, first);
    const { data } = goldenArray(expected, "slicq1.stems");
    const cut = (rows: readonly Float32Array[]) =>
      rows.flatMap((row) => [...row.subarray(0, 4096)]);
    const found = ofSeparator.flatMap((stem) => cut(refined[ofMasks.indexOf(stem)]));
    expect(report("files, with the original's inverse", data, found)).toBeGreaterThan(105);
    await using separator = await Separator.create({ config, state }, { level: "as-is" });
    const own = await separator.separate(song);
    const exact = ofSeparator.flatMap((stem) => cut(own[stem]));
    console.log(`files, with the exact inverse: ${agreement(data, exact).toFixed(1)} dB`);
  });
});

/** Where coefficient i of [2, bins, slices, coefs] lies in halves of slices. */
function placeOf(
  i: number,
  {
    bins,
    slices,
    coefs,
  }: { readonly bins: number; readonly slices: number; readonly coefs: number },
) {
  const n = i % coefs;
  const s = Math.floor(i / coefs) % slices;
  const f = Math.floor(i / coefs / slices) % bins;
  const channel = Math.floor(i / coefs / slices / bins);
  const half = coefs / 2;
  return {
    row: (channel * half + (n % half)) * bins + f,
    half: 2 * s + Math.floor(n / half),
  };
}

/** A song that is one window of frames, through the second filter. */
async function refinedStems(
  song: StereoBlock,
  stems: readonly (readonly Float32Array[])[],
): Promise<readonly (readonly Float32Array[])[]> {
  const stft = { length: 4096, hop: 1024, window: "ones" } as const;
  const frames = frameCount(stft, song[0].length);
  const cut = (row: Float32Array) =>
    Float32Array.from({ length: spanOfFrames(stft, frames) }, (_, i) => {
      return row[mirrored(i - leadOf(stft), row.length)];
    });
  const refiner = new StemRefiner({ stft, phase: openUnmixEm }, stems.length);
  const rows = stems.flat().map(cut);
  refiner.refine({ frames, samples: [cut(song[0]), cut(song[1])], stems: rows });
  const joined = new FrameJoiner(stft, rows.length).add(rows, frames, frames, song[0].length);
  return stems.map((_, j) => joined.slice(2 * j, 2 * j + 2));
}
