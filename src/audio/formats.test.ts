import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytesOf } from "./bytes.ts";
import { decodeAudio } from "./decode.ts";
import { openAudio } from "./file.ts";
import type { AudioFormat } from "./source.ts";
import { encodeAiff } from "./testing/aiffEncoder.ts";
import {
  bestLag,
  chirp,
  type Fixture,
  mp3Fixtures,
  oggFixtures,
  readAll,
} from "./testing/signals.ts";
import { encodeWav } from "./testing/wavEncoder.ts";

const rates = [8000, 22050, 44100, 48000, 96000, 192000];
const counts = [1, 2, 6];
const shapes = rates.flatMap((rate) => counts.map((channels) => [rate, channels] as const));
const surround = ["FL", "FR", "FC", "LFE", "BL", "BR"];

/** Chirps of so many seconds and one sample, in WAV's order of speakers, as integers of 16 bits. */
function chirps(rate: number, channels: number, seconds: number): number[][] {
  const length = Math.round(rate * seconds) + 1;
  return Array.from({ length: channels }, (_, channel) =>
    Array.from({ length }, (_, i) => Math.round(chirp(channel, i / rate) * 32768) + 0),
  );
}

const asFloats = (x: readonly number[]) => Float32Array.from(x, (v) => v / 32768);

/** Which of the encoded channels the decoded channel is: some formats say "side" for the back. */
function origin({ speakers }: AudioFormat, channel: number): number {
  return speakers ? surround.indexOf(speakers[channel].replace("S", "B")) : channel;
}

describe.each(shapes)("%i Hz, %i channels", (sampleRate, channels) => {
  const x = chirps(sampleRate, channels, 0.02);
  const expected = x.map(asFloats);
  const extensible = channels > 2;

  it.each([
    ["WAV", encodeWav(x, { sampleRate, format: "int16", extensible, mask: 0x3f })],
    ["WAV of floats", encodeWav(expected, { sampleRate, format: "float32" })],
    ["AIFF", encodeAiff(x, "int16", { sampleRate })],
    ["AIFF-C of floats", encodeAiff(expected, "float32", { sampleRate, compression: "fl32" })],
  ])("%s: every sample at its place", async (_, file) => {
    const source = await decodeAudio(bytesOf(file, "test"));
    expect(source.format).toMatchObject({ sampleRate, channels, frames: x[0].length });
    expect(source.format.speakers).toEqual(channels === 6 ? surround : undefined);
    expect(await readAll(source)).toEqual(expected);
  });
});

describe("lossy fixtures", () => {
  const { opusVoice, ...aligned } = oggFixtures;
  const { untagged: _, ...tagged } = mp3Fixtures;
  const cases: [string, Fixture, number][] = Object.entries({ ...aligned, ...tagged }).map(
    ([name, fixture]) => [name, fixture, 0],
  );

  it.each([...cases, ["opusVoice", opusVoice, 4] as const])(
    "%s: exactly the samples that were encoded, at their own time",
    async (name, fixture, tolerance) => {
      const source = await decodeAudio(bytesOf(fixture.bytes, name));
      const { format } = source;
      expect(format).toMatchObject({ ...fixture.format, frames: format.frames });
      expect(format.frames ?? format.approximateFrames).toBe(fixture.format.frames);
      const y = await readAll(source);
      for (const [channel, samples] of y.entries()) {
        const from = origin(format, channel);
        expect(samples.length).toBe(fixture.channels[from].length);
        // The codecs leave nothing of a chirp in the subwoofer's channel.
        if (from === 3 && format.sampleFormat === "Vorbis") continue;
        const { lag, db } = bestLag(fixture.channels[from], samples);
        console.log(`${name}, channel ${channel}: ${db.toFixed(1)} dB at lag ${lag}`);
        expect(Math.abs(lag)).toBeLessThanOrEqual(tolerance);
        expect(db).toBeGreaterThan(14);
      }
    },
  );
});

const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;

describe.skipIf(!hasFfmpeg)("what ffmpeg encodes", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "xumx-formats-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  interface Encoding {
    readonly ending: string;
    readonly options?: readonly string[];
    readonly has?: (rate: number, channels: number) => boolean;
    /** Samples that may be there after the end. */
    readonly padding?: number;
  }
  const kilobits = (bitrate: number) => ["-b:a", `${bitrate}k`];
  const encodings: readonly Encoding[] = [
    { ending: "flac" },
    { ending: "oga", options: ["-c:a", "flac"] },
    { ending: "ogg", options: ["-c:a", "libvorbis", "-q:a", "8"] },
    { ending: "opus", options: kilobits(200), has: (rate, count) => rate === 48000 && count === 1 },
    { ending: "opus", options: kilobits(400), has: (rate, count) => rate === 48000 && count > 1 },
    { ending: "mp3", has: (rate, count) => rate > 8000 && rate < 50000 && count < 3 },
    // Its writer counts its own padding to 8 bytes.
    { ending: "w64", options: ["-c:a", "pcm_s24le"], padding: 2 },
    { ending: "caf", options: ["-c:a", "pcm_s16be"] },
    { ending: "alac.m4a", options: ["-c:a", "alac"] },
    { ending: "mka", options: ["-c:a", "pcm_f32le"] },
    { ending: "aac.m4a", options: kilobits(400), has: (rate) => rate < 100000, padding: 1024 },
  ];

  const all = process.env.XUMX_ALL_TESTS === "1";
  const some = [[8000, 1] as const, [44100, 2] as const, [48000, 6] as const];

  it.each(all ? shapes : some)(
    "%i Hz, %i channels: right in length and time",
    async (rate, channels) => {
      const x = chirps(rate, channels, 0.1);
      const input = join(folder, `${rate}-${channels}.wav`);
      const layout = { sampleRate: rate, extensible: channels > 2, mask: 0x3f };
      await writeFile(input, encodeWav(x, { ...layout, format: "int16" }));
      const fits = encodings.filter(({ has }) => has?.(rate, channels) ?? true);
      const path = (ending: string) => join(folder, `${rate}-${channels}.${ending}`);
      const outputs = fits.flatMap(({ ending, options = [] }) => [...options, path(ending)]);
      const made = spawnSync("ffmpeg", ["-v", "error", "-y", "-i", input, ...outputs]);
      expect(String(made.stderr)).toBe("");
      for (const { ending, padding = 0 } of fits) {
        const source = await openAudio(path(ending));
        expect(source.format).toMatchObject({ sampleRate: rate, channels });
        for (const [channel, samples] of (await readAll(source)).entries()) {
          const from = origin(source.format, channel);
          const longer = samples.length - x[from].length;
          expect(longer).toBeGreaterThanOrEqual(0);
          expect(longer).toBeLessThanOrEqual(padding);
          if (from === 3 && ["ogg", "aac.m4a"].includes(ending)) continue;
          const { lag } = bestLag(asFloats(x[from]), samples);
          expect([ending, channel, lag]).toEqual([ending, channel, 0]);
        }
      }
    },
  );
});
