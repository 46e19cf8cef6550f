import { afterAll, describe, expect, it } from "vitest";
import { formulaSlicq1 } from "../networks/slicq1/testing/formulaSlicq1.ts";
import { type AnyPhase, firstWienerEm, mixPhase, openUnmixEm } from "../phase/index.ts";
import { agreement, goldenArray, goldenPath, goldenRows, readGolden } from "../testing/golden.ts";
import type { StereoBlock } from "./sampleQueue.ts";
import { type SeparateOptions, Separator, type SeparatorOptions } from "./separator.ts";

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

describe("stems of version 1 against the reference", () => {
  it.each<[string, AnyPhase, readonly string[], number, SeparateOptions]>([
    ["stems_mixphase", mixPhase, ofMasks, 57330, {}],
    ["stft_wiener", openUnmixEm, ofSeparator, 57330, {}],
    ["slicq_wiener", firstWienerEm, ofSeparator, 57330, {}],
    ["music_stft_wiener", openUnmixEm, ofSeparator, 114660, { chunkSize: 65536 }],
  ])("%s", async (name, phase, order, length, options) => {
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
  });

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
