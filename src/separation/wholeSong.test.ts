import { describe, expect, it } from "vitest";
import { ArgumentError } from "../errors.ts";
import { loadModel, type Model } from "../models/index.ts";
import { formulaUmx, formulaXumx } from "../networks/umx/testing/formulaUmx.ts";
import { type FrameEm, norbertEm, openUnmixEm } from "../phase/index.ts";
import { loadRuntime } from "../runtime/index.ts";
import { formulaModel } from "../testing/formulaModel.ts";
import {
  agreement,
  goldenArray,
  goldenDir,
  goldenPath,
  goldenRows,
  readGolden,
} from "../testing/golden.ts";
import { prepareModel } from "./preparedModel.ts";
import { Separator } from "./separator.ts";
import { SongPartEngine } from "./songEngine.ts";
import { conductSong } from "./wholeSong.ts";

const signals = readGolden(goldenPath("signals.safetensors"));
const music = goldenRows(goldenArray(signals, "music"));
const isLong = goldenDir !== undefined && process.env.XUMX_ALL_TESTS === "1";

/** Places of the reference's samples of n numbers. */
function sampled(row: Float32Array, count: number, n: number): number[] {
  return Array.from({ length: count }, (_, k) => row[(k * 2654435761 + 12345) % n]);
}

function report(what: string, expected: ArrayLike<number>, found: ArrayLike<number>): number {
  const decibels = agreement(expected, found);
  console.log(`${what}: ${decibels.toFixed(1)} dB`);
  return decibels;
}

async function stemsOf(
  model: Model,
  phase: FrameEm,
  song: readonly [Float32Array, Float32Array],
  sampleRate = 44100,
) {
  await using separator = await Separator.create(model, { phase });
  const stems = await separator.separate(song, { sampleRate });
  return separator.stems.map((stem) => stems[stem]);
}

/** Samples of all stems, of which only the first `length` count. */
function samplesOf(stems: readonly (readonly Float32Array[])[], length: number): number[] {
  return stems.flat().flatMap((row) => sampled(row, 1024, length));
}

/** Energies of all stems must be the reference's. */
function expectEnergies(
  stems: readonly (readonly Float32Array[])[],
  length: number,
  expected: ArrayLike<number>,
): void {
  for (const [j, rows] of stems.entries()) {
    const energy = rows.reduce(
      (sum, row) => sum + row.subarray(0, length).reduce((all, x) => all + x * x, 0),
      0,
    );
    expect(energy / expected[j]).toBeCloseTo(1, 4);
  }
}

/** Samples from..to of all stems. */
function cut(stems: readonly (readonly Float32Array[])[], from: number, to: number): number[] {
  return stems.flat().flatMap((row) => [...row.subarray(from, to)]);
}

const whole = [music[0], music[1]] as const;

describe.skipIf(!isLong)("the stems of Open-Unmix, hidden 512", () => {
  const golden = () => readGolden(goldenPath("umx_family/umx/separator.safetensors"));
  const model = formulaUmx({ hidden: 512 });

  it.each<[string, Partial<FrameEm>, number]>([
    ["niter0", { iterations: 0 }, 115],
    ["niter1", {}, 115],
    ["niter2", { iterations: 2 }, 105],
    ["niter0.residual", { iterations: 0, residual: "complex" }, 115],
    ["niter1.residual", { residual: "complex" }, 115],
    ["niter0.softmask", { iterations: 0, softmask: true }, 115],
    ["niter1.softmask", { softmask: true }, 115],
    ["niter1.window40", { window: 40 }, 115],
  ])("%s", async (name, phase, least) => {
    const stems = await stemsOf(model, { ...openUnmixEm, ...phase }, whole);
    const { data } = goldenArray(golden(), `${name}.stems.samples`);
    const found = samplesOf(stems, whole[0].length);
    expect(report(`umx ${name}`, data, found)).toBeGreaterThan(least);
    expectEnergies(stems, whole[0].length, goldenArray(golden(), `${name}.energies`).data);
    if (name !== "niter1") return;
    const [begin, end] = ["begin", "end"].map(
      (part) => goldenArray(golden(), `niter1.stems.${part}`).data,
    );
    const samples = whole[0].length;
    expect(report("begin", begin, cut(stems, 0, 22050))).toBeGreaterThan(115);
    expect(report("end", end, cut(stems, samples - 4096, samples))).toBeGreaterThan(115);
  });

  it("one target and the residual", async () => {
    const vocals = formulaUmx({ hidden: 512, targets: ["vocals"] });
    const stems = await stemsOf(vocals, { ...openUnmixEm, residual: "complex" }, whole);
    const { data } = goldenArray(golden(), "vocals_only.niter1.residual.stems.samples");
    const energies = goldenArray(golden(), "vocals_only.niter1.residual.energies").data;
    expectEnergies(stems, whole[0].length, energies);
    expect(report("vocals only", data, samplesOf(stems, whole[0].length))).toBeGreaterThan(115);
  });

  it.each([
    [0, 120],
    [1, 110],
    [2, 98],
  ])("signals shorter than a frame, %i iterations", async (iterations, least) => {
    const short = goldenRows(goldenArray(signals, "short"));
    const stems = await stemsOf(model, { ...openUnmixEm, iterations }, [short[0], short[1]]);
    const { data } = goldenArray(golden(), `short.niter${iterations}`);
    expect(stems[0][0].length).toBe(100);
    expect(report(`short ${iterations}`, data, cut(stems, 0, 100))).toBeGreaterThan(least);
  });
});

