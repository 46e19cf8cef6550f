import { describe, expect, it } from "vitest";
import { smallModel } from "../networks/coupled/testing/smallModel.ts";
import { targets } from "../networks/index.ts";
import { formulaUmx } from "../networks/umx/testing/formulaUmx.ts";
import { completePhase, mixPhase } from "../phase/index.ts";
import { agreement } from "../testing/golden.ts";
import { noise } from "../testing/noise.ts";
import type { StereoBlock } from "./sampleQueue.ts";
import { Separator, type Stems } from "./separator.ts";
import type { SeparatorOptions } from "./separatorOptions.ts";

const SAMPLES = 30_000;
const song: StereoBlock = [noise(SAMPLES, 1), noise(SAMPLES, 2)];
const wiener = completePhase("wiener-em", 0.2);

async function separate(options: SeparatorOptions, audio = song): Promise<Stems> {
  await using separator = await Separator.create(smallModel(false), options);
  return await separator.separate(audio);
}

function worst(a: Stems, b: Stems): number {
  return Math.min(
    ...targets.flatMap((target) => [0, 1].map((c) => agreement(a[target][c], b[target][c]))),
  );
}

/** So many samples of silence before a signal. */
function later(audio: StereoBlock, samples: number): StereoBlock {
  const moved = (channel: Float32Array) => {
    const longer = new Float32Array(channel.length + samples);
    longer.set(channel, samples);
    return longer;
  };
  return [moved(audio[0]), moved(audio[1])];
}

describe("shifts", () => {
  it.each([
    ["mix phase", mixPhase],
    ["Wiener-EM", wiener],
  ] as const)(
    "give the mean of the stems of the signal a part of a hop later (%s)",
    async (name, phase) => {
      await using separator = await Separator.create(smallModel(false), { phase });
      const shifts = 3;
      const passes: Stems[] = [];
      const late = [0, 1, 2].map((i) => Math.round((i * separator.hop) / shifts));
      for (const samples of late) passes.push(await separator.separate(later(song, samples)));
      const found = await separate({ phase, shifts, pieceSlices: 8 });
      const expected = Object.fromEntries(
        targets.map((target) => [
          target,
          [0, 1].map((c) =>
            Float32Array.from(
              { length: SAMPLES },
              (_, i) =>
                passes.reduce((sum, stems, pass) => sum + stems[target][c][late[pass] + i], 0) /
                shifts,
            ),
          ),
        ]),
      );
      const decibels = Math.min(
        ...targets.flatMap((t) => [0, 1].map((c) => agreement(expected[t][c], found[t][c]))),
      );
      console.log(`${name}: ${decibels.toFixed(1)} dB`);
      expect(decibels).toBeGreaterThan(100);
      for (const target of targets) expect(found[target][0]).toHaveLength(SAMPLES);
    },
  );

  it("give the same stems in pieces of any size, on any number of threads, and as a stream", async () => {
    const whole = await separate({ shifts: 2, pieceSlices: 64 });
    expect(worst(whole, await separate({ shifts: 2, pieceSlices: 4 }))).toBeGreaterThan(100);
    expect(worst(whole, await separate({ shifts: 2, threads: 2 }))).toBeGreaterThan(100);
    await using separator = await Separator.create(smallModel(false), { shifts: 2 });
    async function* blocks() {
      for (let at = 0; at < SAMPLES; at += 1000) {
        yield [song[0].slice(at, at + 1000), song[1].slice(at, at + 1000)] as const;
      }
    }
    const bass: number[] = [];
    for await (const block of separator.stream(blocks())) bass.push(...block.bass[0]);
    expect(bass).toHaveLength(SAMPLES);
    expect(agreement(whole.bass[0], bass)).toBeGreaterThan(100);
  });

  it("sum to the song as one pass does", async () => {
    const stems = await separate({ phase: mixPhase, shifts: 4 });
    const sum = song[0].map((_, i) => targets.reduce((all, t) => all + stems[t][0][i], 0));
    expect(agreement(song[0], sum)).toBeGreaterThan(100);
  });

  it.each([1, 100])("work on a signal of %i samples, and again on the next", async (samples) => {
    const short: StereoBlock = [song[0].slice(0, samples), song[1].slice(0, samples)];
    await using separator = await Separator.create(smallModel(false), { shifts: 2 });
    for (let i = 0; i < 2; i++) {
      expect((await separator.separate(short)).drums[1]).toHaveLength(samples);
    }
  });

  it("end at once when they are aborted or left, and leave a separator that works", async () => {
    await using separator = await Separator.create(smallModel(false), { shifts: 2 });
    const controller = new AbortController();
    const onProgress = () => controller.abort();
    const { signal } = controller;
    await expect(separator.separate(song, { signal, onProgress })).rejects.toThrow(/abort/i);
    for await (const _ of separator.stream([song])) break;
    expect((await separator.separate(song)).other[0]).toHaveLength(SAMPLES);
  });

  it("tell of a source that fails, and of nothing to separate", async () => {
    await using separator = await Separator.create(smallModel(false), { shifts: 2 });
    async function* failing() {
      yield song;
      throw new Error("the disk is gone");
    }
    const read = async () => {
      for await (const _ of separator.stream(failing()));
    };
    await expect(read()).rejects.toThrow("the disk is gone");
    async function* nothing(): AsyncGenerator<StereoBlock> {}
    const empty = async () => {
      for await (const _ of separator.stream(nothing()));
    };
    await expect(empty()).rejects.toMatchObject({ code: "invalid-argument" });
    expect((await separator.separate(song)).other[0]).toHaveLength(SAMPLES);
  });

  it("must be a whole number from 1 to 16", async () => {
    for (const shifts of [0, 1.5, 17]) {
      await expect(separate({ shifts })).rejects.toThrow(/shifts must be/);
    }
  });

  it("are refused by models that see whole songs", async () => {
    const whole = formulaUmx({ hidden: 8, frameLength: 64, hop: 16, maxBin: 20 });
    await expect(Separator.create(whole, { shifts: 2 })).rejects.toThrow(/sees whole songs/);
  });
});
