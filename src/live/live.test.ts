/** Live separation: exact in time, equal to separation at once, however the signal is cut. */

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Model } from "../models/index.ts";
import { targets } from "../networks/index.ts";
import { formulaSlicq1 } from "../networks/slicq1/testing/formulaSlicq1.ts";
import { formulaUmx } from "../networks/umx/testing/formulaUmx.ts";
import { mixPhase } from "../phase/index.ts";
import { Separator, type StereoBlock } from "../separation/index.ts";
import { formulaModel } from "../testing/formulaModel.ts";
import { formulaState } from "../testing/formulaWeights.ts";
import { agreement, goldenArray, goldenPath, goldenRows, readGolden } from "../testing/golden.ts";
import { planSliCQT } from "../transforms/slicqt/index.ts";
import { type LiveBlock, type LiveSeparator, openLive } from "./index.ts";

const music = goldenRows(goldenArray(readGolden(goldenPath("signals.safetensors")), "music"));
const song: StereoBlock = [music[0].slice(0, 30011), music[1].slice(0, 30011)];

/** Networks of few channels on the tiny transform. */
const models = new Map<string, Model>();
function tinyModel(realtime = true, timeTaps = 4): Model {
  const key = `${realtime}.${timeTaps}`;
  const model = models.get(key) ?? makeModel(realtime, timeTaps);
  models.set(key, model);
  return model;
}

function makeModel(realtime: boolean, timeTaps: number): Model {
  const full = formulaModel("mel-32", realtime);
  const { blocks } = planSliCQT({ ...full.config.scale, scale: full.config.scale.name });
  const shapes = blocks.map(({ bins, coefs }) => [bins, coefs] as const);
  return { ...full, state: formulaState({ blocks: shapes, c1: 2, c2: 3, kt: timeTaps }) };
}

/** Rows of a block that stay: stems, target-major, then the mix. */
function rowsOf({ stems, mix }: LiveBlock): Float32Array[] {
  return [...targets.flatMap((t) => stems[t]), ...mix].map((row) => row.slice());
}

function joined(blocks: readonly Float32Array[][]): Float32Array[] {
  return blocks[0].map((_, r) => {
    const row = new Float32Array(blocks.reduce((sum, block) => sum + block[r].length, 0));
    let at = 0;
    for (const block of blocks) {
      row.set(block[r], at);
      at += block[r].length;
    }
    return row;
  });
}

/** Pushes a signal in blocks of these sizes, over and over; gives all that comes, and the rest. */
async function through(
  live: LiveSeparator,
  signal: readonly Float32Array[],
  sizes: readonly number[],
): Promise<Float32Array[]> {
  const out: Float32Array[][] = [];
  const { length } = signal[0];
  for (let at = 0, i = 0; at < length; i++) {
    const end = Math.min(length, at + sizes[i % sizes.length]);
    const block = await live.push(signal.map((channel) => channel.subarray(at, end)));
    expect(block.mix[0]).toHaveLength(end - at);
    out.push(rowsOf(block));
    at = end;
  }
  out.push(rowsOf(await live.flush()));
  return joined(out);
}

/** Bit for bit. */
function expectSame(rows: readonly Float32Array[], expected: readonly Float32Array[]): void {
  for (const [r, row] of rows.entries()) {
    expect(row.length).toBe(expected[r].length);
    expect(row.findIndex((v, i) => v !== expected[r][i])).toBe(-1);
  }
}

const flat = (rows: readonly Float32Array[]) => rows.flatMap((row) => [...row]);

