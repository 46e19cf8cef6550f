import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AbortError, XumxError } from "../errors.ts";
import { targets } from "../networks/index.ts";
import { originalWienerEm } from "../phase/index.ts";
import { formulaModel } from "../testing/formulaModel.ts";
import { agreement, goldenArray, goldenPath, goldenRows, readGolden } from "../testing/golden.ts";
import type { StereoBlock } from "./sampleQueue.ts";
import { Separator, type Stems } from "./separator.ts";

const [left, right] = goldenRows(
  goldenArray(readGolden(goldenPath("signals.safetensors")), "music"),
);
const song: StereoBlock = [left.slice(0, 60000), right.slice(0, 60000)];
const offline = formulaModel("mel-32", false);
const realtime = formulaModel("mel-32", true);
// Windows that end within slices, so that pieces share them.
const phase = { ...originalWienerEm, window: 700 };

const flat = (stems: Stems) => targets.flatMap((t) => stems[t].flatMap((c) => [...c]));
const scaled = (x: StereoBlock, gain: number): StereoBlock => [
  x[0].map((v) => v * gain),
  x[1].map((v) => v * gain),
];

let separator: Separator;
let causal: Separator;
beforeAll(async () => {
  separator = await Separator.create(offline, { phase, level: "as-is" });
  causal = await Separator.create(realtime, { level: "as-is" });
});
afterAll(async () => {
  await separator.close();
  await causal.close();
});

describe("one song, however it is cut", () => {
  it.each([
    ["offline", offline, phase],
    ["realtime", realtime, undefined],
  ] as const)(
    "pieces of any size give the whole-song result within 100 dB: %s",
    async (name, model, settings) => {
      const whole = flat(await (name === "offline" ? separator : causal).separate(song));
      const reached: string[] = [];
      for (const pieceSlices of [4, 8, 12, 20, 36, 60]) {
        await using cut = await Separator.create(model, {
          pieceSlices,
          level: "as-is",
          ...(settings && { phase: settings }),
        });
        const db = agreement(whole, flat(await cut.separate(song)));
        reached.push(`${pieceSlices}: ${db.toFixed(1)}`);
        expect(db).toBeGreaterThan(100);
      }
      console.log(`${name}, slices per piece, dB: ${reached.join(", ")}`);
    },
  );

  it("the song's length decides nothing about what was before: prefixes agree away from their end", async () => {
    const long = await causal.separate(song);
    const short = await causal.separate([song[0].slice(0, 40000), song[1].slice(0, 40000)]);
    // The realtime variant looks 3780 samples ahead.
    const until = 40000 - 3780 - 1008;
    for (const target of targets) {
      const db = agreement(long[target][0].slice(0, until), short[target][0].slice(0, until));
      expect(db).toBeGreaterThan(100);
    }
  });

  it("input blocks of any size give the same bits", async () => {
    const whole = flat(await separator.separate(song));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 20000 }), { minLength: 1, maxLength: 10 }),
        async (cuts) => {
          const rows = targets.map(() => [new Float32Array(60000), new Float32Array(60000)]);
          let at = 0;
          async function* blocks() {
            let from = 0;
            for (const cut of [...cuts, 60000]) {
              yield [
                song[0].subarray(from, from + cut),
                song[1].subarray(from, from + cut),
              ] as const;
              from += cut;
            }
          }
          for await (const block of separator.stream(blocks(), { readAhead: Infinity })) {
            targets.forEach((target, j) => {
              for (const c of [0, 1]) rows[j][c].set(block[target][c], at);
            });
            at += block.bass[0].length;
          }
          expect(at).toBe(60000);
          expect(
            agreement(
              whole,
              rows.flat().flatMap((c) => [...c]),
            ),
          ).toBe(Number.POSITIVE_INFINITY);
        },
      ),
      { numRuns: 8 },
    );
  });

  it("two runs give the same bits", async () => {
    const first = flat(await separator.separate(song));
    expect(flat(await separator.separate(song))).toEqual(first);
  });

  it.each([1, 2, 1007, 1008, 1009, 2016, 5041])(
    "%i samples give stems of exactly that length",
    async (samples) => {
      const stems = await separator.separate([
        song[0].slice(0, samples),
        song[1].slice(0, samples),
      ]);
      for (const target of targets) {
        expect(stems[target].map((c) => c.length)).toEqual([samples, samples]);
        expect(stems[target][0].every(Number.isFinite)).toBe(true);
      }
    },
  );
});

