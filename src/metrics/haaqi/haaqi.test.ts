import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { ArgumentError } from "../../errors.ts";
import { type GoldenArray, goldenPath, readGolden } from "../../testing/golden.ts";
import { type Audiogram, namedAudiogram } from "./audiogram.ts";
import { type Equalisation, Haaqi, type HaaqiOptions } from "./haaqi.ts";
import { LegacyRandom } from "./legacyRandom.ts";
import { convolve } from "./prescription.ts";

interface Known {
  readonly haaqi: number;
  readonly nonlinear: number;
  readonly linear: number;
  readonly cephigh: number;
  readonly bmsync5: number;
  readonly loud: number;
  readonly norm: number;
}
type Both = Partial<Record<"off" | "seed0", Known>> & { readonly level1?: number };

const arrays = readGolden(goldenPath("haaqi/pairs.safetensors"));
const signals = readGolden(goldenPath("signals.safetensors"));
const numbers: {
  level1_65: number;
  pairs: Record<string, Both>;
  rates: Record<string, Both>;
  seeds: Record<string, { values: number[] }>;
  edge_cases: Record<string, number>;
  audiogram_missing_frequencies: Audiogram & { haaqi: number };
} = JSON.parse(readFileSync(goldenPath("haaqi/pairs.json"), "utf8"));
const all = process.env.XUMX_ALL_TESTS === "1";
const music = floats(signals.get("music")).subarray(0, 114660);
const audiograms: Record<string, Audiogram> = {
  normal: namedAudiogram("normal"),
  mild: namedAudiogram("mild"),
  modsev: namedAudiogram("moderate-severe"),
};
const haaqi = new Haaqi();

function floats(array: GoldenArray | undefined): Float32Array {
  if (!array) throw new Error("a reference array is missing");
  return Float32Array.from(array.data);
}

async function scored(x: Float32Array, y: Float32Array, rate: number, options: HaaqiOptions) {
  const score = await haaqi.score(x, y, rate, options);
  if (score === "silent reference") throw new Error(score);
  return score;
}

/** Reference, estimate and options of a case named as in the reference numbers. */
function caseOf(name: string): { x: Float32Array; y: Float32Array; options: HaaqiOptions } {
  const [aud, signal, mode, level] = name.split("/");
  const taps = () => Float64Array.from(arrays.get(`nalr.${aud}.220.24000`)?.data ?? []);
  const reference = floats(arrays.get("pairs.reference"));
  const estimate = floats(arrays.get(`pairs.${signal.split(" ")[0]}`));
  const amplified = (x: Float32Array) => Float32Array.from(convolve(x, taps()));
  const equalisation = ({ eq0: "none", eq1: "prescription", eq2: "done" } as const)[
    mode.slice(0, 3)
  ] as Equalisation;
  return {
    x: mode.includes("reference + nalr") ? amplified(reference) : reference,
    y: signal.endsWith("+ nalr") ? amplified(estimate) : estimate,
    options: {
      audiogram: audiograms[aud],
      equalisation,
      fullScale: level === "65" ? numbers.level1_65 : 100,
      noise: "off",
    },
  };
}

const present = Object.keys(numbers.pairs).filter((name) =>
  arrays.has(`pairs.${name.split("/")[1].split(" ")[0]}`),
);
/** A few of every kind in the usual run, all of them in the long one. */
const chosen = all ? present : present.filter((_, i) => i % 24 === 7);

describe("HAAQI of pairs", () => {
  let worst = 0;
  beforeAll(() => () => {
    console.log(`${chosen.length} pairs: largest difference ${worst.toExponential(1)}`);
  });

  it.each(chosen)("%s", async (name) => {
    const { x, y, options } = caseOf(name);
    for (const [kind, known] of Object.entries(numbers.pairs[name]) as ["off" | "seed0", Known][]) {
      const noise = kind === "off" ? "off" : new LegacyRandom(0);
      const ours = await scored(x, y, 24000, { ...options, noise });
      worst = Math.max(worst, Math.abs(ours.haaqi - known.haaqi));
      expect(Math.abs(ours.haaqi - known.haaqi), kind).toBeLessThan(1e-7);
      const parts = [
        [ours.nonlinear, known.nonlinear],
        [ours.linear, known.linear],
        [ours.modulation, known.cephigh],
        [ours.synchrony, known.bmsync5],
        [ours.loudness, known.loud],
        [ours.spectrum, known.norm],
      ];
      for (const [a, b] of parts) expect(Math.abs(a - b)).toBeLessThan(1e-6);
    }
  });

  it("seeds one after the other", async () => {
    const { x, y, options } = caseOf("modsev/identical/eq1/65");
    const { values } = numbers.seeds["modsev/identical"];
    for (const [seed, value] of values.slice(0, all ? 6 : 1).entries()) {
      const ours = await scored(x, y, 24000, { ...options, noise: new LegacyRandom(seed) });
      expect(Math.abs(ours.haaqi - value)).toBeLessThan(1e-7);
    }
  });

  it.runIf(all)("noise goes on from call to call", async () => {
    const { x, y, options } = caseOf("modsev/identical/eq1/65");
    const noise = new LegacyRandom(0);
    const first = await scored(x, y, 24000, { ...options, noise });
    const second = await scored(x, y, 24000, { ...options, noise });
    expect(first.haaqi).toBeCloseTo(numbers.seeds["modsev/identical"].values[0], 7);
    expect(second.haaqi).not.toBe(first.haaqi);
    expect(Math.abs(second.haaqi - first.haaqi)).toBeLessThan(1e-3);
  });

  const rates = Object.keys(numbers.rates);
  it.each(all ? rates : rates.filter((name) => name.endsWith("44100")))(
    "resampled by the index itself: %s",
    async (name) => {
      const rate = Number(name.split("/")[1]);
      const x = music.subarray(0, rate);
      const y = x.map((v) => 0.7 * Math.tanh(2 * v));
      const options = {
        audiogram: audiograms.mild,
        fullScale: 65,
        noise: "off",
        resampling: "original",
      } as const;
      const ours = await scored(x, y, rate, options);
      expect(Math.abs(ours.haaqi - (numbers.rates[name].off?.haaqi ?? 0))).toBeLessThan(1e-6);
    },
  );

  it("an audiogram at other frequencies", async () => {
    const known = numbers.audiogram_missing_frequencies;
    const x = music.subarray(0, 24000);
    const y = x.map((v) => 0.7 * Math.tanh(2 * v));
    const ours = await scored(x, y, 24000, { audiogram: known, fullScale: 65, noise: "off" });
    expect(Math.abs(ours.haaqi - known.haaqi)).toBeLessThan(1e-7);
  });
});