describe.skipIf(!goldenDir)("variants of Open-Unmix", () => {
  const golden = () => readGolden(goldenPath("umx_family/umx/variants.safetensors"));

  it.each([
    ["umxse.niter0", 0, 115],
    ["umxse.niter1.float64", 1, 115],
  ])("one channel at 16 kHz: %s", async (name, iterations, least) => {
    const model = formulaUmx({
      targets: ["speech", "noise"],
      ...{ sampleRate: 16000, frameLength: 1024, hop: 512, channels: 1, hidden: 256, maxBin: 513 },
    });
    const song = [music[0].subarray(0, 16000), music[1].subarray(0, 16000)] as const;
    const stems = await stemsOf(model, { ...openUnmixEm, iterations }, song, 16000);
    const { data } = goldenArray(golden(), name);
    expect(report(name, data, cut(stems, 0, 4000))).toBeGreaterThan(least);
    const energies = goldenArray(golden(), `umxse.niter${iterations}.energies`).data;
    if (iterations === 0) expectEnergies(stems, 16000, energies);
  });

  it.each([
    [0, 115],
    [1, 110],
    [2, 75],
  ])("mono on both channels, %i iterations", async (iterations, least) => {
    const mono = music[0].subarray(0, 44100).map((x, i) => (x + music[1][i]) / 2);
    const model = formulaUmx({ hidden: 64 });
    const stems = await stemsOf(model, { ...openUnmixEm, iterations }, [mono, mono]);
    const { data } = goldenArray(golden(), `mono.niter${iterations}.float64`);
    expect(report(`mono ${iterations}`, data, cut(stems, 0, 4096))).toBeGreaterThan(least);
    const energies = goldenArray(golden(), `mono.niter${iterations}.energies`).data;
    if (iterations === 0) expectEnergies(stems, 44100, energies);
  });
});

