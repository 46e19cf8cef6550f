import { describe, expect, it } from "vitest";
import { AbortError, ArgumentError, AudioError } from "../errors.ts";
import { noiseSource } from "../testing/noise.ts";
import { type ByteSource, bytesOf, bytesOfBlob } from "./bytes.ts";
import { decodeAudio } from "./decode.ts";
import { wavHeader } from "./encoders/wavHeader.ts";
import type { PcmFormat } from "./pcm.ts";
import { decodeBytes, outcome, readAll } from "./testing/signals.ts";
import {
  chunk,
  encodeRifx,
  encodeWav,
  encodeWave64,
  type WavOptions,
} from "./testing/wavEncoder.ts";

const noise = noiseSource(1);
const depths = { uint8: 8, int16: 16, int24: 24, int32: 32 } as const;

function integers(bits: number, length: number): number[] {
  const full = 2 ** (bits - 1);
  return [
    -full,
    full - 1,
    0,
    1,
    -1,
    ...Array.from({ length: length - 5 }, () => Math.floor(noise() * full)),
  ];
}

function floats(length: number): number[] {
  return [1, -1, 1.5, 1e-30, 0, ...Array.from({ length: length - 5 }, () => noise())];
}

async function message(bytes: Uint8Array): Promise<string> {
  const error = await decodeBytes(bytes, { tolerance: "none" }).catch((e: unknown) => e);
  if (!(error instanceof AudioError)) throw new Error("no AudioError");
  return error.message;
}

