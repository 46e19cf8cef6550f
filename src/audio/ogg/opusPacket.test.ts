import { describe, expect, it } from "vitest";
import { noiseSource } from "../../testing/noise.ts";
import { splitOpusPacket } from "./opusPacket.ts";

/** The first byte: mode and frame size, stereo, how many frames. */
const toc = (config: number, frames: number) => (config << 3) | frames;
const CELT_20 = 31;
const bytes = (...values: number[]) => Uint8Array.from(values);
const zeros = (length: number) => new Array<number>(length).fill(0);

describe("Opus packets", () => {
  it.each([
    [0, 480],
    [3, 2880],
    [11, 2880],
    [12, 480],
    [15, 960],
    [16, 120],
    [31, 960],
  ])("configuration %i has frames of %i samples", (config, samples) => {
    expect(splitOpusPacket(bytes(toc(config, 0), 1, 2), 1)?.samples).toBe(samples);
    expect(splitOpusPacket(bytes(toc(config, 1), 1, 2), 1)?.samples).toBe(2 * samples);
    expect(splitOpusPacket(bytes(toc(config, 2), 1, 2, 3), 1)?.samples).toBe(2 * samples);
  });

  it.each<[string, Uint8Array, number | undefined]>([
    ["nothing", bytes(), undefined],
    ["one frame of no bytes", bytes(toc(CELT_20, 0)), 960],
    ["two equal frames of uneven bytes", bytes(toc(CELT_20, 1), 1, 2, 3), undefined],
    ["two frames, the first longer than the packet", bytes(toc(CELT_20, 2), 5, 1), undefined],
    ["a length of two bytes", bytes(toc(CELT_20, 2), 252, 1, ...zeros(256)), 1920],
    ["the same, cut off", bytes(toc(CELT_20, 2), 252, 1, ...zeros(255)), undefined],
    ["six frames", bytes(toc(CELT_20, 3), 6, ...zeros(12)), 5760],
    ["seven frames of 20 ms", bytes(toc(CELT_20, 3), 7, ...zeros(14)), undefined],
    ["no frames", bytes(toc(CELT_20, 3), 0, 1), undefined],
    ["48 frames of 2.5 ms", bytes(toc(16, 3), 48, ...zeros(48)), 5760],
    ["frames of their own lengths", bytes(toc(CELT_20, 3), 0x82, 1, 9, 9, 9), 1920],
    ["padding", bytes(toc(CELT_20, 3), 0x42, 3, 1, 1, 0, 0, 0), 1920],
    ["more padding than bytes", bytes(toc(CELT_20, 3), 0x42, 9, 1, 1), undefined],
    ["long padding", bytes(toc(CELT_20, 3), 0x41, 255, 1, ...zeros(255)), 960],
    ["padding without end", bytes(toc(CELT_20, 3), 0x41, 255, 255, 255), undefined],
    ["a frame of 1275 bytes", bytes(toc(CELT_20, 0), ...zeros(1275)), 960],
    ["a frame of 1276 bytes", bytes(toc(CELT_20, 0), ...zeros(1276)), undefined],
  ])("%s", (_, packet, samples) => {
    expect(splitOpusPacket(packet, 1)?.samples).toBe(samples);
  });

  it("of several streams are given as packets of one", () => {
    const noise = noiseSource(3);
    const random = (length: number) =>
      Array.from({ length }, () => Math.floor(noise() * 128 + 128));
    const [a, b, c, d, last] = [300, 2, 2, 5, 7].map(random);
    // The lengths that a packet must tell of itself stand after all else that comes before the frames.
    const packet = bytes(
      ...[toc(15, 0), 252, 12, ...a],
      ...[toc(14, 1), 2, ...b, ...c],
      ...[toc(14, 2), 5, 2, ...d, ...b],
      ...[toc(14, 3), 0xc2, 2, 2, 5, ...b, ...d, 0, 0],
      ...[toc(15, 0), ...last],
    );
    const split = splitOpusPacket(packet, 5);
    expect(split?.samples).toBe(960);
    expect(split?.packets).toEqual([
      bytes(toc(15, 0), ...a),
      bytes(toc(14, 1), ...b, ...c),
      bytes(toc(14, 2), 5, ...d, ...b),
      bytes(toc(14, 3), 0xc2, 2, 2, ...b, ...d, 0, 0),
      bytes(toc(15, 0), ...last),
    ]);
    expect(splitOpusPacket(packet, 6)).toBeUndefined();
  });

  it("of several streams must last equally long", () => {
    expect(splitOpusPacket(bytes(toc(15, 0), 1, 9, toc(14, 0), 9), 2)).toBeUndefined();
  });

  it("take any bytes without failing", () => {
    const noise = noiseSource(9);
    for (let n = 0; n < 20000; n++) {
      const length = Math.floor((noise() + 1) * 20);
      const packet = Uint8Array.from({ length }, () => Math.floor((noise() + 1) * 128));
      const split = splitOpusPacket(packet, 1 + (n % 4));
      if (split) expect(split.samples).toBeLessThanOrEqual(5760);
    }
  });
});
