import { afterAll, describe, expect, it } from "vitest";
import type { Model } from "../models/index.ts";
import { inputName, maskName } from "../networks/cdae/index.ts";
import { targets } from "../networks/index.ts";
import { blockPhase } from "../phase/index.ts";
import { loadRuntime } from "../runtime/index.ts";
import { type FormulaPreset, formulaModel } from "../testing/formulaModel.ts";
import {
  agreement,
  goldenArray,
  goldenDir,
  goldenPath,
  goldenRows,
  readGolden,
} from "../testing/golden.ts";
import {
  type Coefficients,
  forward,
  planSliCQT,
  type SliCQTPlan,
} from "../transforms/slicqt/index.ts";
import type { PreparedSliceModel } from "./preparedModel.ts";
import type { StereoBlock } from "./sampleQueue.ts";
import { Separator, type Stems } from "./separator.ts";
import { preparedSlices } from "./testing/preparedSlices.ts";

const signals = readGolden(goldenPath("signals.safetensors"));
const variants = ["offline", "realtime"] as const;
type Variant = (typeof variants)[number];

const models = new Map<string, Model>();
function model(preset: FormulaPreset, variant: Variant): Model {
  const key = `${preset}-${variant}`;
  const made = models.get(key) ?? formulaModel(preset, variant === "realtime");
  models.set(key, made);
  return made;
}
const separators = new Map<string, Promise<Separator>>();
function separator(preset: FormulaPreset, variant: Variant): Promise<Separator> {
  const key = `${preset}-${variant}`;
  const made =
    separators.get(key) ?? Separator.create(model(preset, variant), { threads: 2, level: "as-is" });
  separators.set(key, made);
  return made;
}
afterAll(async () => {
  for (const made of separators.values()) await (await made).close();
});

function excerpt(name: string, from: number, to: number): StereoBlock {
  const [left, right] = goldenRows(goldenArray(signals, name)).map((c) => c.slice(from, to));
  return [left, right];
}

/** Agreement per target with rows [4·2, samples]. */
function stemAgreement(expected: readonly Float32Array[], stems: Stems): number[] {
  return targets.map((target, j) =>
    agreement(
      [...expected[2 * j], ...expected[2 * j + 1]],
      [...stems[target][0], ...stems[target][1]].slice(0, 2 * expected[0].length),
    ),
  );
}

/** Agreement over the whole array of stems, as the reference measures it. */
function arrayAgreement(expected: readonly Float32Array[], stems: Stems): number {
  return agreement(
    expected.flatMap((row) => [...row]),
    targets.flatMap((target) => stems[target].flatMap((channel) => [...channel])),
  );
}

function expectAll(label: string, reached: readonly number[], least: number): void {
  console.log(`${label}: ${reached.map((db) => db.toFixed(1)).join(", ")} dB`);
  for (const db of reached) expect(db).toBeGreaterThan(least);
}

