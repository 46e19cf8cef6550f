import { readdirSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { inStereo, openAudio } from "../audio/index.ts";
import { flacFixtures, mp3Fixtures, oggFixtures, readAll } from "../audio/testing/signals.ts";
import { encodeWav } from "../audio/testing/wavEncoder.ts";
import { AbortError } from "../errors.ts";
import { targets } from "../networks/index.ts";
import { Separator } from "../separation/index.ts";
import { agreement } from "../testing/golden.ts";
import { noiseSource } from "../testing/noise.ts";
import { demixFile } from "./demixFile.ts";
import { sharedModel, shares } from "./testing/sharedModel.ts";
import { filesBelow, music, pathOf, readOutput, writeSong } from "./testing/songs.ts";

let separator: Separator;
beforeAll(async () => {
  separator = await Separator.create(sharedModel(), { pieceSlices: 8 });
});
afterAll(() => separator.close());

let folder: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "xumx-demix-"));
  out = join(folder, "out", "song");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function failure(path: string, signal?: AbortSignal): Promise<unknown> {
  return demixFile(separator, path, out, signal ? { signal } : {}).then(
    () => "no failure",
    (error: unknown) => error,
  );
}

/** Lag within ±8 samples at which y is most like x. */
function lag(x: Float32Array, y: Float32Array): number {
  const products = Array.from({ length: 17 }, (_, k) => {
    let sum = 0;
    for (let i = 8; i < x.length - 8; i++) sum += x[i] * y[i + k - 8];
    return sum;
  });
  return products.indexOf(Math.max(...products)) - 8;
}

