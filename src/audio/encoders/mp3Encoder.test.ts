import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { noiseSource } from "../../testing/noise.ts";
import { Resampler, resampleLength } from "../resampler.ts";
import { agreement, deinterleaved, delay, encoded, hasProgram, run } from "../testing/encoding.ts";
import { decodeBytes } from "../testing/signals.ts";
import { loadLame, Mp3Encoder } from "./mp3Encoder.ts";
import { mp3Rate } from "./mp3Layout.ts";

const hasFfmpeg = hasProgram("ffmpeg", "-version");
const hasLame = await loadLame().then(
  () => true,
  () => false,
);
const mp3 = (bitrate: number) => ({ container: "mp3", bitrate }) as const;

/** Notes with sharp beginnings, and some hiss. */
function music(sampleRate: number, channels: number, length: number): Float32Array[] {
  const noise = noiseSource(channels);
  return Array.from({ length: channels }, (_, c) =>
    Float32Array.from({ length }, (_, i) => {
      const t = (i / sampleRate) % 0.21;
      const pitch = 220 * (c + 1) * (1 + Math.floor(i / sampleRate / 0.21) / 7);
      return 0.4 * Math.exp(-12 * t) * Math.sin(2 * Math.PI * pitch * t) + 0.01 * noise();
    }),
  );
}

function resampled(channels: readonly Float32Array[], from: number, to: number): Float32Array[] {
  const resampler = new Resampler(from, to, channels.length);
  const [head, tail] = [resampler.push(channels), resampler.flush()];
  return head.map((part, c) => Float32Array.from([...part, ...tail[c]]));
}

describe.skipIf(!hasLame)("Mp3Encoder (wasm-media-encoders)", () => {
  it.each([
    [8000, 1, 64],
    [11025, 2, 64],
    [16000, 1, 64],
    [22050, 2, 128],
    [24000, 1, 64],
    [32000, 2, 192],
    [44100, 2, 192],
    [44100, 1, 128],
    [48000, 2, 320],
    [37800, 2, 192],
    [96000, 2, 192],
    [88200, 1, 128],
  ])(
    "gives what went in, at its place: %i Hz, %i channels, %i kbit/s",
    async (rate, channels, bitrate) => {
      const samples = music(rate, channels, Math.round(0.8 * rate));
      const back = await decodeBytes(
        await encoded(mp3(bitrate), { sampleRate: rate, channels }, samples),
      );
      const expected = resampled(samples, rate, mp3Rate(rate));
      for (let c = 0; c < channels; c++) {
        expect(back[c].length).toBe(resampleLength(samples[c].length, rate, mp3Rate(rate)));
        expect(delay(expected[c], back[c], 30)).toBe(0);
        expect(agreement(expected[c], back[c])).toBeGreaterThan(15);
      }
    },
  );

  it("ends at the sample, whatever the length, and knows the length of a stream before", async () => {
    for (const sampleRate of [44100, 22050]) {
      const shape = { sampleRate, channels: 1 };
      for (const length of [1, 575, 576, 577, 1152, 1728, 1729, 20000]) {
        const samples = music(sampleRate, 1, length);
        const file = await encoded(mp3(64), shape, samples);
        expect((await decodeBytes(file))[0].length).toBe(length);
        const encoder = await Mp3Encoder.create(shape, 64, { frames: length });
        const stream = Buffer.concat([
          encoder.head,
          encoder.encode(samples).slice(),
          encoder.finish().tail,
        ]);
        expect((await decodeBytes(new Uint8Array(stream)))[0].length).toBe(length);
      }
    }
  });

  it("gives a stream of unknown length at its place, with what LAME added at its end", async () => {
    const samples = music(44100, 1, 20000);
    const encoder = await Mp3Encoder.create({ sampleRate: 44100, channels: 1 }, 128);
    const stream = Buffer.concat([
      encoder.head,
      encoder.encode(samples).slice(),
      encoder.finish().tail,
    ]);
    const [back] = await decodeBytes(new Uint8Array(stream));
    expect(back.length).toBeGreaterThanOrEqual(20000);
    expect(back.length).toBeLessThan(20000 + 3 * 1152);
    expect(delay(samples[0], back, 30)).toBe(0);
  });

  it("gives the same bytes however the signal is cut, and every time", async () => {
    const shape = { sampleRate: 44100, channels: 2 };
    const samples = music(44100, 2, 30000);
    const whole = await encoded(mp3(128), shape, samples);
    for (const cuts of [[], [1], [0, 0, 999, 1000, 25000], [29999]]) {
      expect(Buffer.compare(await encoded(mp3(128), shape, samples, { cuts }), whole)).toBe(0);
    }
  });

  it("cuts off samples beyond full scale", async () => {
    const shape = { sampleRate: 48000, channels: 1 };
    const loud = music(48000, 1, 9600).map((x) => x.map((v) => 1e10 * v));
    const cut = loud.map((x) => x.map((v) => Math.max(-1, Math.min(1, v))));
    const [a, b] = [await encoded(mp3(64), shape, loud), await encoded(mp3(64), shape, cut)];
    expect(Buffer.compare(a, b)).toBe(0);
  });

  describe.skipIf(!hasFfmpeg)("by ffmpeg", () => {
    const samples = music(44100, 2, 60000);
    const tags = {
      title: "Ä 音",
      albumArtist: "x".repeat(5000),
      date: "1997-05-21",
      comment: "two\nlines",
    };
    let folder: string;
    let path: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "xumx-mp3-"));
      path = join(folder, "song.mp3");
      const shape = { sampleRate: 44100, channels: 2 };
      await writeFile(path, await encoded(mp3(192), shape, samples, { tags }));
    });
    afterAll(() => rm(folder, { recursive: true }));

    it("comes back at its place and length", () => {
      const args = ["-v", "error", "-i", path, "-f", "f32le", "-c:a", "pcm_f32le", "-"];
      const back = deinterleaved(run("ffmpeg", args), 2);
      expect(back[0].length).toBe(60000);
      expect(delay(samples[0], back[0], 30)).toBe(0);
      expect(agreement(samples[1], back[1])).toBeGreaterThan(15);
    });

    it("shows its tags", () => {
      const args = ["-v", "error", "-show_entries", "format_tags", "-of", "json", path];
      expect(JSON.parse(run("ffprobe", args).toString()).format.tags).toMatchObject({
        title: "Ä 音",
        album_artist: "x".repeat(4096),
        date: "1997-05-21",
        comment: "two\nlines",
      });
    });
  });
});
