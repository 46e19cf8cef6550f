import { describe, expect, it } from "vitest";
import { gatedStems } from "../gate/index.ts";
import type { Model } from "../models/index.ts";
import { smallModel } from "../networks/coupled/testing/smallModel.ts";
import { targets } from "../networks/index.ts";
import { agreement } from "../testing/golden.ts";
import { noise } from "../testing/noise.ts";
import type { StereoBlock } from "./sampleQueue.ts";
import { Separator, type Stems } from "./separator.ts";
import type { SeparatorOptions } from "./separatorOptions.ts";

const SAMPLES = 60_000;
const song: StereoBlock = [noise(SAMPLES, 1), noise(SAMPLES, 2)];
const model = smallModel(false);
const gatingModel: Model = { ...model, config: { ...model.config, gate: true } };

async function separate(options: SeparatorOptions, own: Model = model): Promise<Stems> {
  await using separator = await Separator.create(own, options);
  return await separator.separate(song);
}

function worst(a: Stems, b: Stems): number {
  return Math.min(
    ...targets.flatMap((target) => [0, 1].map((c) => agreement(a[target][c], b[target][c]))),
  );
}

describe("the gate of a separator", () => {
  it("gates what the separator gives without it", async () => {
    const plain = await separate({ gate: false });
    const rows = targets.flatMap((target) => [...plain[target]]);
    async function* whole() {
      yield rows;
    }
    const expected: number[][] = rows.map(() => []);
    for await (const block of gatedStems(whole(), [0, 1, 2, 3])) {
      for (const [row, samples] of block.entries()) expected[row].push(...samples);
    }
    const found = await separate({ gate: true, pieceSlices: 4 });
    const decibels = Math.min(
      ...targets.flatMap((target, i) =>
        [0, 1].map((c) => agreement(expected[2 * i + c], found[target][c])),
      ),
    );
    console.log(`${decibels.toFixed(1)} dB`);
    expect(decibels).toBeGreaterThan(100);
    expect(worst(plain, found)).toBeLessThan(100);
  });

  it("is the model's own, unless it is asked for otherwise", async () => {
    await using own = await Separator.create(gatingModel);
    expect(own.gate).toBe(true);
    await using off = await Separator.create(gatingModel, { gate: false });
    expect(off.gate).toBe(false);
    await using none = await Separator.create(model);
    expect(none.gate).toBe(false);
    expect([own.licence, off.licence]).toEqual([expect.stringContaining("MUSDB18-7"), undefined]);
    const gated = await separate({ gate: true });
    expect(worst(gated, await separate({}, gatingModel))).toBe(Number.POSITIVE_INFINITY);
  });

  it("works with shifts, on threads, on what is shorter than a frame, and again on the next song", async () => {
    await using separator = await Separator.create(model, { gate: true, shifts: 2, threads: 2 });
    const first = await separator.separate(song);
    expect((await separator.separate([noise(100, 1), noise(100, 2)])).bass[0]).toHaveLength(100);
    expect(worst(first, await separator.separate(song))).toBeGreaterThan(100);
  });

  it("ends at once when it is aborted or left", async () => {
    await using separator = await Separator.create(model, { gate: true });
    const signal = AbortSignal.abort();
    await expect(separator.separate(song, { signal })).rejects.toThrow(/abort/i);
    for await (const _ of separator.stream([song])) break;
    expect((await separator.separate(song)).other[0]).toHaveLength(SAMPLES);
  });

  it("is refused for stems that it does not know, and must be a flag", async () => {
    const config = { ...model.config, sampleRate: 16000 };
    await expect(Separator.create({ ...model, config }, { gate: true })).rejects.toMatchObject({
      code: "invalid-argument",
      message: expect.stringContaining("16000 Hz"),
    });
    // @ts-expect-error as a program without types may call it
    await expect(Separator.create(model, { gate: "yes" })).rejects.toThrow(/gate must be/);
  });
});
