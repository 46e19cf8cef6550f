import { describe, expect, it } from "vitest";
import { AudioError } from "../errors.ts";
import { noiseSource } from "../testing/noise.ts";
import { bytesOf } from "./bytes.ts";
import { decodeAudio } from "./decode.ts";
import type { PcmFormat } from "./pcm.ts";
import { type AiffOptions, aiffChunk, encodeAiff } from "./testing/aiffEncoder.ts";
import { decodeBytes, outcome, readAll } from "./testing/signals.ts";

const noise = noiseSource(2);

/** Extremes and noise, as integers of so many bits; 0 for floats. */
function samples(bits: number, length = 300): number[] {
  const full = bits ? 2 ** (bits - 1) : 1;
  const some = Array.from({ length: length - 4 }, () =>
    bits ? Math.floor(noise() * full) : Math.fround(noise()),
  );
  return bits ? [-full, full - 1, 0, -1, ...some] : [1, -1.5, 0, 1e-30, ...some];
}

async function message(bytes: Uint8Array): Promise<string> {
  const error = await decodeBytes(bytes, { tolerance: "none" }).catch((e: unknown) => e);
  if (!(error instanceof AudioError)) throw new Error("no AudioError");
  return error.message;
}

type Case = readonly [what: string, format: PcmFormat, bits: number, options: AiffOptions];