describe("every stem is a song like the one it comes from", () => {
  it.each(
    [44100, 48000, 22050, 96000].flatMap((rate) => [
      [rate, 1],
      [rate, 2],
    ]),
  )("%i Hz, %i channels: same rate, channels, length and time", async (rate, channels) => {
    const input = music(rate, channels, Math.round(0.7 * rate) + 1);
    const result = await demixFile(separator, await writeSong(folder, input, rate), out);
    expect(result).toMatchObject({ frames: input[0].length, sampleRate: rate, channels });
    let worst = Number.POSITIVE_INFINITY;
    for (const target of targets) {
      expect(pathOf(result, target)).toBe(join(out, `${target}.wav`));
      const source = await openAudio(pathOf(result, target));
      expect(source.format).toEqual({
        container: "wav",
        sampleRate: rate,
        channels,
        frames: input[0].length,
        sampleFormat: "float32",
      });
      const stem = await readAll(source);
      for (const [c, channel] of stem.entries()) {
        const known = input[c].map((x) => x * shares[target]);
        worst = Math.min(worst, agreement(known, channel));
        expect(lag(known, channel)).toBe(0);
      }
    }
    console.log(`${rate} Hz, ${channels} channels: worst stem at ${worst.toFixed(1)} dB`);
    expect(worst).toBeGreaterThan(85);
    expect((await filesBelow(folder)).sort()).toEqual(
      ["song.wav", ...targets.map((target) => `${target}.wav`)].sort(),
    );
  });

  it.each([
    ["stereo16.flac", flacFixtures.stereo16],
    ["mono24.flac", flacFixtures.mono24],
    ["stereo.mp3", mp3Fixtures.stereo],
    ["mono.mp3", mp3Fixtures.mono],
    ["untagged.mp3", mp3Fixtures.untagged],
    ["stereo.ogg", oggFixtures.vorbis44],
    ["stereo.opus", oggFixtures.opusStereo],
  ])("%s: stems as long as what the decoder gives, their sum the song", async (name, { bytes }) => {
    const path = join(folder, name);
    await writeFile(path, bytes);
    const input = await readAll(await openAudio(path));
    const result = await demixFile(separator, path, out);
    expect(result.frames).toBe(input[0].length);
    expect(result.channels).toBe(input.length);
    const stems = await Promise.all(
      targets.map(async (target) => readAll(await openAudio(pathOf(result, target)))),
    );
    // Away from the edges, where a resampler hears the chirp begin at once.
    for (const [c, channel] of input.entries()) {
      expect(stems.map((stem) => stem[c].length)).toEqual(stems.map(() => channel.length));
      const sum = channel.map((_, i) => stems.reduce((total, stem) => total + stem[c][i], 0));
      const db = agreement(channel.slice(500, -500), sum.slice(500, -500));
      console.log(`${name}, channel ${c}: ${db.toFixed(1)} dB`);
      expect(db).toBeGreaterThan(60);
    }
  });

  it("six channels: stereo stems of the song mixed down, and a notice", async () => {
    const path = join(folder, "surround.ogg");
    await writeFile(path, oggFixtures.vorbis48.bytes);
    const result = await demixFile(separator, path, out);
    expect(result).toMatchObject({ channels: 2, frames: 11041, sampleRate: 48000 });
    expect(result.notices).toEqual([
      expect.stringContaining("mixed down to stereo from 6 channels"),
    ]);
    const song = await readAll(inStereo(await openAudio(path)));
    const [left] = await readOutput(result, "drums");
    const known = song[0].map((x) => x * shares.drums);
    expect(agreement(known.slice(500, -500), left.slice(500, -500))).toBeGreaterThan(60);
  });

  it.each([1, 2, 3, 50])("%i frames at 48 kHz", async (frames) => {
    const path = await writeSong(folder, [new Float32Array(frames).fill(0.25)], 48000);
    const result = await demixFile(separator, path, out);
    for (const target of targets) {
      expect((await readAll(await openAudio(pathOf(result, target))))[0].length).toBe(frames);
    }
  });

  it("samples beyond ±1 are not clipped", async () => {
    const input = music(44100, 2, 30000, 8);
    const result = await demixFile(separator, await writeSong(folder, input, 44100), out);
    const drums = await readAll(await openAudio(pathOf(result, "drums")));
    const peak = drums[0].reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    console.log(`peak of the drums: ${peak.toFixed(2)}`);
    expect(peak).toBeGreaterThan(2);
    const known = input[0].map((x) => x * shares.drums);
    expect(agreement(known, drums[0])).toBeGreaterThan(85);
  });

  it("a second run gives the same bytes and replaces the first one's files", async () => {
    const path = await writeSong(folder, music(44100, 2, 20000), 44100);
    const result = await demixFile(separator, path, out);
    const first = await readAll(await openAudio(pathOf(result, "vocals")));
    await writeFile(pathOf(result, "vocals"), "something else");
    await demixFile(separator, path, out);
    expect(await readAll(await openAudio(pathOf(result, "vocals")))).toEqual(first);
    expect((await filesBelow(out)).length).toBe(4);
  });

  it("progress ends at 1", async () => {
    const seen: number[] = [];
    await demixFile(separator, await writeSong(folder, music(22050, 1, 20000), 22050), out, {
      onProgress: ({ fraction }) => seen.push(fraction ?? Number.NaN),
    });
    expect(seen.at(-1)).toBe(1);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });
});