describe.each(variants)("stems of %s against the reference", (variant) => {
  it.skipIf(!goldenDir)("1.3 s whole: 112 dB", async () => {
    const { [`${variant}.stems`]: expected } = Object.fromEntries(
      readGolden(goldenPath("forward/stems.safetensors")),
    );
    const stems = await (await separator("bark-262", variant)).separate(excerpt("music", 0, 57330));
    expectAll(`${variant}, whole`, stemAgreement(goldenRows(expected), stems), 112);
  });

  it.skipIf(!goldenDir)(
    "2.6 s in hard chunks of 32768: 112 dB, energies of the whole",
    async () => {
      const golden = readGolden(goldenPath("forward/chunked.safetensors"));
      const expected = goldenRows(goldenArray(golden, `${variant}.stems`));
      const used = await separator("bark-262", variant);
      const stems = await used.separate(excerpt("music", 0, 114660), { chunkSize: 32768 });
      const cut = (x: StereoBlock): StereoBlock => [
        x[0].subarray(0, expected[0].length),
        x[1].subarray(0, expected[0].length),
      ];
      const shown = {
        bass: cut(stems.bass),
        vocals: cut(stems.vocals),
        other: cut(stems.other),
        drums: cut(stems.drums),
      };
      expectAll(`${variant}, chunks`, stemAgreement(expected, shown), 112);
      const energies = goldenArray(golden, `${variant}.target_energies`).data;
      targets.forEach((target, j) => {
        const energy = stems[target].flatMap((c) => [...c]).reduce((sum, v) => sum + v * v, 0);
        expect(energy / energies[j]).toBeCloseTo(1, 5);
      });
    },
  );

  it("100 samples, padded as the original pads: 112 dB", async () => {
    const golden = readGolden(goldenPath("forward/chunked.safetensors"));
    const expected = goldenRows(goldenArray(golden, `${variant}.short`));
    const stems = await (await separator("bark-262", variant)).separate(excerpt("short", 0, 100));
    expectAll(`${variant}, 100 samples`, stemAgreement(expected, stems), 112);
  });

  it("tiny preset, whole and in chunks of 2048: 60 dB with the exact inverse", async () => {
    const golden = readGolden(goldenPath("forward/tiny.safetensors"));
    const used = await separator("mel-32", variant);
    const whole = await used.separate(excerpt("music", 22050, 22050 + 3500));
    const rows = goldenRows(goldenArray(golden, `${variant}.stems`));
    expectAll(`tiny ${variant}, whole`, [arrayAgreement(rows, whole)], 60);
    const chunked = await used.separate(excerpt("music", 22050, 22050 + 13230), {
      chunkSize: 2048,
    });
    const chunkedRows = goldenRows(goldenArray(golden, `${variant}.chunked2048`));
    expectAll(`tiny ${variant}, chunks`, [arrayAgreement(chunkedRows, chunked)], 60);
  });
});

/** Masks by the plain path: transform, magnitudes, normalisation and frame layout written out, then the network. */
async function plainMasks(prepared: PreparedSliceModel, plan: SliCQTPlan, mixture: Coefficients) {
  if (prepared.family !== "xumx-slicq-v2") throw new Error("the path is another family's");
  const runtime = await loadRuntime();
  await using session = await runtime.createSession(prepared.onnx, { threads: 2 });
  const { realtime } = prepared.architecture;
  const S = mixture.slices;
  const frames = 2 * S + (realtime ? 1 : 0);
  const feeds = plan.blocks.map(({ bins: F, coefs: M }, b) => {
    const H = M / 2;
    const x = new Float32Array(M * F * frames);
    const { mean, scale } = prepared.normalisation[b];
    for (let c = 0; c < 2; c++) {
      for (let f = 0; f < F; f++) {
        for (let t = 0; t < S * M; t++) {
          const at = 2 * ((c * F + f) * S * M + t);
          const abs = Math.hypot(mixture.blocks[b][at], mixture.blocks[b][at + 1]);
          const n = realtime ? t - 1 + M : t;
          const p = Math.floor(n / H);
          if (p < frames) x[((c * H + (n % H)) * F + f) * frames + p] = (abs + mean[f]) * scale[f];
        }
      }
    }
    return [inputName(b), { dims: [1, M, F, frames], data: x }] as const;
  });
  const { places, data } = prepared.weights;
  const weights = places.map(
    ({ name, shape, offset, length }) =>
      [name, { dims: shape, data: data.subarray(offset, offset + length) }] as const,
  );
  const out = await session.run(Object.fromEntries([...feeds, ...weights]));
  return plan.blocks.map(({ bins: F, coefs: M }, b) => {
    const H = M / 2;
    const { data } = out[maskName(b)];
    // [4, 2, F, S, M]
    const masks = new Float32Array(4 * 2 * F * S * M);
    for (let jc = 0; jc < 8; jc++) {
      for (let f = 0; f < F; f++) {
        for (let t = 0; t < S * M; t++) {
          masks[(jc * F + f) * S * M + t] =
            data[((jc * H + (t % H)) * F + f) * 2 * S + Math.floor(t / H)];
        }
      }
    }
    return masks;
  });
}

/** Element k·2654435761 + 12345 mod n, as the reference samples its arrays. */
const sampleIndex = (k: number, n: number) =>
  Number((BigInt(k) * 2654435761n + 12345n) % BigInt(n));

const sum = (values: Iterable<number>) => {
  let total = 0;
  for (const v of values) total += v;
  return total;
};