describe.each([
  ["realtime, 4 taps", true, 4, 7 * 504 + 252 - 1],
  ["realtime, 3 taps", true, 3, 5 * 504 + 252 - 1],
  ["offline, 2 taps", false, 2, 5 * 504 + 252 - 1],
] as const)("a live separator of the tiny transform: %s", (_, realtime, taps, latency) => {
  const model = tinyModel(realtime, taps);
  const phase = { method: "mix", normalised: true } as const;
  let live: LiveSeparator;
  let whole: Float32Array[];
  beforeAll(async () => {
    live = await openLive({ model, phase });
    await using separator = await Separator.create(model, { phase });
    const stems = await separator.separate(song);
    whole = targets.flatMap((t) => stems[t]);
  });
  afterAll(() => live.close());

  it("states the latency that the slices' overlap, the network's context and the hop need", () => {
    expect(live.latency).toBe(latency);
    expect(live.latencySeconds).toBeCloseTo(latency / 44100, 9);
  });

  it("gives the stems of the whole song, later by the latency: 100 dB", async () => {
    const rows = await through(live, song, [441]);
    expect(rows[0]).toHaveLength(song[0].length + latency);
    for (const row of rows) expect(row.subarray(0, latency).every((v) => v === 0)).toBe(true);
    const late = rows.slice(0, 8).map((row) => row.subarray(latency));
    const db = agreement(flat(whole), flat(late));
    const sum = agreement(flat(song), flat(rows.slice(8).map((row) => row.subarray(latency))));
    console.log(`stems ${db.toFixed(1)} dB, mix ${sum.toFixed(1)} dB`);
    expect(db).toBeGreaterThan(100);
    expect(sum).toBeGreaterThan(100);
  });

  it("is the same for blocks of any sizes: 110 dB", async () => {
    const expected = await through(live, song, [441]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1, maxLength: 6 }),
        async (sizes) => {
          const rows = await through(live, song, [...sizes, 997]);
          expect(agreement(flat(expected), flat(rows))).toBeGreaterThan(110);
        },
      ),
      { numRuns: 4, seed: 24 },
    );
  });
});

describe.each([
  ["realtime", true],
  ["offline", false],
] as const)("frame by frame, by our own kernels, %s", (_, realtime) => {
  it("is piece by piece by ONNX Runtime: 110 dB, blocks of one, three and five taps in frequency, uneven channels", async () => {
    const { config } = formulaModel("bark-262", realtime);
    const { blocks } = planSliCQT({ ...config.scale, scale: config.scale.name });
    expect(new Set(blocks.map(({ bins }) => (bins < 10 ? 1 : bins < 20 ? 3 : 5))).size).toBe(3);
    const shapes = blocks.map(({ bins, coefs }) => [bins, coefs] as const);
    const model = { config, state: formulaState({ blocks: shapes, c1: 3, c2: 5, kt: 3 }) };
    const phase = { method: "mix", normalised: true } as const;
    await using frames = await openLive({ model, phase });
    await using pieces = await openLive({ model, phase, runtime: "wasm" });
    expect(frames.runtime.name).toBe("kernels");
    expect(pieces.runtime.name).toBe("wasm");
    const db = agreement(
      flat(await through(pieces, song, [20011])),
      flat(await through(frames, song, [7001])),
    );
    console.log(`${db.toFixed(1)} dB`);
    expect(db).toBeGreaterThan(110);
  });
});

it("of a network of version 1 gives, by mix phase, the stems of the whole song; by its own phase it is not live", async () => {
  const model = formulaSlicq1({
    family: "slicq1",
    scale: { name: "bark", bins: 10, fmin: 300, gamma: 25 },
    bandwidth: 2000,
  });
  await expect(openLive({ model })).rejects.toMatchObject({
    code: "not-live",
    message: expect.stringContaining("windows of 300 frames"),
  });
  await using live = await openLive({ model, phase: mixPhase });
  await using separator = await Separator.create(model, { phase: mixPhase });
  const stems = await separator.separate(song);
  const rows = await through(live, song, [997]);
  const late = rows.slice(0, 8).map((row) => row.subarray(live.latency));
  const db = agreement(flat(targets.flatMap((target) => stems[target])), flat(late));
  console.log(`${db.toFixed(1)} dB, ${live.latency} samples late`);
  expect(db).toBeGreaterThan(100);
});