describe("failures leave no file behind", () => {
  it("damage in the middle of a file", async () => {
    const bytes = flacFixtures.stereo16.bytes.slice();
    bytes[bytes.length >> 1] ^= 0xff;
    const path = join(folder, "damaged.flac");
    await writeFile(path, bytes);
    expect(await failure(path)).toMatchObject({
      code: "corrupt-audio",
      message: expect.stringContaining(path),
    });
    expect(await filesBelow(join(folder, "out"))).toEqual([]);
  });

  it("a WAV that ends before its header says, where no flaw is passed over", async () => {
    const path = join(folder, "cut.wav");
    const whole = encodeWav(music(44100, 2, 60000), { format: "float32" });
    await writeFile(path, whole.subarray(0, 300000));
    const strict = demixFile(separator, path, join(folder, "out"), { tolerance: "none" });
    await expect(strict).rejects.toMatchObject({ code: "corrupt-audio" });
    expect(await filesBelow(join(folder, "out"))).toEqual([]);
    const { frames, notices } = await demixFile(separator, path, join(folder, "out"));
    expect(frames).toBeLessThan(60000);
    expect(notices).toHaveLength(1);
  });

  it.each([44100, 48000])("a sample that is not a number, at %i Hz", async (rate) => {
    const input = music(rate, 2, 60000);
    input[1][50000] = Number.NaN;
    const path = await writeSong(folder, input, rate);
    expect(await failure(path)).toMatchObject({
      code: "non-finite-samples",
      message: expect.stringContaining(path),
    });
    expect(await filesBelow(join(folder, "out"))).toEqual([]);
  });

  it("an abort in the middle", async () => {
    const path = await writeSong(folder, music(44100, 2, 200000), 44100);
    const controller = new AbortController();
    let midway: string[] = [];
    const error = await demixFile(separator, path, out, {
      signal: controller.signal,
      onProgress: ({ fraction = 0 }) => {
        if (fraction < 0.3 || controller.signal.aborted) return;
        midway = readdirSync(out, { recursive: true, encoding: "utf8" });
        controller.abort();
      },
    }).catch((e: unknown) => e);
    expect(midway.filter((name) => /\.part[/\\]\d\.wav$/.test(name)).length).toBe(4);
    expect(error).toBeInstanceOf(AbortError);
    expect(await filesBelow(join(folder, "out"))).toEqual([]);
    // The separator is still of use.
    await demixFile(separator, path, out);
    expect((await filesBelow(out)).length).toBe(4);
  });

  it("an abort from the start", async () => {
    const path = await writeSong(folder, music(44100, 1, 2000), 44100);
    expect(await failure(path, AbortSignal.abort())).toBeInstanceOf(AbortError);
    expect(await readdir(folder)).toEqual(["song.wav"]);
  });

  it("a file where a folder should be, a folder where a stem should be", async () => {
    const path = await writeSong(folder, music(44100, 1, 20000), 44100);
    await writeFile(join(folder, "out"), "in the way");
    expect(await failure(path)).toMatchObject({ code: "unwritable" });
    expect((await filesBelow(folder)).sort()).toEqual(["out", "song.wav"]);
    await rm(join(folder, "out"));
    await mkdir(join(out, "other.wav"), { recursive: true });
    expect(await failure(path)).toMatchObject({
      code: "unwritable",
      message: expect.stringContaining("other.wav"),
    });
    expect(await filesBelow(out)).toEqual([]);
  });

  it("songs that cannot be separated make no folder", async () => {
    for (const rate of [7999, 192001]) {
      const path = await writeSong(folder, music(44100, 1, 5000), rate, `${rate}.wav`);
      expect(await failure(path)).toMatchObject({
        code: "unsupported-audio",
        message: expect.stringContaining(`${rate} Hz`),
      });
    }
    expect(await failure(await writeSong(folder, [new Float32Array(0)], 44100))).toMatchObject({
      code: "empty-audio",
    });
    expect(await failure(join(folder, "missing.wav"))).toMatchObject({ code: "not-found" });
    expect(await readdir(folder)).not.toContain("out");
  });
});

it("noise passes at full bandwidth when the rate is the model's own", async () => {
  const next = noiseSource(5);
  const input = [0, 1].map(() => Float32Array.from({ length: 44100 }, () => 0.5 * next()));
  const result = await demixFile(separator, await writeSong(folder, input, 44100), out);
  const [left] = await readAll(await openAudio(pathOf(result, "bass")));
  const db = agreement(
    input[0].map((x) => x * shares.bass),
    left,
  );
  console.log(`noise: ${db.toFixed(1)} dB`);
  expect(db).toBeGreaterThan(90);
});
