import { beforeAll, describe, expect, it } from "vitest";
import { noiseSource } from "../../testing/noise.ts";
import { Resampler, resampleLength } from "../resampler.ts";
import { agreement, deinterleaved, delay, encoded, hasProgram, run } from "../testing/encoding.ts";
import { decodeBytes } from "../testing/signals.ts";

const hasFfmpeg = hasProgram("ffmpeg", "-version");
const opus = (bitrate: number) => ({ container: "opus", bitrate }) as const;

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

function at48k(channels: readonly Float32Array[], sampleRate: number): Float32Array[] {
  const resampler = new Resampler(sampleRate, 48000, channels.length);
  const [head, tail] = [resampler.push(channels), resampler.flush()];
  return head.map((part, c) => Float32Array.from([...part, ...tail[c]]));
}

describe("OpusEncoder", () => {
  it.each([
    [48000, 2],
    [44100, 2],
    [44100, 1],
    [8000, 1],
    [96000, 2],
  ])(
    "gives what went in, at its place, from %i Hz and %i channels",
    async (sampleRate, channels) => {
      const samples = music(sampleRate, channels, Math.round(0.8 * sampleRate));
      const file = await encoded(opus(96 * channels), { sampleRate, channels }, samples);
      const back = await decodeBytes(file);
      const expected = at48k(samples, sampleRate);
      for (let c = 0; c < channels; c++) {
        expect(back[c].length).toBe(resampleLength(samples[c].length, sampleRate, 48000));
        expect(delay(expected[c], back[c], 20)).toBe(0);
        expect(agreement(expected[c], back[c])).toBeGreaterThan(15);
      }
    },
  );

  it.each([0, 1, 2, 647, 648, 649, 960, 1608, 1609, 47999, 48000, 48001, 50 * 960 - 312, 50 * 960])(
    "ends at the sample: %i of 48 kHz",
    async (length) => {
      const shape = { sampleRate: 48000, channels: 1 };
      const file = await encoded(opus(24), shape, music(48000, 1, length));
      const view = Buffer.from(file);
      const last = view.lastIndexOf("OggS");
      expect(view[last + 5]).toBe(4);
      expect(Number(view.readBigUInt64LE(last + 6))).toBe(312 + length);
      if (length > 0) expect((await decodeBytes(file))[0].length).toBe(length);
    },
  );

  it("gives the same bytes however the signal is cut, and every time", async () => {
    const shape = { sampleRate: 44100, channels: 2 };
    const samples = music(44100, 2, 30000);
    const whole = await encoded(opus(64), shape, samples, { seed: 9 });
    for (const cuts of [[], [1], [0, 0, 999, 1000, 25000], [29999]]) {
      const other = await encoded(opus(64), shape, samples, { seed: 9, cuts });
      expect(Buffer.compare(other, whole)).toBe(0);
    }
  });

  it("keeps several signals apart that are encoded at the same time", async () => {
    const shape = { sampleRate: 48000, channels: 1 };
    const signals = [1, 2, 3, 4].map((gain) =>
      music(48000, 1, 9600).map((x) => x.map((v) => v / gain)),
    );
    const alone: Uint8Array[] = [];
    for (const samples of signals) alone.push(await encoded(opus(64), shape, samples));
    const together = await Promise.all(signals.map((samples) => encoded(opus(64), shape, samples)));
    expect(together).toEqual(alone);
  });

  it("spends about the bits that it may, from 6 to 510 kbit/s", async () => {
    const noise = noiseSource(1);
    const samples = [0, 1].map(() => Float32Array.from({ length: 96000 }, () => 0.3 * noise()));
    for (const bitrate of [6, 32, 128, 510]) {
      const { length } = await encoded(opus(bitrate), { sampleRate: 48000, channels: 2 }, samples);
      expect((length * 8) / 2000).toBeGreaterThan(0.7 * bitrate);
      expect((length * 8) / 2000).toBeLessThan(1.25 * bitrate + 3);
    }
  });

  it("cuts off samples beyond full scale", async () => {
    const shape = { sampleRate: 48000, channels: 1 };
    const loud = music(48000, 1, 9600).map((x) => x.map((v) => 1e30 * v));
    const cut = loud.map((x) => x.map((v) => Math.max(-1, Math.min(1, v))));
    const [a, b] = [await encoded(opus(64), shape, loud), await encoded(opus(64), shape, cut)];
    expect(Buffer.compare(a, b)).toBe(0);
  });

  describe.skipIf(!hasFfmpeg)("by ffmpeg", () => {
    const shape = { sampleRate: 44100, channels: 2 };
    const samples = music(44100, 2, 100000);
    const tags = { title: "Ä 音", artist: "x".repeat(5000), comment: "two\nlines" };
    let file: Uint8Array;
    beforeAll(async () => {
      file = await encoded(opus(128), shape, samples, { tags });
    });

    it("comes back at its place", async () => {
      const args = ["-v", "error", "-i", "-", "-f", "f32le", "-c:a", "pcm_f32le", "-"];
      const back = deinterleaved(run("ffmpeg", args, file), 2);
      const expected = at48k(samples, 44100);
      expect(back[0].length).toBe(expected[0].length);
      expect(delay(expected[1], back[1], 20)).toBe(0);
      const ours = await decodeBytes(file);
      expect(agreement(ours[0], back[0])).toBeGreaterThan(60);
    });

    it("shows its tags", () => {
      const args = ["-v", "error", "-show_entries", "stream_tags", "-of", "json", "-"];
      expect(JSON.parse(run("ffprobe", args, file).toString()).streams[0].tags).toEqual({
        TITLE: "Ä 音",
        ARTIST: "x".repeat(4096),
        COMMENT: "two\nlines",
      });
    });
  });
});