describe("the latency is tight", () => {
  const length = 24000;
  const noise = (seed: number) =>
    Float32Array.from({ length }, (_, i) => Math.sin(seed * i * i * 0.001) * 0.3);
  const signal = [noise(1), noise(1.3)];

  it.each([
    [4, "trained"],
    [4, "as-is"],
    [3, "trained"],
  ] as const)("with %i taps and the level %s", async (taps, level) => {
    await using live = await openLive({ model: tinyModel(true, taps), level });
    const { latency, hop } = live;
    const before = await through(live, signal, [1000]);
    // The first sample of a hop waits longest: output p depends on input p + latency, and on none after it.
    const p = 8 * hop;
    const differs = async (at: number) => {
      const changed = signal.map((channel) => channel.slice());
      for (const channel of changed) channel[at] += 1000;
      const after = await through(live, changed, [1000]);
      return before.some((row, r) => row[p + latency] !== after[r][p + latency]);
    };
    expect(await differs(p + latency + 1)).toBe(false);
    expect(await differs(p + latency)).toBe(true);
  });
});

describe("a live separator at other rates", () => {
  it.each([
    [48000, 2],
    [22050, 1],
    [96000, 2],
  ] as const)("%i Hz, %i channels: in time and in full", async (sampleRate, channels) => {
    const model = tinyModel();
    await using live = await openLive({ model, sampleRate, channels });
    const signal = song.slice(0, channels).map((channel) => channel.subarray(0, 20000));
    const rows = await through(live, signal, [128, 4096, 1, 333]);
    await using separator = await Separator.create(model);
    const stems = await separator.separate({ channels: signal, sampleRate });
    const whole = targets.flatMap((t) => stems[t]);
    const late = rows.slice(0, whole.length).map((row) => row.subarray(live.latency));
    const db = agreement(flat(whole), flat(late));
    console.log(`${sampleRate} Hz: ${live.latency} samples, ${db.toFixed(1)} dB`);
    expect(db).toBeGreaterThan(90);
  });
});

describe("where things are in time", () => {
  const length = 20000;
  /** The lag at which two signals agree best. */
  const lagOf = (given: Float32Array, got: Float32Array) => {
    let best = -1;
    let most = Number.NEGATIVE_INFINITY;
    for (let lag = 3000; lag < 4600; lag++) {
      let sum = 0;
      for (let i = 0; i < length; i++) sum += given[i] * (got[i + lag] ?? 0);
      if (sum > most) [most, best] = [sum, lag];
    }
    return best;
  };

  it.each([
    ["an impulse", Float32Array.from({ length }, (_, i) => (i === 9001 ? 1 : 0))],
    ["a step", Float32Array.from({ length }, (_, i) => (i > 9000 && i < 12000 ? 0.5 : 0))],
    ["music", music[0].slice(0, length)],
  ])("%s comes out after the latency, at which it correlates best", async (_, signal) => {
    await using live = await openLive({
      model: tinyModel(),
      phase: { method: "mix", normalised: true },
    });
    const rows = await through(live, [signal, signal], [480]);
    expect(lagOf(signal, rows[8])).toBe(live.latency);
  });
});

it("two live separators side by side do not disturb each other", async () => {
  const model = tinyModel();
  await using one = await openLive({ model });
  await using other = await openLive({ model });
  const swapped = [song[1], song[0]];
  const alone = [await through(one, song, [700]), await through(other, swapped, [500])];
  const both = await Promise.all([through(one, song, [700]), through(other, swapped, [500])]);
  for (const [i, rows] of both.entries()) expectSame(rows, alone[i]);
});

it("a reset begins anew", async () => {
  await using live = await openLive({ model: tinyModel() });
  const first = await through(live, song, [700]);
  await live.push([song[1].subarray(0, 9000), song[0].subarray(0, 9000)]);
  live.reset();
  expect(live.status()).toMatchObject({ samples: 0, hops: 0, overruns: 0 });
  expectSame(await through(live, song, [700]), first);
});

