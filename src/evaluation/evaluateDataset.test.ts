import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAudioWriter, floatWav } from "../audio/index.ts";
import { openDataset } from "../datasets/index.ts";
import { AbortError, DataError } from "../errors.ts";
import { targets } from "../networks/index.ts";
import { goldenPath } from "../testing/golden.ts";
import { noiseSource } from "../testing/noise.ts";
import { summarise } from "./aggregate.ts";
import {
  type EvaluationEvent,
  type EvaluationOptions,
  prepareEvaluation,
} from "./evaluateDataset.ts";
import { readMethod } from "./scoreFiles.ts";
import { drawTransform, originalSearch, searchSlicq } from "./slicqSearch.ts";

const root = mkdtempSync(join(tmpdir(), "xumx-evaluate-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const data = join(root, "data");
const guesses = join(root, "guesses");

function signal(seed: number, samples: number): Float32Array {
  const random = noiseSource(seed);
  return Float32Array.from(
    { length: samples },
    (_, i) => 0.2 * Math.sin(i * 0.01 * seed) * Math.sin(i / 2000) + 0.01 * random(),
  );
}

async function wav(path: string, channels: readonly Float32Array[]) {
  const writer = await createAudioWriter(path, { sampleRate: 44100, channels: 2 }, floatWav);
  await writer.write(channels);
  await writer.close();
}

async function run(options: EvaluationOptions): Promise<EvaluationEvent[]> {
  const events: EvaluationEvent[] = [];
  for await (const event of (await prepareEvaluation(options)).run()) events.push(event);
  return events;
}

beforeAll(async () => {
  for (const [s, song] of ["a", "b"].entries()) {
    for (const [j, target] of targets.entries()) {
      const seed = 10 * s + 2 * j + 1;
      const channels = [signal(seed, 50000), signal(seed + 1, 50000)];
      await wav(join(data, "train", song, `${target}.wav`), channels);
      // Half as loud: 6.02 dB.
      const half = channels.map((x) => x.map((v) => v / 2));
      if (song === "a") await wav(join(guesses, song, `${target}.wav`), half);
    }
  }
});

describe("evaluating a data set", () => {
  const out = join(root, "scores");
  const methods = [
    { kind: "estimates", path: guesses },
    { kind: "oracle", oracle: "mixture", transform: "bark-64-40" },
    { kind: "oracle", oracle: "irm2", transform: "bark-64-40" },
  ] as const;

  it("scores every song under every method, and tells what is missing", async () => {
    const events = await run({ data, split: "train", methods, out });
    const told = events.map(({ kind, song, method, done }) => `${done} ${song} ${method} ${kind}`);
    expect(told).toEqual([
      "1 a guesses scored",
      "2 a mixture scored",
      "3 a irm2@bark-64-40 scored",
      "4 b guesses failed",
      "5 b mixture scored",
      "6 b irm2@bark-64-40 scored",
    ]);
    expect(events[3].error?.message).toMatch(/has no estimates of b/);
    const guessed = summarise(await readMethod(join(out, "guesses")));
    expect(guessed.meanOfStems.uSDRMean).toBeCloseTo(20 * Math.log10(2), 4);
    expect(guessed.meanOfStems.cSDR.SDR).toBeCloseTo(20 * Math.log10(2), 4);
    const [lower, upper] = [
      summarise(await readMethod(join(out, "mixture"))),
      summarise(await readMethod(join(out, "irm2@bark-64-40"))),
    ];
    expect(lower.tracks).toBe(2);
    expect(upper.meanOfStems.uSDRMean).toBeGreaterThan(lower.meanOfStems.uSDRMean + 5);
  });

  it("finds estimates by name however it is composed, fits their length and says so", async () => {
    const [songs, found] = [join(root, "composed"), join(root, "decomposed")];
    for (const [j, target] of targets.entries()) {
      const channels = [signal(j + 1, 30000), signal(j + 2, 30000)];
      await wav(join(songs, "Béyoncé".normalize("NFC"), `${target}.wav`), channels);
      const late = channels.map((x) => x.slice(0, target === "bass" ? 29990 : 30000));
      await wav(join(found, "Béyoncé".normalize("NFD"), `${target}.wav`), late);
    }
    const events = await run({
      data: songs,
      methods: [{ kind: "estimates", path: found }],
      out: join(root, "fitted"),
    });
    expect(events.map(({ kind }) => kind)).toEqual(["scored"]);
    expect(events[0].notes).toEqual([
      "the estimate of bass is 10 samples shorter than the reference and was padded with silence",
    ]);
  });

  it("names the mixture where that is what is too short", async () => {
    const short = join(root, "short");
    for (const [j, target] of targets.entries()) {
      await wav(join(short, "x", `${target}.wav`), [signal(j + 1, 9000), signal(j + 2, 9000)]);
    }
    await wav(join(short, "x", "mixture.wav"), [signal(1, 8000), signal(2, 8000)]);
    const [event] = await run({ data: short, methods: [methods[1]], out: join(root, "none") });
    expect(event.error).toBeInstanceOf(DataError);
    expect(event.error?.message).toBe("The mixture of x has 8000 samples, its stems have 9000.");
  });

  it("scores models of other systems beside each other, if they give all four stems", async () => {
    const model = (name: string) =>
      ({ kind: "model", model: goldenPath(`umx_family/files/${name}`), threads: 1 }) as const;
    const options = { data, split: "train", out: join(root, "systems"), jobs: 1 } as const;
    const mixture = { kind: "oracle", oracle: "mixture", transform: "bark-64-40" } as const;
    const events = await run({ ...options, methods: [model("xumx"), mixture] });
    expect(events.map(({ kind, method }) => `${method} ${kind}`)).toEqual([
      ...["xumx scored", "mixture scored", "xumx scored", "mixture scored"],
    ]);
    await expect(run({ ...options, methods: [model("umx")] })).rejects.toThrow(
      "The model umx gives no bass, other",
    );
  });

  it("skips what is scored and does again what is damaged", async () => {
    const file = join(out, "mixture", "b.json");
    const before = readFileSync(file, "utf8");
    writeFileSync(file, before.slice(0, 40));
    const events = await run({ data, methods: methods.slice(1), out });
    expect(events.map(({ kind }) => kind).sort()).toEqual([
      "scored",
      "skipped",
      "skipped",
      "skipped",
    ]);
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  it("stops when asked and leaves no half-written file", async () => {
    const controller = new AbortController();
    const fresh = join(root, "stopped");
    const evaluation = await prepareEvaluation({
      data,
      methods,
      out: fresh,
      signal: controller.signal,
    });
    const working = async () => {
      for await (const { done } of evaluation.run()) if (done === 1) controller.abort();
    };
    await expect(working()).rejects.toBeInstanceOf(AbortError);
    expect(existsSync(join(fresh, "guesses", "a.json"))).toBe(true);
    expect(existsSync(join(fresh, "mixture"))).toBe(false);
  });

  it("refuses two methods of one name, no jobs, no songs", async () => {
    const twice = [methods[1], methods[1]];
    await expect(prepareEvaluation({ data, methods: twice, out })).rejects.toThrow(/Two methods/);
    await expect(prepareEvaluation({ data, methods, out, jobs: 0 })).rejects.toThrow(
      /at least one/,
    );
    await expect(prepareEvaluation({ data, methods, out, split: "test" })).rejects.toThrow(
      /"test"/,
    );
  });
});

describe("the search for a transform", () => {
  const space = {
    ...originalSearch,
    bins: [20, 60] as const,
    maxSlice: 20000,
    oracle: "mix-phase" as const,
  };

  it("draws the same trials from the same seed, within its bounds", () => {
    const names = Array.from({ length: 30 }, (_, i) => drawTransform(space, i));
    expect(new Set(names.map(({ name }) => name)).size).toBeGreaterThan(25);
    expect(drawTransform(space, 7)).toEqual(names[7]);
    expect(drawTransform({ ...space, seed: 43 }, 7)).not.toEqual(names[7]);
    for (const { name, sliceLength } of names) {
      const [scale, bins, fmin] = name.split("-");
      expect(["bark", "mel", "cqlog"]).toContain(scale);
      expect(Number(bins)).toBeGreaterThanOrEqual(20);
      expect(Number(bins)).toBeLessThanOrEqual(60);
      expect(Number(fmin)).toBeGreaterThanOrEqual(10);
      expect(Number(fmin)).toBeLessThanOrEqual(130);
      expect(sliceLength).toBeLessThanOrEqual(20000);
    }
  });

  it("goes on where it stopped, with the same figures, and knows its own file", async () => {
    const { songs } = await openDataset(data);
    const state = join(root, "search.jsonl");
    const collect = async (count: number, file: string | undefined) => {
      const trials = [];
      for await (const trial of searchSlicq(space, songs, count, file)) trials.push(trial);
      return trials;
    };
    await collect(1, state);
    const whole = readFileSync(state, "utf8");
    // Cut off in the middle of a line.
    writeFileSync(state, `${whole}{"index":1,"mean`);
    const resumed = await collect(3, state);
    expect(resumed).toEqual(await collect(3, undefined));
    expect(readFileSync(state, "utf8").startsWith(whole)).toBe(true);
    expect(await collect(3, state)).toEqual(resumed);
    for (const { mean } of resumed) expect(mean).toBeGreaterThan(3);
    const other = searchSlicq({ ...space, seed: 1 }, songs, 1, state);
    await expect(other.next()).rejects.toThrow(/belongs to another search/);
  });

  it("refuses a space without transforms", () => {
    expect(() => drawTransform({ ...space, maxSlice: 100 }, 0)).toThrow(/at most 100 samples/);
    expect(() => drawTransform({ ...space, bins: [9, 3] }, 0)).toThrow(/Bins 9 to 3/);
  });
});
