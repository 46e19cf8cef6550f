import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { fixturesDir, goldenDir } from "../../testing/golden.ts";
import { doubleNoise } from "../../testing/noise.ts";
import { readFixture } from "../testing/readFixture.ts";
import { type BssScores, bssEval } from "./bssEval.ts";
import { type Metric, metrics, type Source } from "./criteria.ts";

/** Largest difference in dB; NaN must meet NaN (or null), Infinity Infinity. */
function largestDifference(ours: ArrayLike<number>, theirs: readonly (number | null)[]): number {
  expect(ours.length).toBe(theirs.length);
  let worst = 0;
  theirs.forEach((value, i) => {
    if (value === null || Number.isNaN(value)) expect(ours[i]).toBeNaN();
    else if (!Number.isFinite(value)) expect(ours[i]).toBe(value);
    else worst = Math.max(worst, Math.abs(ours[i] - value));
  });
  return worst;
}

const stems = ["bass", "vocals", "other", "drums"] as const;

type Frames = Record<string, Record<Metric, (number | null)[]>>;
type Whole = Record<string, Record<Metric, number>>;
interface V4File {
  readonly v4_window_1s_hop_1s: Frames;
  readonly "v4_window_2s_hop_1.5s": Frames;
  readonly v4_whole_signal: Whole;
  readonly v3_images_first_3s: Whole;
  readonly v4_first_3s_permuted: Record<Metric, number[][]> & { perm: number[][] };
}

describe.skipIf(!goldenDir)("BSS Eval v4 as museval", () => {
  let results: V4File;
  const references: Source[] = [];
  const estimates: Source[] = [];
  // Not while tests are collected: a plain clone collects this, too.
  beforeAll(async () => {
    const folder = `${goldenDir}bss_eval_v4/`;
    results = JSON.parse(readFileSync(`${folder}results.json`, "utf8"));
    for (const stem of stems) {
      references.push(await readFixture(`${folder}reference_${stem}.flac`));
      estimates.push(await readFixture(`${folder}estimate_${stem}.flac`));
    }
  });
  const first = (sources: readonly Source[]) =>
    sources.map((source) => source.map((channel) => channel.subarray(0, 24000)));

  function check(name: string, scores: BssScores, expected: Frames | Whole, tolerance: number) {
    for (const metric of metrics) {
      const worst = stems.map((stem, j) =>
        largestDifference(scores.sources[j][metric], [expected[stem][metric]].flat()),
      );
      console.log(`${name} ${metric}: within ${Math.max(...worst).toExponential(1)} dB`);
      expect(Math.max(...worst)).toBeLessThan(tolerance);
    }
  }

  it("agrees in every frame of 1 s", async () => {
    const framing = { window: 8000, hop: 8000 };
    const scores = await bssEval(references, estimates, {
      criteria: "images",
      filters: "whole",
      framing,
    });
    check("1 s", scores, results.v4_window_1s_hop_1s, 1e-5);
  });

  it("agrees in overlapping frames of 2 s", async () => {
    const framing = { window: 16000, hop: 12000 };
    const scores = await bssEval(references, estimates, {
      criteria: "images",
      filters: "whole",
      framing,
    });
    check("2 s", scores, results["v4_window_2s_hop_1.5s"], 1e-5);
  });

  it("agrees on the whole signal", async () => {
    const scores = await bssEval(references, estimates, { criteria: "images", filters: "whole" });
    check("whole", scores, results.v4_whole_signal, 1e-5);
  });

  it("agrees for version 3 images", async () => {
    const scores = await bssEval(first(references), first(estimates), {
      criteria: "images",
      filters: "frame",
    });
    check("v3 images", scores, results.v3_images_first_3s, 1e-5);
  });

  it("finds the order of the estimates", async () => {
    const order = (["other", "bass", "drums", "vocals"] as const).map((name) =>
      stems.indexOf(name),
    );
    const framing = { window: 8000, hop: 8000 };
    const fed = order.map((j) => estimates[j]);
    const scores = await bssEval(first(references), first(fed), {
      criteria: "images",
      filters: "whole",
      framing,
      permutation: true,
    });
    const expected = results.v4_first_3s_permuted;
    expect(scores.permutation).toEqual(expected.perm.flat());
    for (const metric of metrics) {
      const worst = stems.map((_, j) =>
        largestDifference(scores.sources[j][metric], expected[metric][j]),
      );
      console.log(`permuted ${metric}: within ${Math.max(...worst).toExponential(1)} dB`);
      expect(Math.max(...worst)).toBeLessThan(1e-5);
    }
  });
});