it("a block before its turn is refused and counted, and nothing is lost", async () => {
  await using live = await openLive({ model: tinyModel() });
  const expected = (await through(live, song, [15000, 15011]))[0];
  const parts = [0, 15000].map((at) => song.map((c) => c.subarray(at, at + 15000 + (at && 11))));
  const counted = live.status().overruns;
  const pending = live.push(parts[0]);
  await expect(async () => live.push(parts[1])).rejects.toMatchObject({ code: "overrun" });
  expect(live.status().overruns).toBeGreaterThan(counted);
  const rows = [rowsOf(await pending), rowsOf(await live.push(parts[1]))];
  rows.push(rowsOf(await live.flush()));
  expectSame(joined(rows).slice(0, 1), [expected]);
});

it("gives blocks of one size in the same arrays", async () => {
  await using live = await openLive({ model: tinyModel() });
  const block = song.map((channel) => channel.subarray(0, 480));
  const first = await live.push(block);
  expect(await live.push(block)).toBe(first);
});

describe("what cannot be", () => {
  it("a model with Wiener-EM is refused, with the name of one that can be live", async () => {
    const opening = openLive({ model: tinyModel(false) });
    await expect(opening).rejects.toMatchObject({
      name: "LiveError",
      code: "not-live",
      message: expect.stringMatching(/windows of \d+\.\d s/),
      hint: expect.stringContaining("xumx-slicq-live"),
    });
  });

  it("networks that see whole songs", async () => {
    const sizes = { frameLength: 64, hop: 16, maxBin: 20, hidden: 4 };
    await expect(openLive({ model: formulaUmx(sizes) })).rejects.toMatchObject({
      name: "LiveError",
      code: "not-live",
      message: expect.stringMatching(/reads a song to the end/),
    });
  });

  it("blocks that are none, options that are unknown", async () => {
    await using live = await openLive({ model: tinyModel() });
    const bad = (block: unknown) => async () => live.push(block as Float32Array[]);
    const a = new Float32Array(10);
    await expect(bad([a])).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(bad([a, new Float32Array(9)])).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(bad("block")).rejects.toMatchObject({ code: "invalid-argument" });
    const broken = a.slice().fill(Number.NaN, 3);
    await expect(bad([broken, a])).rejects.toMatchObject({ code: "non-finite-samples" });
    expect(live.status().samples).toBe(0);
    await expect(openLive({ model: tinyModel(), channels: 3 as 2 })).rejects.toMatchObject({
      code: "invalid-argument",
    });
    expect(() => live.setGains({ vocals: -1 })).toThrow(/gain of vocals/);
  });
});

describe("gains", () => {
  it("move along a line: no step is larger than the ramp's", async () => {
    await using live = await openLive({
      model: tinyModel(),
      phase: { method: "mix", normalised: true },
    });
    const flatSignal = new Float32Array(22050).fill(0.5);
    const out: number[] = [];
    for (let at = 0; at < flatSignal.length; at += 490) {
      if (at === 9800) live.setGains({ vocals: 0, drums: 0, bass: 0, other: 0 }, 0.02);
      const { mix } = await live.push([
        flatSignal.subarray(at, at + 490),
        flatSignal.subarray(at, at + 490),
      ]);
      out.push(...mix[0]);
    }
    expect(live.gains).toEqual({ vocals: 0, drums: 0, bass: 0, other: 0 });
    const steady = out.slice(live.latency + 3000);
    let largest = 0;
    for (let i = 1; i < steady.length; i++) {
      largest = Math.max(largest, Math.abs(steady[i] - steady[i - 1]));
    }
    expect(largest).toBeLessThan((1.2 * 0.5) / 882);
    expect(steady.at(-1)).toBe(0);
    expect(out[9799]).toBeCloseTo(0.5, 2);
  });

  it("weigh the stems in the mix, and leave the stems alone", async () => {
    const gains = { vocals: 0, drums: 1.5 };
    await using live = await openLive({ model: tinyModel(), gains });
    const rows = await through(live, song, [2000]);
    const [bass, , vocals, , other, , drums] = rows;
    expect(vocals.some((v) => v !== 0)).toBe(true);
    const sum = bass.map((v, i) => v + other[i] + 1.5 * drums[i]);
    expect(agreement(flat([sum]), flat([rows[8]]))).toBeGreaterThan(120);
  });
});