describe("AIFF", () => {
  it.each<Case>([
    ["AIFF of 8 bits", "int8", 8, {}],
    ["AIFF of 16 bits", "int16", 16, {}],
    ["AIFF of 24 bits", "int24", 24, {}],
    ["AIFF of 32 bits", "int32", 32, {}],
    ["20 bits in three bytes", "int24", 24, { bits: 20 }],
    ["AIFF-C NONE", "int24", 24, { compression: "NONE" }],
    ["AIFF-C twos", "int16", 16, { compression: "twos" }],
    ["AIFF-C sowt", "int16", 16, { compression: "sowt", littleEndian: true }],
    ["AIFF-C sowt of 24 bits", "int24", 24, { compression: "sowt", littleEndian: true }],
    ["AIFF-C in24", "int24", 24, { compression: "in24", bits: 16 }],
    ["AIFF-C in32", "int32", 32, { compression: "in32" }],
    ["AIFF-C 42ni", "int24", 24, { compression: "42ni", littleEndian: true }],
    ["AIFF-C 23ni", "int32", 32, { compression: "23ni", littleEndian: true }],
    ["AIFF-C raw", "uint8", 8, { compression: "raw " }],
    ["AIFF-C fl32", "float32", 0, { compression: "fl32", bits: 16 }],
    ["AIFF-C FL32", "float32", 0, { compression: "FL32" }],
    ["AIFF-C fl64", "float64", 0, { compression: "fl64" }],
    ["an offset", "int16", 16, { offset: 6 }],
    ["a description after the samples", "int16", 16, { descriptionLast: true }],
    [
      "odd unknown chunks",
      "int16",
      16,
      {
        before: [aiffChunk("ODD ", new Uint8Array(3))],
        after: [aiffChunk("APPL", new Uint8Array(9))],
      },
    ],
    ["lengths that were never written", "int16", 16, { frames: 0, dataBytes: 0 }],
  ])("%s comes back to the bit", async (_, format, bits, options) => {
    for (const channels of [1, 2, 6]) {
      const stored = Array.from({ length: channels }, () => samples(bits));
      const source = await decodeAudio(bytesOf(encodeAiff(stored, format, options), "test.aiff"));
      expect(source.format).toMatchObject({
        container: "aiff",
        sampleRate: 44100,
        channels,
        frames: 300,
        sampleFormat: format,
      });
      expect(await readAll(source)).toEqual(
        stored.map((x) => Float32Array.from(x, (v) => (bits ? v / 2 ** (bits - 1) : v))),
      );
    }
  });

  it("reads A-law and µ-law", async () => {
    for (const [compression, format, zero] of [
      ["alaw", "alaw", 0xd5],
      ["ulaw", "mulaw", 0xff],
    ] as const) {
      const [y] = await decodeBytes(encodeAiff([[zero, 0x2a]], format, { compression }));
      expect(Math.abs(y[0])).toBeLessThan(0.001);
      expect(y[1]).toBeLessThan(-0.1);
    }
  });

  it.each([8000, 11025, 22050, 44100, 48000, 96000, 192000, 1])("reads %i Hz", async (rate) => {
    const file = encodeAiff([[1, 2]], "int16", { sampleRate: rate });
    const source = await decodeAudio(bytesOf(file, "test.aiff"));
    expect(source.format.sampleRate).toBe(rate);
  });

  it("rounds the rates of old Macintoshes", async () => {
    const file = encodeAiff([[1, 2]], "int8", { sampleRate: 22254.5454 });
    const source = await decodeAudio(bytesOf(file, "test.aiff"));
    expect(source.format.sampleRate).toBe(22255);
  });

  it("reads one sample", async () => {
    expect(await decodeBytes(encodeAiff([[16384]], "int16"))).toEqual([Float32Array.of(0.5)]);
  });

  it("knows the speakers by the CHAN chunk, else by the usual order", async () => {
    const speakers = async (channels: number, tag?: number, mask = 0) => {
      const content = Buffer.alloc(12);
      content.writeUInt32BE(tag ?? 0, 0);
      content.writeUInt32BE(mask, 4);
      const before = tag === undefined ? [] : [aiffChunk("CHAN", content)];
      const stored = Array.from({ length: channels }, () => [1]);
      const file = encodeAiff(stored, "int16", { before });
      return (await decodeAudio(bytesOf(file, "test"))).format.speakers?.join(" ");
    };
    expect(await speakers(6)).toBe("FL FR FC LFE BL BR");
    expect(await speakers(6, (124 << 16) | 6)).toBe("FC FL FR BL BR LFE");
    expect(await speakers(4, 1 << 16, 0x107)).toBe("FL FR FC BC");
    expect(await speakers(6, (113 << 16) | 3)).toBe("FL FR FC LFE BL BR");
    expect(await speakers(2, (121 << 16) | 6)).toBeUndefined();
  });

  it("says how much of a cut file is there", async () => {
    const file = encodeAiff([samples(16, 1000)], "int16");
    for (const cut of [1, 2, 999, 1999]) {
      const text = await message(file.subarray(0, file.length - cut));
      expect(text).toContain(`${Math.floor((2000 - cut) / 2)} of 1000 samples per channel`);
    }
    for (let length = 12; length < 54; length++) {
      expect(await outcome(file.subarray(0, length))).toBe("corrupt-audio");
    }
  });

  it.each<[string, Uint8Array, string]>([
    ["no samples", encodeAiff([[]], "int16"), "empty-audio"],
    [
      "more samples claimed than there are",
      encodeAiff([[1, 2]], "int16", { frames: 3 }),
      "corrupt-audio",
    ],
    ["fewer samples claimed", encodeAiff([[1, 2]], "int16", { frames: 1 }), "corrupt-audio"],
    ["absurdly many", encodeAiff([[1, 2]], "int16", { frames: 0xffffffff }), "corrupt-audio"],
    [
      "an absurd offset",
      encodeAiff([[1, 2]], "int16", { offset: 0 }).map((b, i) => (i === 47 ? 255 : b)),
      "corrupt-audio",
    ],
    ["no channels", encodeAiff([], "int16", { frames: 9 }), "corrupt-audio"],
    ["0 Hz", encodeAiff([[1]], "int16", { sampleRate: 0 }), "corrupt-audio"],
    ["2 GHz", encodeAiff([[1]], "int16", { sampleRate: 2 ** 31 }), "unsupported-audio"],
    ["0 bits", encodeAiff([[1]], "int16", { bits: 0 }), "unsupported-audio"],
    ["40 bits", encodeAiff([[1]], "int16", { bits: 40 }), "unsupported-audio"],
    ["a compression", encodeAiff([[1]], "int16", { compression: "MAC6" }), "unsupported-audio"],
    ["no chunks", Buffer.from("FORM\0\0\0\x04AIFF"), "corrupt-audio"],
    [
      "thousands of chunks",
      Buffer.concat([Buffer.from("FORM\0\0\0\x04AIFF"), new Uint8Array(200000)]),
      "corrupt-audio",
    ],
  ])("refuses %s", async (_, bytes, code) => {
    expect(await outcome(bytes)).toBe(code);
  });

  it("names the compression that it cannot read", async () => {
    const file = encodeAiff([[1]], "int16", { compression: "ima4" });
    expect(await message(file)).toContain('AIFF-C file of type "ima4"');
  });
});
