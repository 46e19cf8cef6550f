import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openAudio, Resampler } from "../audio/index.ts";
import { readAll } from "../audio/testing/signals.ts";
import { StemWriter } from "./stemWriter.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "xumx-stem-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Samples at 44.1 kHz that a song of this many frames becomes. */
function resampled(frames: number, rate: number): number {
  const resampler = new Resampler(rate, 44100, 1);
  return resampler.push([new Float32Array(frames)])[0].length + resampler.flush()[0].length;
}

describe("StemWriter", () => {
  it.each([8000, 22050, 44100, 44101, 48000, 96000, 192000])(
    "gives exactly as many frames as the song has, at %i Hz",
    async (sampleRate) => {
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 20000 })),
          fc.integer({ min: 1, max: 9999 }),
          async (frames, blockLength) => {
            const path = join(folder, `${sampleRate}.wav`);
            await using writer = await StemWriter.create(path, { sampleRate, channels: 1 });
            let left = resampled(frames, sampleRate);
            while (left > 0) {
              const block = new Float32Array(Math.min(left, blockLength)).fill(0.5);
              await writer.write([block, block]);
              left -= block.length;
            }
            await writer.finish(frames);
            await writer.close();
            const source = await openAudio(path);
            expect(source.format).toMatchObject({ frames, sampleRate, channels: 1 });
            expect((await readAll(source))[0].length).toBe(frames);
          },
        ),
        { numRuns: 20 },
      );
    },
  );

  it("writes float32 as it is: beyond ±1, not clipped, left and right apart", async () => {
    const path = join(folder, "loud.wav");
    await using writer = await StemWriter.create(path, { sampleRate: 44100, channels: 2 });
    const left = Float32Array.of(0.1, -3.5, 1000, 1e-20);
    const right = Float32Array.of(0, 2, -2, 5);
    await writer.write([left, right]);
    await writer.finish(4);
    await writer.close();
    const source = await openAudio(path);
    expect(source.format.sampleFormat).toBe("float32");
    expect(await readAll(source)).toEqual([left, right]);
  });

  it("of a mono song writes the mean of both channels", async () => {
    const path = join(folder, "mono.wav");
    await using writer = await StemWriter.create(path, { sampleRate: 44100, channels: 1 });
    await writer.write([Float32Array.of(1, 2, 3), Float32Array.of(3, 2, -3)]);
    await writer.finish(3);
    await writer.close();
    expect(await readAll(await openAudio(path))).toEqual([Float32Array.of(2, 2, 0)]);
  });

  it("leaves nothing when it is left without close", async () => {
    const inner = join(folder, "dropped");
    {
      await using writer = await StemWriter.create(join(inner, "a.wav"), {
        sampleRate: 48000,
        channels: 2,
      });
      await writer.write([new Float32Array(9999), new Float32Array(9999)]);
      expect((await readdir(inner)).length).toBe(1);
    }
    expect(await readdir(inner)).toEqual([]);
  });
});