describe("levels", () => {
  it("digital silence gives silence", async () => {
    for (const used of [separator, causal]) {
      const stems = await used.separate([new Float32Array(30000), new Float32Array(30000)]);
      expect(flat(stems).every((v) => v === 0)).toBe(true);
    }
  });

  it("input far beyond ±1 passes unclipped", async () => {
    const stems = await causal.separate(scaled(song, 50));
    const peak = flat(stems).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    expect(peak).toBeGreaterThan(5);
    expect(Number.isFinite(peak)).toBe(true);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1e20])(
    "%d in the input is an error that names its place",
    async (value) => {
      const bad: StereoBlock = [song[0].slice(), song[1].slice()];
      bad[1][12345] = value;
      await expect(separator.separate(bad)).rejects.toMatchObject({
        code: "non-finite-samples",
        message: expect.stringContaining("12345"),
      });
      // The separator is still of use.
      expect(
        (await separator.separate([song[0].slice(0, 99), song[1].slice(0, 99)])).bass[0].length,
      ).toBe(99);
    },
  );
});

describe("manners", () => {
  it("progress grows to 1", async () => {
    await using fine = await Separator.create(realtime, { pieceSlices: 8 });
    const seen: number[] = [];
    await fine.separate(song, { onProgress: (fraction) => seen.push(fraction) });
    expect(seen.length).toBeGreaterThan(3);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
  });

  it("an abort ends the work with AbortError, and the separator is of use afterwards", async () => {
    await using fine = await Separator.create(realtime, { pieceSlices: 4 });
    const controller = new AbortController();
    const run = fine.separate(song, {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(run).rejects.toBeInstanceOf(AbortError);
    await expect(fine.separate(song, { signal: AbortSignal.abort() })).rejects.toBeInstanceOf(
      AbortError,
    );
    expect(flat(await fine.separate(song)).some((v) => v !== 0)).toBe(true);
  });

  it("a consumer that stops early lets the source go", async () => {
    let released = false;
    async function* endless() {
      try {
        for (;;) yield song;
      } finally {
        released = true;
      }
    }
    await using fine = await Separator.create(realtime, { pieceSlices: 4 });
    for await (const block of fine.stream(endless())) {
      expect(block.bass[0].length).toBeGreaterThan(0);
      break;
    }
    expect(released).toBe(true);
  });

  it("bad options and empty input are refused with a reason", async () => {
    await expect(Separator.create(offline, { threads: 0 })).rejects.toThrow(/threads/);
    await expect(Separator.create(offline, { threads: 1e6 })).rejects.toThrow(/threads/);
    await expect(Separator.create(offline, { pieceSlices: 6 })).rejects.toThrow(/multiple of 4/);
    await expect(separator.separate([new Float32Array(0), new Float32Array(0)])).rejects.toThrow(
      /no samples/,
    );
    await expect(separator.separate([new Float32Array(5), new Float32Array(4)])).rejects.toThrow(
      /differ in length/,
    );
    await expect(separator.separate(song, { chunkSize: -1 })).rejects.toThrow(/chunkSize/);
  });

  it("weights that do not fit are named", async () => {
    const state = new Map(offline.state);
    state.delete("sliced_umx.3.cdaes.1.6.weight");
    const error = await Separator.create({ ...offline, state }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(XumxError);
    expect(error).toMatchObject({
      code: "weights-mismatch",
      message: expect.stringContaining("sliced_umx.3.cdaes.1.6.weight"),
    });
  });
});
