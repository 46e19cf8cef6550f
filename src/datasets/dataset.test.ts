import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAudioWriter, floatWav } from "../audio/index.ts";
import { encodeWav } from "../audio/testing/wavEncoder.ts";
import { AbortError, AudioError, DataError } from "../errors.ts";
import { openDataset, parts, readStems, songsOf, sumOfStems, validationSongs } from "./index.ts";

const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;
const root = mkdtempSync(join(tmpdir(), "xumx-datasets-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A ramp that tells parts and channels apart. */
function ramp(seed: number, length = 1000): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.fround((seed + 1) / 100 + i / 1e5));
}

async function wav(path: string, channels: readonly Float32Array[], sampleRate = 44100) {
  const writer = await createAudioWriter(path, { sampleRate, channels: channels.length }, floatWav);
  await writer.write(channels);
  await writer.close();
}

async function song(folder: string, names: readonly string[] = parts) {
  for (const [i, name] of names.entries()) {
    await wav(join(folder, `${name}.wav`), [ramp(2 * i), ramp(2 * i + 1)]);
  }
}

describe("MUSDB18-HQ", () => {
  const hq = join(root, "hq");
  beforeAll(async () => {
    await song(join(hq, "train", "A - One"));
    await song(join(hq, "train", "Leaf - Summerghost"));
    await song(join(hq, "test", "Z - Last"));
  });

  it("has three splits, the validation songs out of train", async () => {
    const data = await openDataset(hq);
    const found = data.songs.map(({ name, split }) => [name, split]);
    expect(found).toEqual([
      ["A - One", "train"],
      ["Leaf - Summerghost", "valid"],
      ["Z - Last", "test"],
    ]);
    expect(songsOf(data, "valid").map(({ name }) => name)).toEqual(["Leaf - Summerghost"]);
    expect(validationSongs.size).toBe(14);
  });

  it("keeps the splits when a split's own folder is opened", async () => {
    const data = await openDataset(join(hq, "train"));
    expect(data.songs.map(({ split }) => split)).toEqual(["train", "valid"]);
    expect(() => songsOf(data, "test")).toThrow(/no songs of the split "test"/);
  });

  it("reads every part's own samples", async () => {
    const [first] = (await openDataset(hq)).songs;
    expect(first.sampleRate).toBe(44100);
    for (const [i, part] of parts.entries()) {
      const [left, right] = await first.read(part);
      expect(left).toEqual(ramp(2 * i));
      expect(right).toEqual(ramp(2 * i + 1));
    }
  });
});

describe("loose stems", () => {
  it("take a missing file for silence and the sum for the mixture", async () => {
    await song(join(root, "loose", "x"), ["bass", "drums"]);
    const [only] = (await openDataset(join(root, "loose"))).songs;
    expect(only.split).toBeUndefined();
    const stems = await readStems(only);
    expect(stems.vocals[0]).toEqual(new Float32Array(1000));
    const [left] = await only.read("mixture");
    const expected = ramp(0).map((x, i) => x + ramp(2)[i]);
    expect(left).toEqual(expected);
    expect(sumOfStems(stems)[0]).toEqual(expected);
  });

  it("miss a stem where there is a mixture", async () => {
    await song(join(root, "partial", "x"), ["mixture", "bass"]);
    const [only] = (await openDataset(join(root, "partial"))).songs;
    await expect(only.read("drums")).rejects.toThrow(/x has no file for drums/);
  });

  it("give a mono file to both channels", async () => {
    await wav(join(root, "mono", "x", "bass.wav"), [ramp(3)], 8000);
    const [only] = (await openDataset(join(root, "mono"))).songs;
    expect(only.sampleRate).toBe(8000);
    expect(await only.read("bass")).toEqual([ramp(3), ramp(3)]);
  });

  it("must be equally long", async () => {
    await wav(join(root, "uneven", "x", "bass.wav"), [ramp(1, 10)]);
    await wav(join(root, "uneven", "x", "drums.wav"), [ramp(1, 11)]);
    const [only] = (await openDataset(join(root, "uneven"))).songs;
    await expect(readStems(only)).rejects.toThrow(/stems of x differ in length/);
  });

  it("must have one sample rate, or the song is a problem and the others stay", async () => {
    await wav(join(root, "rates", "a", "bass.wav"), [ramp(1)], 44100);
    await wav(join(root, "rates", "a", "drums.wav"), [ramp(1)], 48000);
    await song(join(root, "rates", "b"));
    const data = await openDataset(join(root, "rates"));
    expect(data.songs.map(({ name }) => name)).toEqual(["b"]);
    expect(data.problems).toMatchObject([{ name: "a", error: { code: "unsupported-audio" } }]);
  });

  it("must be numbers", async () => {
    const bad = ramp(0);
    bad[17] = Number.NaN;
    mkdirSync(join(root, "nan", "x"), { recursive: true });
    const file = encodeWav([ramp(0), bad], { format: "float32" });
    writeFileSync(join(root, "nan", "x", "bass.wav"), file);
    const [only] = (await openDataset(join(root, "nan"))).songs;
    await expect(only.read("bass")).rejects.toThrow(/not a number, number 17/);
  });
});