describe.skipIf(!goldenDir).each(variants)("masks and complex stems of %s", (variant) => {
  it("all 70 blocks: masks 115 dB (worst 105, largest difference 3e-5), Y 110 dB (worst 100)", async () => {
    const golden = readGolden(goldenPath("forward/masks.safetensors"));
    const prepared = preparedSlices(model("bark-262", variant));
    const plan = planSliCQT(prepared.transform);
    const mixture = forward(plan, excerpt("music", 0, 57330));
    const masks = await plainMasks(prepared, plan, mixture);
    const stems = masks.map((mask, b) => stemsOf(plan, prepared, mixture, mask, b));
    const maskDb: number[] = [];
    const stemDb: number[] = [];
    for (const b of [0, 2, 6, 33, 69]) {
      const expected = goldenArray(golden, `${variant}.mask.${b}`).data;
      maskDb.push(agreement(expected, masks[b]));
      expect(Math.max(...masks[b].map((v, i) => Math.abs(v - expected[i])))).toBeLessThan(3e-5);
      stemDb.push(agreement(goldenArray(golden, `${variant}.Y.${b}`).data, stems[b]));
    }
    expectAll(`${variant} masks, blocks 0, 2, 6, 33, 69`, maskDb, 105);
    expectAll(`${variant} Y, the same blocks`, stemDb, 100);
    for (const [what, arrays, least] of [
      ["mask", masks, 115],
      ["Y", stems, 110],
    ] as const) {
      const expected = goldenArray(golden, `${variant}.${what}_samples`).data;
      const found = arrays.flatMap((values) =>
        Array.from({ length: 64 }, (_, k) => values[sampleIndex(k, values.length)]),
      );
      expectAll(`${variant} ${what}, samples of all blocks`, [agreement(expected, found)], least);
      const mean = arrays.map((values) => sum(values) / values.length);
      const expectedMean = goldenArray(golden, `${variant}.${what}_mean`).data;
      const abs = arrays.map((values) => sum(values.map(Math.abs)));
      const expectedAbs = goldenArray(golden, `${variant}.${what}_abssum`).data;
      for (let b = 0; b < 70; b++) expect(abs[b] / expectedAbs[b]).toBeCloseTo(1, 5);
      const scale = Math.max(...expectedMean.map(Math.abs));
      for (let b = 0; b < 70; b++)
        expect(Math.abs(mean[b] - expectedMean[b])).toBeLessThan(1e-5 * scale);
    }
  });
});

function stemsOf(
  plan: SliCQTPlan,
  prepared: PreparedSliceModel,
  mixture: Coefficients,
  mask: Float32Array,
  b: number,
): Float32Array {
  const { bins, coefs } = plan.blocks[b];
  const x = mixture.blocks[b];
  const positions = x.length / 2;
  const magnitudes = mask.map((m, i) => {
    const at = 2 * (i % positions);
    return m * Math.hypot(x[at], x[at + 1]);
  });
  const shape = { targets: targets.length, batch: 1, bins, slices: mixture.slices, coefs };
  const { phase } = prepared;
  if (phase.method === "frame-em") throw new Error("the phase step is another family's");
  return blockPhase(x, magnitudes, shape, phase);
}

describe.skipIf(!goldenDir)("tiny preset, realtime", () => {
  it("masks of all 23 blocks 115 dB, Y 110 dB", async () => {
    const golden = readGolden(goldenPath("forward/tiny.safetensors"));
    const prepared = preparedSlices(model("mel-32", "realtime"));
    const plan = planSliCQT(prepared.transform);
    const mixture = forward(plan, excerpt("music", 22050, 22050 + 3500));
    const masks = await plainMasks(prepared, plan, mixture);
    const all = (what: "mask" | "Y", arrays: readonly Float32Array[]) =>
      agreement(
        arrays.flatMap((_, b) => [...goldenArray(golden, `realtime.${what}.${b}`).data]),
        arrays.flatMap((values) => [...values]),
      );
    const stems = masks.map((mask, b) => stemsOf(plan, prepared, mixture, mask, b));
    expectAll("tiny masks", [all("mask", masks)], 115);
    expectAll("tiny Y", [all("Y", stems)], 110);
  });
});
