import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { targets } from "../networks/index.ts";
import { formulaModel } from "../testing/formulaModel.ts";
import { agreement, goldenArray, goldenPath, goldenRows, readGolden } from "../testing/golden.ts";
import { planTransform } from "../transforms/index.ts";
import type { StereoBlock } from "./sampleQueue.ts";
import { Separator, type Stems } from "./separator.ts";
import { SliceLevels } from "./sliceLevels.ts";

const [left, right] = goldenRows(
  goldenArray(readGolden(goldenPath("signals.safetensors")), "music"),
);
const song: StereoBlock = [left.slice(0, 40000), right.slice(0, 40000)];
const model = formulaModel("mel-32", true);
const transform = planTransform({ kind: "slicqt", scale: "mel", bins: 32, fmin: 115.5 });

const scaled = (x: StereoBlock, gain: number): StereoBlock => [
  x[0].map((v) => v * gain),
  x[1].map((v) => v * gain),
];
const flat = (stems: Stems, gain = 1) =>
  targets.flatMap((t) => stems[t].flatMap((channel) => [...channel].map((v) => v / gain)));

let separator: Separator;
beforeAll(async () => {
  separator = await Separator.create(model);
});
afterAll(() => separator.close());

describe("a song separates alike at any level", () => {
  it("from −30 to +10 dB: 100 dB", async () => {
    const whole = flat(await separator.separate(song));
    for (const decibels of [-30, 10]) {
      const gain = 10 ** (decibels / 20);
      const db = agreement(whole, flat(await separator.separate(scaled(song, gain)), gain));
      console.log(`${decibels} dB: ${db.toFixed(1)} dB`);
      expect(db).toBeGreaterThan(100);
    }
  });

  it("but not as it is", async () => {
    await using asIs = await Separator.create(model, { level: "as-is" });
    const whole = flat(await asIs.separate(song));
    const db = agreement(whole, flat(await asIs.separate(scaled(song, 0.05)), 0.05));
    expect(db).toBeLessThan(60);
  });
});

it("a stream's slow gain does not depend on pieces: 100 dB", async () => {
  const stems = async (pieceSlices: number) => {
    await using cut = await Separator.create(model, { pieceSlices });
    const out = targets.map(() => new Float32Array(song[0].length));
    let at = 0;
    for await (const block of cut.stream([song], { readAhead: Infinity })) {
      targets.forEach((target, j) => {
        out[j].set(block[target][0], at);
      });
      at += block.vocals[0].length;
    }
    return out.flatMap((row) => [...row]);
  };
  const db = agreement(await stems(4), await stems(20));
  console.log(`pieces of 4 and 20 slices: ${db.toFixed(1)} dB`);
  expect(db).toBeGreaterThan(100);
});

describe("what is the same on both sides", () => {
  it("has stems that are the same on both sides: 100 dB", async () => {
    const stems = await separator.separate([song[0], song[0].slice()]);
    for (const target of targets) {
      const db = agreement([...stems[target][0]], [...stems[target][1]]);
      console.log(`${target}: ${db.toFixed(1)} dB`);
      expect(db).toBeGreaterThan(100);
    }
  });

  it("is told slice by slice, and one sample makes a difference", () => {
    const { hop, lead, sliceLength } = transform;
    const both = Float32Array.from({ length: 40 * hop }, (_, i) => Math.sin(i));
    const other = both.slice();
    const at = 20 * hop + 5;
    other[at] += 1e-6;
    const levels = new SliceLevels(transform, -16.5);
    levels.push([both, other]);
    // The hop of slice s lies about its middle; a slice counts as alike if its own and the one before do.
    const own = Math.floor((at + lead - sliceLength / 2 + hop / 2) / hop);
    for (let slice = 4; slice < 36; slice++) {
      expect(levels.alike(slice), `${slice}`).toBe(slice !== own && slice !== own + 1);
    }
  });
});

describe("gains", () => {
  const { hop } = transform;
  const tone = (length: number, amplitude: number) =>
    Float32Array.from({ length }, (_, i) => amplitude * Math.sin(0.1 * i));

  it("bring a steady signal to the level of the training, from the first slice on", () => {
    // A sine of amplitude 0.2 has −17 dBFS.
    const levels = new SliceLevels(transform, -20);
    const signal = tone(30 * hop, 0.2);
    levels.push([signal, signal]);
    const expected = 10 ** (-20 / 20) / (0.2 / Math.SQRT2);
    for (const slice of [0, 3, 20]) expect(levels.gain(slice) / expected).toBeCloseTo(1, 1);
  });

  it("are 1 where levels do not matter or nothing is heard", () => {
    expect(new SliceLevels(transform, undefined).gain(5)).toBe(1);
    const silent = new SliceLevels(transform, -20);
    silent.push([new Float32Array(10 * hop), new Float32Array(10 * hop)]);
    expect(silent.gain(3)).toBe(1);
  });

  it("are kept through silence, and bounded", () => {
    const levels = new SliceLevels(transform, -20);
    const signal = tone(10 * hop, 0.01);
    const rest = new Float32Array(10 * hop);
    levels.push([signal, signal]);
    levels.push([rest, rest]);
    expect(levels.gain(18)).toBe(levels.gain(15));
    const soft = new SliceLevels(transform, 0);
    const murmur = tone(10 * hop, 10 ** (-65 / 20));
    soft.push([murmur, murmur]);
    expect(20 * Math.log10(soft.gain(3))).toBeCloseTo(50, 9);
  });

  it("are the same however the signal comes, and what is dropped is not missed", () => {
    const signal: StereoBlock = [tone(20 * hop, 0.3), tone(20 * hop, 0.1)];
    const at = [0, 5, 12, 17];
    const whole = new SliceLevels(transform, -16.5);
    whole.push(signal);
    const expected = at.map((slice) => whole.gain(slice));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3 * hop }), { maxLength: 8 }), (cuts) => {
        const levels = new SliceLevels(transform, -16.5);
        let from = 0;
        for (const size of [...cuts, 20 * hop]) {
          levels.push([
            signal[0].subarray(from, from + size),
            signal[1].subarray(from, from + size),
          ]);
          from += size;
        }
        const found = at.map((slice) => {
          levels.dropBefore(slice);
          return levels.gain(slice);
        });
        expect(found).toEqual(expected);
      }),
      { numRuns: 30, seed: 5 },
    );
  });
});