describe("what the filters mean", () => {
  const noise = (seed: number, length: number) => doubleNoise(length, seed);
  /** Low frequencies, and all that is above them: rounding, a millionth. */
  const limited = (signal: Float64Array) => {
    // Faded in and out, so that no edge but those of frames is sharp.
    let exact = signal.map((v, i) => v * Math.sin((Math.PI * i) / signal.length) ** 4);
    for (let pass = 0; pass < 60; pass++) {
      const x = exact;
      exact = x.map((v, i) => 0.5 * v + 0.25 * ((x[i - 1] ?? 0) + (x[i + 1] ?? 0)));
    }
    const rounded = exact.map((v) => Math.round(v * 2 ** 20) / 2 ** 20);
    return { rounded, floor: rounded.map((v, i) => v - exact[i]) };
  };
  const options = {
    criteria: "images",
    filters: "whole",
    taps: 64,
    framing: { window: 2000, hop: 2000 },
  } as const;
  const leaky = (own: Float64Array, other: Float64Array, seed: number) => {
    const hiss = noise(seed, own.length);
    return own.map((v, i) => v + 0.3 * other[i] + 0.05 * hiss[i]);
  };

  it("is something where references have energy in the whole band", async () => {
    const references = [[noise(1, 8000)], [noise(2, 8000)]];
    const estimates = [
      [leaky(references[0][0], references[1][0], 3)],
      [leaky(references[1][0], references[0][0], 4)],
    ];
    expect((await bssEval(references, estimates, options)).determined).toEqual([true, true]);
  });

  it("is nothing where references are band-limited and estimates are not", async () => {
    // As a leak of treble that the references have 100 dB lower.
    const [first, second] = [limited(noise(1, 8000)), limited(noise(2, 8000))];
    const references = [[first.rounded], [second.rounded]];
    const estimates = [first, second].map(({ rounded, floor }) => [
      rounded.map((v, i) => v + 1e5 * floor[i]),
    ]);
    expect((await bssEval(references, estimates, options)).determined).toEqual([false, false]);
  });

  it("is found out in any number of frames", async () => {
    const signal = noise(5, 150_000);
    const { sources } = await bssEval([[signal]], [[signal.map((x) => 0.9 * x)]], {
      ...options,
      taps: 2,
      framing: { window: 1, hop: 1 },
    });
    expect(sources[0].SDR).toHaveLength(150_000);
    expect(sources[0].SDR[77]).toBeCloseTo(20, 6);
  });
});

/** One part of mir_eval's fixtures. */
interface Part {
  readonly win?: number;
  readonly hop?: number;
  readonly nchan?: number;
  readonly gain?: number;
  readonly [metric: string]: number | number[] | number[][] | undefined;
}
const theirNames = {
  SDR: "Source to Distortion",
  ISR: "Image to Spatial",
  SIR: "Source to Interference",
  SAR: "Source to Artifact",
} as const;

describe("BSS Eval v3 as mir_eval", () => {
  // Two sets always; all eight, which take a minute, with XUMX_ALL_TESTS=1 where they are at hand.
  const folder =
    goldenDir && process.env.XUMX_ALL_TESTS === "1"
      ? `${goldenDir}bss_eval/`
      : `${fixturesDir}evaluation/bss_eval/`;
  const sets = readdirSync(folder).flatMap((name) => /^output(\d+)\.json$/.exec(name)?.[1] ?? []);

  it.each(sets)("agrees on set %s", async (set) => {
    const text = readFileSync(`${folder}output${set}.json`, "utf8");
    const file: Record<string, Part> = JSON.parse(text.replaceAll("Infinity", "1e999"));
    const mono = async (kind: string) => {
      const names = readdirSync(`${folder}${kind}${set}`).sort();
      return Promise.all(
        names.map(async (name) => {
          const channels = await readFixture(`${folder}${kind}${set}/${name}`);
          return Float64Array.from(
            channels[0],
            (_, i) => channels.reduce((sum, c) => sum + c[i], 0) / channels.length,
          );
        }),
      );
    };
    const [references, estimates] = [await mono("ref"), await mono("est")];
    for (const [name, part] of Object.entries(file)) {
      const images = name.startsWith("Images");
      const { win, hop, nchan = 1, gain = 1 } = part;
      const copies = (signal: Float64Array, scale: number) =>
        Array.from({ length: nchan }, (_, c) => (c === 0 ? signal : signal.map((x) => scale * x)));
      const scores = await bssEval(
        references.map((r) => copies(r, 1)),
        estimates.map((e) => copies(e, gain)),
        {
          criteria: images ? "images" : "sources",
          filters: "frame",
          permutation: win === undefined,
          ...(win !== undefined && hop !== undefined && { framing: { window: win, hop } }),
        },
      );
      for (const metric of metrics) {
        const expected = part[theirNames[metric]];
        if (!Array.isArray(expected)) continue;
        const worst = references.map((_, j) =>
          largestDifference(scores.sources[j][metric], [expected[j]].flat()),
        );
        console.log(
          `set ${set} ${name} ${metric}: within ${Math.max(...worst).toExponential(1)} dB`,
        );
        expect(Math.max(...worst)).toBeLessThan(1e-2);
      }
      const order = part["Source permutation"];
      if (win === undefined) expect(scores.permutation).toEqual(order);
    }
  });
});