describe.skipIf(!isLong)("the stems of X-UMX, hidden 512", () => {
  const golden = () => readGolden(goldenPath("umx_family/xumx/separator.safetensors"));
  const model = formulaXumx({ hidden: 512 });
  // The original leaves out what does not fill a hop.
  const length = 1024 * Math.floor(whole[0].length / 1024);

  it.each<[string, Partial<FrameEm>, number]>([
    ["niter0", { iterations: 0 }, 118],
    ["niter1", {}, 118],
    ["niter2", { iterations: 2 }, 118],
    ["niter1.softmask", { softmask: true }, 118],
    ["niter1.residual", { residual: "magnitude" }, 118],
  ])("%s", async (name, phase, least) => {
    const stems = await stemsOf(model, { ...norbertEm, ...phase }, whole);
    const { data } = goldenArray(golden(), `${name}.stems.samples`);
    expect(report(`xumx ${name}`, data, samplesOf(stems, length))).toBeGreaterThan(least);
    expectEnergies(stems, length, goldenArray(golden(), `${name}.energies`).data);
    if (name === "niter0") {
      const stages = readGolden(goldenPath("umx_family/xumx/stages.safetensors"));
      const [begin, samples] = ["begin", "samples"].map(
        (part) => goldenArray(stages, `time.${part}`).data,
      );
      expect(report("time signals, begin", begin, cut(stems, 0, 8192))).toBeGreaterThan(117);
      const all = Float32Array.from(cut(stems, 0, length));
      const own = sampled(all, samples.length, all.length);
      expect(report("time signals", samples, own)).toBeGreaterThan(117);
    }
    if (name !== "niter1") return;
    const [begin, end] = ["begin", "end"].map(
      (part) => goldenArray(golden(), `niter1.stems.${part}`).data,
    );
    expect(report("begin", begin, cut(stems, 0, 16384))).toBeGreaterThan(118);
    expect(report("end", end, cut(stems, length - 2048, length))).toBeGreaterThan(118);
  });

  it.each([0, 1])("signals shorter than a frame, %i iterations", async (iterations) => {
    const short = goldenRows(goldenArray(signals, "short"));
    const stems = await stemsOf(model, { ...norbertEm, iterations }, [short[0], short[1]]);
    const { data } = goldenArray(golden(), `short.niter${iterations}`);
    expect(report(`xumx short ${iterations}`, data, cut(stems, 0, 100))).toBeGreaterThan(120);
  });
});

describe("models as their programs wrote them", () => {
  const files = (name: string) => goldenPath(`umx_family/files/${name}`);
  const golden = () => readGolden(files("expected.safetensors"));
  const song = [music[0].subarray(0, 11025), music[1].subarray(0, 11025)] as const;

  it.each(["umx", "umx.niter0"])("Open-Unmix: %s", async (name) => {
    const model = await loadModel(files("umx"));
    const isPlain = name === "umx.niter0";
    const phase: FrameEm = isPlain
      ? { ...openUnmixEm, iterations: 0 }
      : { ...openUnmixEm, residual: "complex" };
    const stems = await stemsOf(model, phase, song);
    const { data } = goldenArray(golden(), isPlain ? `${name}.stems` : `${name}.stems.float64`);
    expect(report(name, data, cut(stems, 0, 2048))).toBeGreaterThan(115);
    const energies = stems.map((rows) =>
      rows.reduce((sum, row) => sum + row.reduce((all, x) => all + x * x, 0), 0),
    );
    const expected = goldenArray(golden(), `${name}.energies`).data;
    energies.forEach((energy, j) => {
      expect(energy / expected[j]).toBeCloseTo(1, 4);
    });
  });

  it("the earliest files are the same model", async () => {
    const vocals = [await loadModel(files("umx")), await loadModel(files("umx-legacy"))].map(
      async (model) => (await stemsOf(model, { ...openUnmixEm, iterations: 0 }, song))[0],
    );
    const [today, legacy] = await Promise.all(vocals);
    expect(report("legacy", cut([today], 0, 11025), cut([legacy], 0, 11025))).toBe(Infinity);
  });

  it("X-UMX: its stems are the same in whatever pieces and on however many engines", async () => {
    const model = await loadModel(files("xumx"));
    const prepared = prepareModel(model);
    if (prepared.context !== "whole song") throw new Error("another kind of model");
    const runtime = await loadRuntime("auto");
    const setup = { phase: prepared.phase, threads: 1, device: "cpu" } as const;
    const engines = await Promise.all(
      [0, 1, 2].map(() => SongPartEngine.create(prepared, runtime, setup)),
    );
    const all: Float32Array[][] = [];
    for (const [count, pieceFrames] of [
      [1, 256],
      [2, 7],
      [3, 1],
    ]) {
      const settings = {
        network: prepared,
        phase: prepared.phase,
        engines: engines.slice(0, count),
      };
      const rows: number[][] = [];
      for await (const block of conductSong({ ...settings, pieceFrames }, given(song))) {
        block.forEach((row, r) => {
          rows[r] = [...(rows[r] ?? []), ...row];
        });
      }
      all.push(rows.map((row) => Float32Array.from(row)));
    }
    await Promise.all(engines.map((engine) => engine.close()));
    const [whole, ...others] = all;
    for (const row of whole) expect(row.length).toBe(11025);
    for (const other of others) {
      const [expected, found] = [whole, other].map((rows) => rows.flatMap((row) => [...row]));
      expect(report("in pieces", expected, found)).toBeGreaterThan(110);
    }
  });
});