describe("WAV", () => {
  const formats = ["uint8", "int16", "int24", "int32", "float32", "float64"] as const;
  const layouts: { readonly options: WavOptions; readonly what: string }[] = [
    { what: "plain", options: {} },
    { what: "extensible", options: { extensible: true } },
    { what: "RF64", options: { magic: "RF64" } },
    { what: "BW64 extensible", options: { magic: "BW64", extensible: true } },
    { what: "streamed (size 0)", options: { claimed: 0, riffSize: 0 } },
    { what: "streamed (size 2^32 − 1)", options: { claimed: 0xffffffff, riffSize: 0xffffffff } },
    { what: "streamed by SoX", options: { claimed: 0x7ffff000, riffSize: 0x7ffff024 } },
    {
      what: "odd unknown chunks around",
      options: {
        before: [chunk("LIST", new Uint8Array(7)), chunk("odd ", new Uint8Array(1))],
        after: [chunk("id3 ", new Uint8Array(33))],
      },
    },
  ];
  const cases = formats.flatMap((format) => layouts.map((layout) => ({ format, ...layout })));

  it.each(cases)("reads $format, $what, to the bit", async ({ format, options }) => {
    const bits = format in depths ? depths[format as keyof typeof depths] : 0;
    for (const channels of [1, 2, 5]) {
      const stored = Array.from({ length: channels }, () =>
        bits ? integers(bits, 1000) : floats(1000),
      );
      const expected = stored.map((x) =>
        Float32Array.from(x, (v) => (bits ? v / 2 ** (bits - 1) : v)),
      );
      const file = encodeWav(stored, { ...options, format });
      const source = await decodeAudio(bytesOf(file, "test.wav"));
      expect(source.format).toEqual({
        container: "wav",
        sampleRate: 44100,
        channels,
        frames: 1000,
        sampleFormat: format satisfies PcmFormat,
        // An extensible header with no mask says that the speakers are unknown.
        ...(channels === 5 && !options.extensible && { speakers: ["FL", "FR", "FC", "BL", "BR"] }),
      });
      expect(await readAll(source)).toEqual(expected);
    }
  });

  it("gives the same samples in blocks as at once, of a Blob too", async () => {
    const x = Float32Array.from({ length: 200001 }, noise);
    const file = encodeWav([x, x], { format: "float32", sampleRate: 8000 });
    expect((await decodeBytes(file))[1]).toEqual(x);
    const blob = await decodeAudio(bytesOfBlob(new Blob([new Uint8Array(file)]), "blob"));
    expect((await readAll(blob))[0]).toEqual(x);
  });

  it.each([8000, 11025, 192000, 768000, 1])("reads %i Hz", async (sampleRate) => {
    const source = await decodeAudio(bytesOf(encodeWav([[1, 2]], { sampleRate }), "test.wav"));
    expect(source.format.sampleRate).toBe(sampleRate);
  });

  it("reads one sample, and 300 channels", async () => {
    expect(await decodeBytes(encodeWav([[16384]]))).toEqual([Float32Array.of(0.5)]);
    const many = Array.from({ length: 300 }, (_, i) => [i, -1 - i]);
    expect(await decodeBytes(encodeWav(many))).toEqual(
      many.map((x) => Float32Array.from(x, (v) => v / 32768)),
    );
  });

  it("finds samples after 4 GiB by the ds64 chunk of our own header", async () => {
    const frames = 3e9;
    const header = wavHeader({ sampleRate: 48000, channels: 2, encoding: "float32", frames });
    const sparse: ByteSource = {
      name: "sparse",
      size: header.length + frames * 8,
      async read(position, target) {
        target.fill(0);
        if (position < header.length)
          target.set(header.subarray(position, position + target.length));
        return target.length;
      },
      async close() {},
    };
    await using source = await decodeAudio(sparse);
    expect(source.format).toMatchObject({ frames, sampleRate: 48000, channels: 2 });
    await using short = await decodeAudio({ ...sparse, size: 1e9 });
    expect(short.format.frames).toBe(Math.floor((1e9 - header.length) / 8));
    expect(short.notices).toMatchObject([{ kind: "cut-short" }]);
  });

  it("says how much of a cut file is there", async () => {
    const file = encodeWav([Array.from({ length: 1000 }, () => 7)]);
    for (const cut of [1, 2, 999, 1999]) {
      const text = await message(file.subarray(0, file.length - cut));
      expect(text).toContain(`${Math.floor((2000 - cut) / 2)} of 1000 samples per channel`);
    }
    expect(await outcome(file.subarray(0, 30))).toBe("corrupt-audio");
    expect(await outcome(file.subarray(0, 44))).toBe("corrupt-audio");
  });

  const two = [[1, 2, 3]];
  it.each<[string, Uint8Array, string]>([
    ["no data chunk", encodeWav([]).subarray(0, 36), "corrupt-audio"],
    ["zero samples", encodeWav([[]]), "empty-audio"],
    [
      "zero samples before another chunk",
      encodeWav([[]], { after: [chunk("LIST", new Uint8Array(8))] }),
      "empty-audio",
    ],
    ["zero samples of a stream", encodeWav([[]], { claimed: 0xffffffff }), "empty-audio"],
    ["no channels", encodeWav(two, { patch: { 2: 0 } }), "corrupt-audio"],
    ["0 Hz", encodeWav(two, { sampleRate: 0 }), "corrupt-audio"],
    ["2 GHz", encodeWav(two, { sampleRate: 2e9 }), "unsupported-audio"],
    ["ADPCM", encodeWav(two, { patch: { 0: 2 } }), "unsupported-audio"],
    ["A-law of 16 bits", encodeWav(two, { patch: { 0: 6 } }), "unsupported-audio"],
    [
      "a subformat unheard of",
      encodeWav(two, { extensible: true, patch: { 28: 9 } }),
      "unsupported-audio",
    ],
    [
      "0 bits in frames of 0 bytes",
      encodeWav(two, { patch: { 12: 0, 14: 0 } }),
      "unsupported-audio",
    ],
    ["40 bits", encodeWav(two, { patch: { 14: 40 } }), "unsupported-audio"],
    ["frames too short", encodeWav(two, { patch: { 12: 1 } }), "corrupt-audio"],
    ["half a frame", encodeWav(two, { claimed: 5 }), "corrupt-audio"],
    [
      "samples before their format",
      Buffer.concat([Buffer.from("RIFF0000WAVE"), chunk("data", new Uint8Array(4))]),
      "corrupt-audio",
    ],
    [
      "an endless chunk",
      encodeWav(two, { before: [chunk("LIST", new Uint8Array(2), 0xfffffff0)] }),
      "corrupt-audio",
    ],
    [
      "chunks without end",
      Buffer.concat([Buffer.from("RIFF0000WAVE"), new Uint8Array(200000)]),
      "corrupt-audio",
    ],
  ])("refuses %s", async (_, bytes, code) => {
    expect(await outcome(bytes)).toBe(code);
  });

  it("names the codec that it cannot read", async () => {
    expect(await message(encodeWav(two, { patch: { 0: 85 } }))).toContain("MP3");
    expect(await message(encodeWav(two, { patch: { 0: 6 } }))).toContain("A-law");
  });

  it.each([
    ["RIFX", encodeRifx],
    ["Wave64", encodeWave64],
  ] as const)("reads %s", async (_, encode) => {
    for (const format of ["uint8", "int16", "int24", "float32"] as const) {
      const bits = format in depths ? depths[format as keyof typeof depths] : 0;
      const stored = [0, 1, 2].map(() => (bits ? integers(bits, 7) : floats(7)));
      const source = await decodeAudio(bytesOf(encode(stored, 96000, format), "test"));
      expect(source.format).toMatchObject({ container: "wav", sampleRate: 96000, frames: 7 });
      expect(await readAll(source)).toEqual(
        stored.map((x) => Float32Array.from(x, (v) => (bits ? v / 2 ** (bits - 1) : v))),
      );
    }
    const whole = encode([[1, 2, 3]], 8000, "int32");
    for (let length = 12; length < whole.length - 4; length++) {
      expect(await outcome(whole.subarray(0, length))).not.toBe("decoded");
    }
  });

  it("reads A-law and µ-law (values of ITU-T G.711, left-justified in 16 bits)", async () => {
    const codes = Array.from({ length: 256 }, (_, code) => code);
    const values = async (format: "alaw" | "mulaw") => {
      const [samples] = await decodeBytes(encodeWav([codes], { format }));
      return [...samples].map((sample) => sample * 32768);
    };
    const a = await values("alaw");
    expect([0xd5, 0x55, 0xd4, 0xaa, 0x2a].map((code) => a[code])).toEqual([
      8, -8, 24, 32256, -32256,
    ]);
    const mu = await values("mulaw");
    expect([0xff, 0x7f, 0xfe, 0x80, 0x00].map((code) => mu[code])).toEqual([
      0, -0, 8, 32124, -32124,
    ]);
    for (const law of [a, mu]) {
      const positive = codes.slice(128).map((code) => law[code]);
      expect(codes.slice(0, 128).map((code) => 0 - law[code])).toEqual(positive.map((x) => x + 0));
    }
  });

  it("knows the speakers of an extensible header by its mask", async () => {
    const speakers = async (channels: number, options: WavOptions) => {
      const samples = Array.from({ length: channels }, () => [1, 2]);
      const source = await decodeAudio(bytesOf(encodeWav(samples, options), "test"));
      return source.format.speakers;
    };
    const masked = (mask: number) => ({ extensible: true, mask });
    expect(await speakers(4, masked(0x107))).toEqual(["FL", "FR", "FC", "BC"]);
    expect(await speakers(6, masked(0x60f))).toEqual(["FL", "FR", "FC", "LFE", "SL", "SR"]);
    expect(await speakers(6, masked(0x3))).toBeUndefined();
    expect(await speakers(2, masked(0x3))).toBeUndefined();
    expect(await speakers(9, {})).toBeUndefined();
  });

  it("can be read once, aborted and closed", async () => {
    const file = encodeWav([new Array(200000).fill(1)]);
    const source = await decodeAudio(bytesOf(file, "test.wav"));
    const controller = new AbortController();
    let blocks = 0;
    const read = async () => {
      for await (const _ of source.blocks(controller.signal)) {
        blocks++;
        controller.abort();
      }
    };
    await expect(read()).rejects.toThrow(AbortError);
    expect(blocks).toBe(1);
    await expect(read()).rejects.toThrow(ArgumentError);
    await source.close();
    await source.close();
    await expect(decodeAudio(bytesOf(file, "test.wav"), controller.signal)).rejects.toThrow(
      AbortError,
    );
  });
});
