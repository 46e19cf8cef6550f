import { describe, expect, it } from "vitest";
import { bytesOf, decodeAudio } from "../audio/index.ts";
import { oggFixtures } from "../audio/testing/signals.ts";
import { encodeWav, type WavOptions } from "../audio/testing/wavEncoder.ts";
import type { StereoBlock } from "../separation/index.ts";
import { agreement } from "../testing/golden.ts";
import { noiseSource } from "../testing/noise.ts";
import { SongReader } from "./songReader.ts";

async function reader(
  channels: readonly (Float32Array | readonly number[])[],
  options: WavOptions = {},
  rate = 44100,
): Promise<SongReader> {
  const file = encodeWav(channels, { format: "float32", ...options });
  return new SongReader(await decodeAudio(bytesOf(file, "song.wav")), "song.wav", rate);
}

async function samples(song: SongReader): Promise<StereoBlock> {
  const blocks: StereoBlock[] = [];
  for await (const [left, right] of song.blocks()) blocks.push([left.slice(), right.slice()]);
  const join = (side: 0 | 1) => Float32Array.from(blocks.flatMap((block) => [...block[side]]));
  return [join(0), join(1)];
}

const noise = noiseSource(6);
const random = (channels: number, frames = 3000) =>
  Array.from({ length: channels }, () => Float32Array.from({ length: frames }, noise));

describe("SongReader", () => {
  it("gives mono to both channels, stereo as it is", async () => {
    const [x] = random(1);
    const mono = await reader([x]);
    expect(await samples(mono)).toEqual([x, x]);
    expect(mono.frames).toBe(3000);
    const y = random(2);
    const stereo = await reader(y);
    expect(await samples(stereo)).toEqual(y);
  });

  it("mixes more channels down", async () => {
    const x = random(6);
    const song = await reader(x, { extensible: true, mask: 0x3f });
    expect(song.format.channels).toBe(2);
    const [left] = await samples(song);
    const expected = x[0].map(
      (v, i) => (v + Math.SQRT1_2 * (x[2][i] + x[4][i])) / (1 + Math.SQRT2),
    );
    expect(agreement(expected, left)).toBeGreaterThan(120);
  });

  it.each([8000, 22050, 48000, 96000, 192000])("brings %i Hz to 44.1 kHz", async (sampleRate) => {
    const song = await reader(random(2, 1000), { sampleRate });
    expect((await samples(song))[0].length).toBe(song.expectedSamples);
  });

  it("leaves samples at the model's rate as they are, whatever it is", async () => {
    const x = random(2);
    expect(await samples(await reader(x, { sampleRate: 16000 }, 16000))).toEqual(x);
  });

  it("expects about as many samples as an estimate tells", async () => {
    const { bytes } = oggFixtures.vorbis44;
    const song = new SongReader(await decodeAudio(bytesOf(bytes, "song.ogg")), "song.ogg", 44100);
    expect(song.expectedSamples).toBe(10144);
  });

  it.each([7999, 192001])("refuses %i Hz", async (sampleRate) => {
    await expect(reader([[1]], { sampleRate })).rejects.toMatchObject({
      code: "unsupported-audio",
      message: expect.stringContaining(`${sampleRate} Hz`),
    });
  });

  it("refuses samples that are no numbers, and says where they are", async () => {
    for (const [channels, bad] of [
      [2, Number.NaN],
      [6, Number.POSITIVE_INFINITY],
    ] as const) {
      const x = random(channels);
      x[1][441] = bad;
      await expect(samples(await reader(x))).rejects.toMatchObject({
        code: "non-finite-samples",
        message: expect.stringContaining("sample 441 (at 0.010 s)"),
      });
    }
  });
});
