import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { noiseSource } from "../../testing/noise.ts";
import { BitReader } from "../bitReader.ts";
import { decodeFlacFrame } from "../flacFrame.ts";
import { encoded, encodedBy, firstDifference, hasProgram, run } from "../testing/encoding.ts";
import { decodeBytes } from "../testing/signals.ts";
import { BitWriter } from "./bitWriter.ts";
import { FlacEncoder } from "./flacEncoder.ts";
import { FlacFrameEncoder } from "./flacFrame.ts";
import { Quantiser } from "./quantiser.ts";

type Bits = 16 | 24;
const hasFlac = hasProgram("flac");
const hasFfmpeg = hasProgram("ffmpeg", "-version");

/** Signals in whole numbers, each of which calls for another kind of subframe. */
const kinds: Readonly<
  Record<string, (full: number, noise: () => number) => (i: number) => number>
> = {
  silence: () => () => 0,
  constant: (full) => () => -full,
  tone: (full) => (i) => Math.round((full - 1) * 0.7 * Math.sin(i * 0.05)),
  "quiet tone": () => (i) => Math.round(20 * Math.sin(i * 0.05)),
  noise: (full, noise) => () => Math.floor(full * noise()),
  "quiet noise": (_full, noise) => () => Math.floor(5 * noise()),
  square: (full) => (i) => (i % 50 < 25 ? full - 1 : -full),
  extremes: (full, noise) => () => (noise() < 0 ? full - 1 : -full),
  ramp: (full) => (i) => ((i * 37) % (2 * full)) - full,
  click: (full) => (i) => (i % 4096 === 1000 ? full - 1 : 0),
  "wasted bits": (full, noise) => () => 64 * Math.floor((full / 64) * noise() * 0.3),
};

/** Channels in whole numbers; neighbours are alike, or the same. */
function numbers(kind: string, bits: Bits, channels: number, length: number): Int32Array[] {
  const full = 2 ** (bits - 1);
  const noise = noiseSource(length + channels);
  return Array.from({ length: channels }, (_, c) => {
    const at = kinds[kind](full, noise);
    return Int32Array.from({ length }, (_, i) =>
      Math.max(-full, Math.min(full - 1, at(c < 2 ? i : i + 17 * c) + (c === 1 ? i % 3 : 0))),
    );
  });
}

const samplesOf = (rows: readonly Int32Array[], bits: Bits) =>
  rows.map((row) => Float32Array.from(row, (number) => number / 2 ** (bits - 1)));

function encode(rows: readonly Int32Array[], bits: Bits, sampleRate = 44100): Uint8Array {
  const encoder = new FlacEncoder({ sampleRate, channels: rows.length, bits });
  return encodedBy(encoder, samplesOf(rows, bits));
}

function streamInfo(file: Uint8Array) {
  const view = Buffer.from(file);
  return {
    blockSizes: [view.readUInt16BE(8), view.readUInt16BE(10)],
    frameBytes: [view.readUIntBE(12, 3), view.readUIntBE(15, 3)],
    total: (view[21] & 15) * 2 ** 32 + view.readUInt32BE(22),
    md5: view.toString("hex", 26, 42),
  };
}

function md5(rows: readonly Int32Array[], bits: Bits): string {
  const bytes = Buffer.alloc((rows[0].length * rows.length * bits) / 8);
  let at = 0;
  for (let i = 0; i < rows[0].length; i++) {
    for (const row of rows) at = bytes.writeIntLE(row[i], at, bits / 8);
  }
  return createHash("md5").update(bytes).digest("hex");
}

