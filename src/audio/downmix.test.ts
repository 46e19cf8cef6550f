import { describe, expect, it } from "vitest";
import { noiseSource } from "../testing/noise.ts";
import { bytesOf } from "./bytes.ts";
import { decodeAudio } from "./decode.ts";
import { inStereo, mixDown, stereoDownmix } from "./downmix.ts";
import { maskLayout, type Speaker, vorbisLayout, waveLayout } from "./speakers.ts";
import { readAll } from "./testing/signals.ts";
import { encodeWav } from "./testing/wavEncoder.ts";

const h = Math.SQRT1_2;

/** The gains before they are scaled: relative to that of the front left speaker. */
function relative(speakers: readonly Speaker[]): [number[], number[]] {
  const { left, right } = stereoDownmix({ channels: speakers.length, speakers });
  const scale = left[speakers.indexOf("FL")];
  return [left.map((gain) => gain / scale), right.map((gain) => gain / scale)];
}

describe("mixing down to stereo", () => {
  it.each<[string, readonly Speaker[] | undefined, number[], number[]]>([
    ["3.0", waveLayout(3).speakers, [1, 0, h], [0, 1, h]],
    ["quad", waveLayout(4).speakers, [1, 0, h, 0], [0, 1, 0, h]],
    ["5.0", waveLayout(5).speakers, [1, 0, h, h, 0], [0, 1, h, 0, h]],
    ["5.1", waveLayout(6).speakers, [1, 0, h, 0, h, 0], [0, 1, h, 0, 0, h]],
    ["5.1 of Vorbis", vorbisLayout(6).speakers, [1, h, 0, h, 0, 0], [0, h, 1, 0, h, 0]],
    ["3.1 with one in the back", maskLayout(4, 0x107).speakers, [1, 0, h, 0.5], [0, 1, h, 0.5]],
    ["7.1", waveLayout(8).speakers, [1, 0, h, 0, h, 0, h, 0], [0, 1, h, 0, 0, h, 0, h]],
    ["7.1 of Vorbis", vorbisLayout(8).speakers, [1, h, 0, h, 0, h, 0, 0], [0, h, 1, 0, h, 0, h, 0]],
  ])("%s has the gains of ITU-R BS.775", (_, speakers, left, right) => {
    const [l, r] = relative(speakers ?? []);
    l.forEach((gain, i) => {
      expect(gain).toBeCloseTo(left[i], 12);
    });
    r.forEach((gain, i) => {
      expect(gain).toBeCloseTo(right[i], 12);
    });
  });

  it("never exceeds the loudest channel, and reaches it", () => {
    for (const channels of [3, 4, 5, 6, 7, 8, 9, 20, 255]) {
      const { left, right } = stereoDownmix({ channels, ...waveLayout(channels) });
      const sums = [left, right].map((gains) => gains.reduce((a, b) => a + b, 0));
      expect(Math.max(...sums)).toBeCloseTo(1, 12);
      expect(Math.min(...left, ...right)).toBeGreaterThanOrEqual(0);
    }
  });

  it("sends channels of unknown speakers left and right in turn, an odd last one to both", () => {
    expect(stereoDownmix({ channels: 4 })).toMatchObject({
      left: [0.5, 0, 0.5, 0],
      right: [0, 0.5, 0, 0.5],
    });
    expect(stereoDownmix({ channels: 3 })).toMatchObject({
      left: [0.5, 0, 0.5],
      right: [0, 0.5, 0.5],
    });
    expect(stereoDownmix({ channels: 3 }).description).toContain("3 channels (speakers unknown)");
  });

  it("of the subwoofer alone is silence", () => {
    const block = [Float32Array.of(1, -1), Float32Array.of(0.5, 0.5), Float32Array.of(1, 1)];
    const speakers = ["LFE", "LFE", "LFE"] as const;
    const [left, right] = mixDown(block, stereoDownmix({ channels: 3, speakers }));
    expect([...left, ...right]).toEqual([0, 0, 0, 0]);
  });

  it("of a source changes nothing but its channels", async () => {
    const noise = noiseSource(8);
    const x = Array.from({ length: 6 }, () => Float32Array.from({ length: 500 }, noise));
    const file = encodeWav(x, { format: "float32", extensible: true, mask: 0x3f });
    const open = () => decodeAudio(bytesOf(file, "test"));
    const mixed = inStereo(await open());
    expect(mixed.format).toEqual({
      ...{ container: "wav", sampleRate: 44100, channels: 2, frames: 500, sampleFormat: "float32" },
    });
    const [left, right] = await readAll(mixed);
    const full = 1 + 2 * h;
    for (let i = 0; i < 500; i++) {
      expect(left[i]).toBeCloseTo((x[0][i] + h * (x[2][i] + x[4][i])) / full, 6);
      expect(right[i]).toBeCloseTo((x[1][i] + h * (x[2][i] + x[5][i])) / full, 6);
    }
    const stereo = await decodeAudio(bytesOf(encodeWav([[1], [2]]), "test"));
    expect(inStereo(stereo)).toBe(stereo);
  });
});

describe("speakers", () => {
  it("are as many as there are channels, each once", () => {
    for (let channels = 3; channels <= 8; channels++) {
      const orders = [waveLayout(channels).speakers, vorbisLayout(channels).speakers];
      for (const order of orders) expect(new Set(order).size).toBe(channels);
    }
  });

  it("of a mask stand in the order of its bits; a mask of other channels tells none", () => {
    expect(maskLayout(6, 0x3f)).toEqual(waveLayout(6));
    expect(maskLayout(8, 0x63f)).toEqual(waveLayout(8));
    for (const mask of [0, 0x1f, 0x7f, 0x8000003f, 0xffffffff])
      expect(maskLayout(6, mask)).toEqual({});
    expect(maskLayout(2, 3)).toEqual({});
  });
});