describe("a bounded context", () => {
  const song = [music[0], music[1]] as const;
  const blocks = Array.from({ length: 12 }, (_, i) => {
    const part = (c: 0 | 1) => music[c].slice(10000 * i, 10000 * (i + 1));
    return [part(0), part(1)] as const;
  });

  async function separated(name: string, context: number | undefined) {
    const model = await loadModel(goldenPath(`umx_family/files/${name}`));
    const options = context === undefined ? {} : { context };
    await using separator = await Separator.create(model, options);
    const stems = await separator.separate(song);
    return separator.stems.map((stem) => stems[stem]);
  }

  it.each(["umx", "xumx"])(
    "costs less the longer it is, and nothing at a song's length: %s",
    async (name) => {
      const all = cut(await separated(name, undefined), 0, song[0].length);
      const reached: number[] = [];
      for (const context of [0, 0.05, 0.2, 3]) {
        const stems = await separated(name, context);
        for (const row of stems.flat()) expect(row.length).toBe(song[0].length);
        const own = cut(stems, 0, song[0].length);
        reached.push(report(`${name}, ${context} s of context`, all, own));
      }
      expect(reached[0]).toBeGreaterThan(20);
      expect(reached).toEqual([...reached].sort((a, b) => a - b));
      // Windows of the song become windows of what is separated at once.
      if (name === "umx") expect(reached[3]).toBeGreaterThan(130);
    },
  );

  it("gives stems while the signal comes", async () => {
    const model = await loadModel(goldenPath("umx_family/files/umx"));
    await using separator = await Separator.create(model, { context: 0.05 });
    let taken = 0;
    async function* source() {
      for (const block of blocks) {
        taken += block[0].length;
        yield block;
      }
    }
    let first = 0;
    let length = 0;
    for await (const { vocals } of separator.stream(source())) {
      first ||= taken;
      length += vocals[0].length;
    }
    expect(first).toBeLessThan(100_000);
    expect(length).toBe(song[0].length);
  });

  it("is refused by models that do not see whole songs, and beyond its range", async () => {
    const slices = formulaModel("mel-32", true);
    const whole = await loadModel(goldenPath("umx_family/files/umx"));
    for (const [model, context] of [
      [slices, 1],
      [whole, -1],
      [whole, 601],
    ] as const) {
      await expect(Separator.create(model, { context })).rejects.toThrow(ArgumentError);
    }
  });
});

describe("progress", () => {
  it.each(["umx", "xumx"])(
    "moves from the first samples on, and only forward: %s",
    async (name) => {
      const model = await loadModel(goldenPath(`umx_family/files/${name}`));
      await using separator = await Separator.create(model);
      const heard: number[] = [];
      const onProgress = (share: number) => heard.push(share);
      const [left, right] = [music[0].slice(0, 44100), music[1].slice(0, 44100)];
      const blocks = [0, 1, 2].map((i) =>
        [left, right].map((x) => x.subarray(14700 * i, 14700 * (i + 1))),
      );
      let first = Number.NaN;
      const stems = separator.stream(
        blocks.map(([l, r]) => [l, r] as const),
        { samples: 44100, onProgress },
      );
      for await (const _ of stems) if (Number.isNaN(first)) first = heard[heard.length - 1];
      expect(heard[0]).toBeLessThan(0.2);
      expect(first).toBeGreaterThan(0.6);
      expect(heard).toEqual([...heard].sort((a, b) => a - b));
      expect(heard[heard.length - 1]).toBe(1);
    },
  );
});

/** A song in blocks of uneven lengths. */
async function* given([left, right]: readonly [Float32Array, Float32Array]) {
  for (let at = 0, size = 1; at < left.length; at += size, size = 1 + ((3 * size) % 4001)) {
    yield [left.slice(at, at + size), right.slice(at, at + size)] as const;
  }
}