describe("FlacEncoder", () => {
  it.each(Object.keys(kinds))("keeps every number: %s", async (kind) => {
    for (const bits of [16, 24] as const) {
      for (const [channels, length] of [
        [1, 5000],
        [2, 4096],
        [2, 9001],
        [8, 300],
      ]) {
        const rows = numbers(kind, bits, channels, length);
        const file = encode(rows, bits);
        expect(firstDifference(await decodeBytes(file), samplesOf(rows, bits))).toBeUndefined();
        expect(streamInfo(file)).toMatchObject({ total: length, md5: md5(rows, bits) });
      }
    }
  });

  it("keeps signals of any length and number of channels, 1 to 8", async () => {
    const lengths = fc.oneof(
      fc.constantFrom(1, 2, 3, 4, 5, 8, 9, 16, 17, 255, 256, 257, 4095, 4096, 4097, 8191, 8192),
      fc.integer({ min: 1, max: 10000 }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(kinds)),
        fc.constantFrom<Bits>(16, 24),
        fc.integer({ min: 1, max: 8 }),
        lengths,
        async (kind, bits, channels, length) => {
          const rows = numbers(kind, bits, channels, length);
          expect(
            firstDifference(await decodeBytes(encode(rows, bits)), samplesOf(rows, bits)),
          ).toBeUndefined();
        },
      ),
      { numRuns: 60 },
    );
  });

  it("rounds as the quantiser does", async () => {
    const noise = noiseSource(4);
    const channels = [0, 1].map(() => Float32Array.from({ length: 5000 }, () => 1.1 * noise()));
    for (const bits of [16, 24] as const) {
      const quantiser = new Quantiser(bits, 2, 77);
      const rows = channels.map((channel, c) => {
        const row = new Int32Array(5000);
        quantiser.run(c, channel, 0, 5000, row, 0);
        return row;
      });
      const encoder = new FlacEncoder({ sampleRate: 44100, channels: 2, bits }, { seed: 77 });
      expect(
        firstDifference(await decodeBytes(encodedBy(encoder, channels)), samplesOf(rows, bits)),
      ).toBeUndefined();
    }
  });

  it("gives the same bytes however the signal is cut", () => {
    const channels = samplesOf(numbers("quiet noise", 16, 2, 9000), 16).map((channel) =>
      channel.map((sample) => sample * 1.37),
    );
    const make = () => new FlacEncoder({ sampleRate: 44100, channels: 2, bits: 16 }, { seed: 3 });
    const whole = encodedBy(make(), channels);
    const cuts = fc.array(fc.integer({ min: 0, max: 9000 })).map((at) => at.sort((a, b) => a - b));
    fc.assert(
      fc.property(cuts, (places) => {
        expect(Buffer.compare(encodedBy(make(), channels, places), whole)).toBe(0);
      }),
      { numRuns: 20 },
    );
  });

  it("tells blocks and frames in its head", () => {
    const file = encode(numbers("tone", 16, 2, 20000), 16);
    const { blockSizes, frameBytes } = streamInfo(file);
    expect(blockSizes).toEqual([4096, 4096]);
    const lengths: number[] = [];
    const info = { sampleRate: 44100, channels: 2, bits: 16, frames: 20000, blockSize: 4096 };
    for (let at = new FlacEncoder({ ...info, bits: 16 }).head.length; at < file.length; ) {
      const padded = new Uint8Array(file.length - at + BitReader.PADDING);
      padded.set(file.subarray(at));
      lengths.push(decodeFlacFrame(padded, file.length - at, info).length);
      at += lengths[lengths.length - 1];
    }
    expect(lengths.length).toBe(5);
    expect(frameBytes).toEqual([Math.min(...lengths), Math.max(...lengths)]);
  });

  it("leaves open in a stream what it does not know, and tells the length that it is told", async () => {
    const rows = numbers("tone", 16, 2, 5000);
    for (const frames of [undefined, 5000]) {
      const encoder = new FlacEncoder({ sampleRate: 44100, channels: 2, bits: 16 }, { frames });
      const body = encoder.encode(samplesOf(rows, 16)).slice();
      const file = Buffer.concat([encoder.head, body, encoder.finish().tail]);
      expect(streamInfo(file)).toEqual({
        blockSizes: [4096, 4096],
        frameBytes: [0, 0],
        total: frames ?? 0,
        md5: "0".repeat(32),
      });
      expect(
        firstDifference(await decodeBytes(new Uint8Array(file)), samplesOf(rows, 16)),
      ).toBeUndefined();
    }
  });

  it.each([
    1, 999, 8000, 11025, 12000, 22050, 37800, 44100, 48000, 65535, 65536, 88200, 96000, 100001,
    176400, 192000, 254000, 256000, 352800, 384000, 655350,
  ])("writes %i Hz", async (sampleRate) => {
    const rows = numbers("tone", 16, 1, 300);
    const file = encode(rows, 16, sampleRate);
    // The reader compares the rate in the frame's head with the file's.
    expect(firstDifference(await decodeBytes(file), samplesOf(rows, 16))).toBeUndefined();
    expect(Buffer.from(file).readUIntBE(18, 3) >> 4).toBe(sampleRate);
  });

  it("numbers frames up to 31 bits", () => {
    const shape = { sampleRate: 44100, channels: 1, bits: 16 } as const;
    const frames = new FlacFrameEncoder(shape, 4096);
    for (let bits = 0; bits <= 31; bits++) {
      for (const number of [2 ** bits - 1, 2 ** bits, 2 ** bits + 1]) {
        if (number >= 2 ** 31) continue;
        const writer = new BitWriter();
        frames.write(writer, [new Int32Array(20)], number);
        const { length } = writer;
        const padded = new Uint8Array(length + BitReader.PADDING);
        padded.set(writer.take());
        const frame = decodeFlacFrame(padded, length, { ...shape, frames: 0, blockSize: 4096 });
        expect(frame).toMatchObject({ number, length });
      }
    }
  });

  it("makes nearly nothing of silence, and of a channel that is there twice", () => {
    const silence = new Int32Array(441000);
    expect(encode([silence, silence], 16).length).toBeLessThan(2000);
    const [noise] = numbers("noise", 16, 1, 44100);
    const once = encode([noise], 16).length;
    expect(encode([noise, noise], 16).length).toBeLessThan(once + 100);
  });

  describe.skipIf(!hasFlac)("by the reference program", () => {
    it("passes its test and comes back, of every kind", () => {
      for (const kind of Object.keys(kinds)) {
        for (const [bits, channels, rate, length] of [
          [16, 2, 44100, 9000],
          [24, 2, 96000, 4096],
          [24, 8, 37800, 5],
          [16, 1, 11025, 12345],
        ] as const) {
          const rows = numbers(kind, bits, channels, length);
          const args = [
            "--decode",
            "--silent",
            "--warnings-as-errors",
            "--stdout",
            "--force-raw-format",
          ];
          const raw = run(
            "flac",
            [...args, "--endian=little", "--sign=signed", "-"],
            encode(rows, bits, rate),
          );
          expect(createHash("md5").update(raw).digest("hex")).toBe(md5(rows, bits));
        }
      }
    });

    it("passes its test without a sample", async () => {
      const format = { container: "flac", encoding: "int16" } as const;
      const shape = { sampleRate: 44100, channels: 2 };
      const file = await encoded(format, shape, [new Float32Array(0), new Float32Array(0)]);
      expect(streamInfo(file)).toMatchObject({ total: 0, md5: "d41d8cd98f00b204e9800998ecf8427e" });
      run("flac", ["--test", "--silent", "-"], file);
    });

    it("is at most 3 % larger than the program's default", () => {
      const noise = noiseSource(8);
      const length = 4 * 44100;
      const left = new Int32Array(length);
      const right = new Int32Array(length);
      for (let i = 0; i < length; i++) {
        // Decaying notes of some partials, and hiss.
        const t = (i % 11025) / 44100;
        const pitch = 110 * 2 ** ((Math.floor(i / 11025) * 5) / 12);
        let note = 0;
        for (let h = 1; h < 9; h++) note += Math.sin(2 * Math.PI * h * pitch * t) / h;
        const common = 6000 * note * Math.exp(-3 * t);
        left[i] = Math.round(common + 60 * noise());
        right[i] = Math.round(0.7 * common + 60 * noise());
      }
      const folder = mkdtempSync(join(tmpdir(), "xumx-flac-"));
      try {
        const ours = join(folder, "ours.flac");
        const theirs = join(folder, "theirs.flac");
        writeFileSync(ours, encode([left, right], 16));
        run("flac", ["--decode", "--silent", "-o", join(folder, "x.wav"), ours]);
        run("flac", [
          "-5",
          "--silent",
          "--no-padding",
          "--no-seektable",
          "-o",
          theirs,
          join(folder, "x.wav"),
        ]);
        expect(statSync(ours).size).toBeLessThan(1.03 * statSync(theirs).size);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  });

  it.skipIf(!hasFfmpeg)("is read by ffmpeg, tags too", async () => {
    const rows = numbers("tone", 24, 3, 10000);
    const tags = { title: "Ä 音", comment: "two\nlines" };
    const shape = { sampleRate: 48000, channels: 3 };
    const file = await encoded(
      { container: "flac", encoding: "int24" },
      shape,
      samplesOf(rows, 24),
      { tags },
    );
    const raw = run(
      "ffmpeg",
      ["-v", "error", "-i", "-", "-f", "s24le", "-c:a", "pcm_s24le", "-"],
      file,
    );
    expect(createHash("md5").update(raw).digest("hex")).toBe(md5(rows, 24));
    const shown = run(
      "ffprobe",
      ["-v", "error", "-show_entries", "format_tags", "-of", "json", "-"],
      file,
    );
    expect(JSON.parse(shown.toString()).format.tags).toEqual({
      TITLE: "Ä 音",
      COMMENT: "two\nlines",
    });
  });
});