describe("HAAQI at its edges", () => {
  const options = { audiogram: audiograms.modsev, noise: "off" } as const;
  const reference = () => music.slice(0, 24000);

  it("says so where the reference is silent", async () => {
    const silence = new Float32Array(24000);
    expect(await haaqi.score(silence, reference(), 24000, options)).toBe("silent reference");
    expect(await haaqi.score(silence, silence, 24000, options)).toBe("silent reference");
  });

  it("an estimate that is silent scores next to nothing", async () => {
    const { x, options: known } = caseOf("modsev/identical/eq1/65");
    const ours = await scored(x, new Float32Array(x.length), 24000, known);
    expect(Math.abs(ours.haaqi - numbers.edge_cases["silent processed"])).toBeLessThan(1e-7);
  });

  it("a reference below the threshold gives the linear model alone", async () => {
    const quiet = reference().map((v) => v * 1e-7);
    const ours = await scored(quiet, quiet, 24000, { ...options, fullScale: 65 });
    expect(ours.haaqi).toBeCloseTo(0.162, 12);
  });

  it("the level is the reference's; full scale follows from it", async () => {
    const x = reference();
    const louder = x.map((v) => v * 4);
    const a = await scored(x, x, 24000, options);
    const b = await scored(louder, louder, 24000, options);
    expect(b.fullScale).toBeCloseTo(a.fullScale - 20 * Math.log10(4), 5);
    expect(b.haaqi).toBeCloseTo(a.haaqi, 6);
  });

  it("refuses NaN, infinity, what is too short, and senseless levels, rates and audiograms", async () => {
    const x = reference();
    const broken = reference();
    broken[7] = Number.NaN;
    const refused = async (...args: Parameters<Haaqi["score"]>) =>
      expect(haaqi.score(...args)).rejects.toThrow(ArgumentError);
    await refused(x, broken, 24000, options);
    await refused(broken, x, 24000, options);
    await refused(x.subarray(0, 11999), x, 24000, options);
    await refused(x, x.subarray(0, 100), 24000, options);
    await refused(x, new Float32Array(0), 24000, options);
    await refused(x, x, 24000, { ...options, level: Number.NaN });
    await refused(x, x, 24000, { ...options, level: 1e4 });
    await refused(x, x, 0, options);
    await refused(x, x, Number.NaN, options);
    const audiogram = { frequencies: [500, 250], levels: [0, 0] };
    await refused(x, x, 24000, { ...options, audiogram });
    await refused(x, x, 24000, { ...options, audiogram: { frequencies: [], levels: [] } });
  });

  it("stops when it is told to, with the progress told before", async () => {
    const x = reference();
    await expect(
      haaqi.score(x, x, 24000, { ...options, signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: "aborted" });
    const seen: number[] = [];
    await haaqi.score(x, x, 24000, { ...options, onProgress: (part) => seen.push(part) });
    expect(seen).toHaveLength(32);
    expect(seen.at(-1)).toBe(1);
  });
});
it("several estimates at once score as one by one, from the same noise", async () => {
  const reference = music.subarray(20000, 36000);
  const estimates = [
    reference.map((x) => 0.8 * Math.tanh(2 * x)),
    reference.map((x, i) => 0.6 * x + 0.3 * music[60000 + i]),
    music.subarray(60000, 76000),
    reference,
  ];
  const settings = () => ({ audiogram: audiograms.mild, noise: new LegacyRandom(7) });
  const options = settings();
  const together = await haaqi.scoreAll(reference, estimates, 24000, options);
  let state = new Uint8Array(0);
  for (const [i, estimate] of estimates.entries()) {
    const own = settings();
    expect(together[i]).toEqual(await haaqi.score(reference, estimate, 24000, own));
    state = own.noise.state;
  }
  expect(options.noise.state).toEqual(state);
  const silence = new Float32Array(reference.length);
  expect(await haaqi.scoreAll(silence, estimates.slice(1), 24000, options)).toEqual(
    new Array(3).fill("silent reference"),
  );
  expect(await haaqi.scoreAll(reference, [], 24000, options)).toEqual([]);
  const unequal = [reference, reference.subarray(0, 15000)];
  await expect(haaqi.scoreAll(reference, unequal, 24000, options)).rejects.toThrow(ArgumentError);
});