describe("bad folders", () => {
  it("end in typed errors", async () => {
    mkdirSync(join(root, "empty"));
    writeFileSync(join(root, "file"), "x");
    await expect(openDataset(join(root, "nowhere"))).rejects.toMatchObject({ code: "not-found" });
    await expect(openDataset(join(root, "empty"))).rejects.toThrow(/holds no songs/);
    await expect(openDataset(join(root, "file"))).rejects.toMatchObject({ code: "unreadable" });
    await expect(openDataset(join(root, "empty"))).rejects.toBeInstanceOf(AudioError);
  });

  it("may not hold two songs of one name", async () => {
    await song(join(root, "twins", "references", "x"));
    await song(join(root, "twins", "estimates", "x"));
    await expect(openDataset(join(root, "twins"))).rejects.toBeInstanceOf(DataError);
  });

  it("are not searched after an abort", async () => {
    await expect(openDataset(root, AbortSignal.abort())).rejects.toBeInstanceOf(AbortError);
  });
});

describe.skipIf(!hasFfmpeg)("MUSDB18 .stem.mp4", () => {
  const folder = join(root, "stems", "train");
  const frames = 30000;
  const tone = (part: number) =>
    Float32Array.from({ length: frames }, (_, i) => 0.3 * Math.sin(0.02 * (part + 1) * i));

  beforeAll(async () => {
    // Streams 0 to 4: tones of rising frequency.
    const inputs: string[] = [];
    for (let stream = 0; stream < 5; stream++) {
      const path = join(root, `tone${stream}.wav`);
      await wav(path, [tone(stream), tone(stream)]);
      inputs.push("-i", path);
    }
    mkdirSync(folder, { recursive: true });
    const maps = [0, 1, 2, 3, 4].flatMap((i) => ["-map", `${i}:a`]);
    const out = join(folder, "ANiMAL - Rockshow.stem.mp4");
    const args = ["-v", "error", ...inputs, ...maps, "-c:a", "aac", "-b:a", "256k", out];
    expect(spawnSync("ffmpeg", args).status).toBe(0);
    writeFileSync(join(folder, "broken.stem.mp4"), "not a film");
  });

  it("gives every part from its stream, aligned to the sample", async () => {
    const data = await openDataset(join(root, "stems"));
    const [first] = songsOf(data, "valid");
    expect(first.name).toBe("ANiMAL - Rockshow");
    const streams = { mixture: 0, drums: 1, bass: 2, other: 3, vocals: 4 };
    for (const part of parts) {
      const [left, right] = await first.read(part);
      expect(left.length).toBe(right.length);
      const expected = tone(streams[part]);
      let error = 0;
      for (let i = 2000; i < frames - 4000; i++) error += (left[i] - expected[i]) ** 2;
      expect(Math.sqrt(error / (frames - 6000))).toBeLessThan(0.01);
    }
  });

  it("reports a broken file by its name", async () => {
    const data = await openDataset(folder);
    const broken = data.songs.find(({ name }) => name === "broken");
    await expect(broken?.read("mixture")).rejects.toMatchObject({ code: "corrupt-audio" });
    await expect(broken?.read("mixture")).rejects.toThrow(/broken\.stem\.mp4/);
  });

  it("stops ffmpeg on an abort", async () => {
    const [first] = (await openDataset(folder)).songs;
    const controller = new AbortController();
    const reading = first.read("mixture", controller.signal);
    controller.abort();
    await expect(reading).rejects.toBeInstanceOf(AbortError);
  });

  it("says what to install when ffmpeg is missing", async () => {
    const [first] = (await openDataset(folder)).songs;
    const path = process.env.PATH;
    process.env.PATH = root;
    try {
      await expect(first.read("bass")).rejects.toMatchObject({
        code: "unsupported-audio",
        hint: expect.stringContaining("Install ffmpeg"),
      });
    } finally {
      process.env.PATH = path;
    }
  });
});
