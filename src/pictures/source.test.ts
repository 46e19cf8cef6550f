import { describe, expect, it } from "vitest";
import { type ChannelName, type PictureSource, ReadySource } from "./source.ts";

const ramp = (samples: number, step: number) =>
  Float32Array.from({ length: samples }, (_, i) => i * step);
const stereo: PictureSource = {
  title: "ramps",
  channels: [ramp(100_000, 1e-6), ramp(100_000, -3e-6)],
  sampleRate: 44100,
};
const all = { start: 0, duration: 10, margin: 0 };

async function heard(source: PictureSource, channel: ChannelName, range = all) {
  await using ready = await ReadySource.open(source);
  const { begin, channels, blocks } = await ready.excerpt({ ...range, channel });
  const samples: number[][] = Array.from({ length: channels }, () => []);
  for await (const block of blocks()) {
    for (const [c, part] of block.entries()) for (const v of part) samples[c].push(v);
  }
  return { begin, samples };
}

describe("excerpts", () => {
  it.each([
    ["mean", [1e-6, -3e-6]],
    ["left", [1e-6]],
    ["right", [-3e-6]],
    ["mid", [-1e-6]],
    ["side", [2e-6]],
  ] as const)("give the channel %s", async (channel, steps) => {
    const { samples } = await heard(stereo, channel);
    expect(samples.map((row) => row.length)).toEqual(steps.map(() => 100_000));
    for (const [c, step] of steps.entries()) {
      expect(samples[c][70_001]).toBeCloseTo(70_001 * step, 6);
    }
  });

  it("of mono are its left, right and mid, and a silent side", async () => {
    const mono = { title: "mono", channels: [ramp(1000, 1e-3)], sampleRate: 44100 };
    for (const channel of ["mean", "left", "right", "mid"] as const) {
      expect((await heard(mono, channel)).samples[0]).toEqual([...ramp(1000, 1e-3)]);
    }
    expect((await heard(mono, "side")).samples[0]).toEqual(Array(1000).fill(0));
  });

  it("hold the range and the margins around it, and say where they begin", async () => {
    const range = { start: 1, duration: 0.5, margin: 0.25 };
    const { begin, samples } = await heard(stereo, "left", range);
    expect(begin).toBe(33075 / 44100);
    expect(samples[0]).toHaveLength(44100);
    expect(samples[0][0]).toBeCloseTo(33075e-6, 6);
    expect((await heard(stereo, "left", { ...range, start: 0.1 })).begin).toBe(0);
  });

  it("are resampled to 44.1 kHz", async () => {
    const sampleRate = 8000;
    const tone = Float32Array.from({ length: 8000 }, (_, i) =>
      Math.sin((i * 440 * 2 * Math.PI) / 8000),
    );
    const { samples } = await heard({ title: "tone", channels: [tone], sampleRate }, "mean");
    expect(samples[0]).toHaveLength(44100);
    expect(samples[0][20000]).toBeCloseTo(Math.sin((20000 * 440 * 2 * Math.PI) / 44100), 3);
  });

  it("refuse what is not a number, naming the sample", async () => {
    const bad = ramp(100_000, 1e-6);
    bad[80_000] = Number.NaN;
    const source = { title: "broken", channels: [bad], sampleRate: 1000 };
    await expect(heard(source, "left", { ...all, duration: 90 })).rejects.toMatchObject({
      code: "non-finite-samples",
      message: "broken: sample 80000 (at 80.000 s) is NaN.",
    });
  });

  it("refuse no samples, and channels of different lengths", async () => {
    const sampleRate = 44100;
    const none = { title: "none", channels: [], sampleRate };
    await expect(ReadySource.open(none)).rejects.toMatchObject({ code: "empty-audio" });
    const uneven = { title: "uneven", channels: [ramp(3, 1), ramp(4, 1)], sampleRate };
    await expect(ReadySource.open(uneven)).rejects.toMatchObject({ code: "invalid-argument" });
  });
});

describe("opened audio", () => {
  function opened(frames: number | undefined, log: string[] = []): PictureSource {
    return {
      title: "file",
      async open() {
        log.push("open");
        const format = { sampleRate: 1000, channels: 1, frames };
        return {
          format,
          async *blocks() {
            log.push("read");
            for (let i = 0; i < 5; i++) yield [new Float32Array(500)];
          },
          close: async () => {
            log.push("close");
          },
        };
      },
    };
  }

  const options = { start: 0, duration: 1, margin: 0, channel: "mean" } as const;

  it("is opened once if its headers tell its length", async () => {
    const log: string[] = [];
    const ready = await ReadySource.open(opened(1234, log));
    expect(ready.seconds).toBe(1.234);
    const { blocks } = await ready.excerpt(options);
    for await (const block of blocks()) expect(block).toHaveLength(1);
    await ready.close();
    expect(log).toEqual(["open", "read", "close"]);
  });

  it("is counted, closed and opened again otherwise", async () => {
    const log: string[] = [];
    const ready = await ReadySource.open(opened(undefined, log));
    expect(ready.seconds).toBe(2.5);
    expect(log).toEqual(["open", "read", "close"]);
    const { blocks } = await ready.excerpt(options);
    for await (const block of blocks()) expect(block).toHaveLength(1);
    await ready.close();
    expect(log.slice(3)).toEqual(["open", "read", "close"]);
  });
});
