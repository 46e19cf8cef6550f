import { expect, it } from "vitest";
import { noiseSource } from "../testing/noise.ts";
import { bytesOf } from "./bytes.ts";
import { decodeAudio } from "./decode.ts";
import { floatWav, type OutputFormat } from "./outputFormat.ts";
import type { AudioSource } from "./source.ts";
import { firstDifference } from "./testing/encoding.ts";
import { chirp } from "./testing/signals.ts";
import { encodeSamples, readSamples } from "./wholeAudio.ts";

/** Longer than what is encoded at a time. */
const frames = 150_000;
const noise = noiseSource(7);
const channels = [0, 1].map((c) =>
  Float32Array.from({ length: frames }, (_, i) => chirp(c, i / 44100) + 0.1 * noise()),
);

async function thereAndBack(format: OutputFormat): Promise<Float32Array[]> {
  const bytes = await encodeSamples(channels, 44100, format, { tags: { title: "Chirps" } });
  const source = await decodeAudio(bytesOf(bytes, "chirps"));
  expect(source.format).toMatchObject({ sampleRate: 44100, channels: 2, frames });
  if (format.container === "flac") expect(source.tags.title).toBe("Chirps");
  return readSamples(source);
}

it("float32 WAV in memory gives the same samples back", async () => {
  expect(firstDifference(await thereAndBack(floatWav), channels)).toBeUndefined();
});

it("24 bits of FLAC give them back within half a step", async () => {
  const back = await thereAndBack({ container: "flac", encoding: "int24" });
  for (const [c, channel] of back.entries()) {
    const worst = channel.reduce((most, x, i) => Math.max(most, Math.abs(x - channels[c][i])), 0);
    expect(worst).toBeLessThanOrEqual(2 ** -24);
  }
});

it("refuses what no file can hold", async () => {
  const bad = [Float32Array.of(0, Number.NaN)];
  await expect(encodeSamples(bad, 44100, floatWav)).rejects.toMatchObject({
    code: "non-finite-samples",
  });
  await expect(encodeSamples([], 44100, floatWav)).rejects.toMatchObject({
    code: "invalid-argument",
  });
});

it("closes a source when it has been read, and when reading it fails", async () => {
  const closed: string[] = [];
  const source = (name: string, fails: boolean): AudioSource => {
    const close = async () => void closed.push(name);
    return {
      format: { container: "wav", sampleRate: 8000, channels: 1, frames: 3, sampleFormat: "int16" },
      tags: {},
      notices: [],
      async *blocks() {
        yield [Float32Array.of(1, 2)];
        if (fails) throw new Error("torn");
        yield [Float32Array.of(3)];
      },
      close,
      [Symbol.asyncDispose]: close,
    };
  };
  expect(await readSamples(source("whole", false))).toEqual([Float32Array.of(1, 2, 3)]);
  await expect(readSamples(source("torn", true))).rejects.toThrow("torn");
  expect(closed).toEqual(["whole", "torn"]);
});
