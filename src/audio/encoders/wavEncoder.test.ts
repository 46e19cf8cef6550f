import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { noiseSource } from "../../testing/noise.ts";
import { encoded, encodedBy, firstDifference, hasProgram, run } from "../testing/encoding.ts";
import { decodeBytes } from "../testing/signals.ts";
import { Quantiser } from "./quantiser.ts";
import { WavEncoder } from "./wavEncoder.ts";
import { type WavEncoding, wavHeader, wavSampleBytes } from "./wavHeader.ts";

const encodings = ["float32", "int16", "int24"] as const;
const hasFfmpeg = hasProgram("ffmpeg", "-version");
const hasSox = hasProgram("sox");

function signal(channels: number, length: number): Float32Array[] {
  const noise = noiseSource(channels + length);
  return Array.from({ length: channels }, () => Float32Array.from({ length }, () => 1.2 * noise()));
}

/** What the file has to hold. */
function stored(channels: readonly Float32Array[], encoding: WavEncoding, seed: number) {
  if (encoding === "float32") return channels;
  const bits = encoding === "int16" ? 16 : 24;
  const quantiser = new Quantiser(bits, channels.length, seed);
  return channels.map((channel, c) => {
    const numbers = new Int32Array(channel.length);
    quantiser.run(c, channel, 0, channel.length, numbers, 0);
    return Float32Array.from(numbers, (number) => number / 2 ** (bits - 1));
  });
}

describe("WavEncoder", () => {
  it("keeps every sample as its encoding holds it, however the signal is cut", async () => {
    const cuts = fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...encodings),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 1000 }),
        cuts,
        async (encoding, channels, length, places) => {
          const samples = signal(channels, length);
          const within = places.filter((at) => at <= length).sort((a, b) => a - b);
          const make = () => new WavEncoder({ sampleRate: 44100, channels }, encoding, { seed: 5 });
          const file = encodedBy(make(), samples, within);
          expect(Buffer.compare(file, encodedBy(make(), samples))).toBe(0);
          const expected = stored(samples, encoding, 5);
          expect(firstDifference(await decodeBytes(file), expected)).toBeUndefined();
        },
      ),
    );
  });

  it("counts right in the head: RIFF, fact and data, with a zero after odd data", () => {
    for (const encoding of encodings) {
      for (const [channels, length] of [
        [1, 5],
        [2, 5],
        [3, 5],
        [1, 0],
      ]) {
        const encoder = new WavEncoder({ sampleRate: 44100, channels }, encoding);
        const file = Buffer.from(encodedBy(encoder, signal(channels, length)));
        const bytes = length * channels * wavSampleBytes[encoding];
        const data = file.indexOf("data");
        expect(file.length % 2).toBe(0);
        expect(file.readUInt32LE(4)).toBe(file.length - 8);
        expect(file.readUInt32LE(data + 4)).toBe(bytes);
        expect(data + 8 + bytes + (bytes % 2)).toBe(file.length);
        if (encoding === "float32") {
          expect(file.readUInt32LE(file.indexOf("fact") + 8)).toBe(length);
        }
      }
    }
  });

  it("becomes RF64 at 4 GiB, in a head of the same length", () => {
    for (const encoding of encodings) {
      const layout = { sampleRate: 44100, channels: 2, encoding };
      const { length } = wavHeader({ ...layout, frames: 0 });
      const frameBytes = 2 * wavSampleBytes[encoding];
      const last = Math.floor((2 ** 32 - 1 - (length - 8)) / frameBytes);
      const riff = Buffer.from(wavHeader({ ...layout, frames: last }));
      const rf64 = Buffer.from(wavHeader({ ...layout, frames: last + 1 }));
      expect(riff.length).toBe(length);
      expect(rf64.length).toBe(length);
      expect(riff.toString("latin1", 0, 4)).toBe("RIFF");
      expect(riff.toString("latin1", 12, 16)).toBe("JUNK");
      expect(rf64.toString("latin1", 0, 4)).toBe("RF64");
      expect(rf64.toString("latin1", 12, 16)).toBe("ds64");
      expect(Number(rf64.readBigUInt64LE(20))).toBe(length - 8 + frameBytes * (last + 1));
      expect(Number(rf64.readBigUInt64LE(28))).toBe(frameBytes * (last + 1));
      expect(Number(rf64.readBigUInt64LE(36))).toBe(last + 1);
      expect(rf64.readUInt32LE(4)).toBe(0xffffffff);
      expect(rf64.readUInt32LE(length - 4)).toBe(0xffffffff);
    }
  });

  it("tells a stream the sizes that mean: until the end", async () => {
    for (const encoding of encodings) {
      const samples = signal(2, 500);
      const encoder = new WavEncoder({ sampleRate: 44100, channels: 2 }, encoding);
      const head = Buffer.from(encoder.head);
      expect(head.readUInt32LE(4)).toBe(0xffffffff);
      expect(head.readUInt32LE(head.length - 4)).toBe(0xffffffff);
      const file = new Uint8Array(Buffer.concat([head, encoder.encode(samples)]));
      const expected = stored(samples, encoding, 0);
      expect(firstDifference(await decodeBytes(file), expected)).toBeUndefined();
    }
  });

  it("tells a stream the length that it is told", () => {
    const options = { frames: 500, seed: 1 };
    const encoder = new WavEncoder({ sampleRate: 44100, channels: 2 }, "int24", options);
    const { head } = encoder;
    encoder.encode(signal(2, 500));
    expect(encoder.finish().head).toEqual(head);
  });

  describe("is read by other programs, whole and as a stream:", () => {
    const tags = { title: "Ä 音", artist: "x", track: "3/12", comment: "odd" };
    const cases = encodings.flatMap((encoding) =>
      [1, 2, 6].map((channels) => [encoding, channels] as const),
    );

    it.skipIf(!hasFfmpeg).each(cases)("ffmpeg, %s, %i channels", async (encoding, channels) => {
      const shape = { sampleRate: 48000, channels };
      const samples = signal(channels, 999);
      const file = await encoded({ container: "wav", encoding }, shape, samples, { tags });
      const encoder = new WavEncoder(shape, encoding);
      const stream = Buffer.concat([encoder.head, encoder.encode(samples)]);
      const body = stream.subarray(encoder.head.length);
      const codec = { float32: "f32le", int16: "s16le", int24: "s24le" }[encoding];
      for (const input of [file, stream]) {
        const args = ["-v", "error", "-i", "-", "-c:a", `pcm_${codec}`, "-f", codec, "-"];
        expect(Buffer.compare(run("ffmpeg", args, input), body)).toBe(0);
      }
      const show = ["-v", "error", "-show_entries", "format_tags", "-of", "json", "-"];
      expect(JSON.parse(run("ffprobe", show, file).toString()).format.tags).toEqual(tags);
    });

    it.skipIf(!hasSox).each(cases)("sox, %s, %i channels", async (encoding, channels) => {
      const shape = { sampleRate: 48000, channels };
      const samples = signal(channels, 999);
      const file = await encoded({ container: "wav", encoding }, shape, samples, { tags });
      const encoder = new WavEncoder(shape, encoding);
      const stream = Buffer.concat([encoder.head, encoder.encode(samples)]);
      const body = stream.subarray(encoder.head.length);
      const bits = String(8 * wavSampleBytes[encoding]);
      const kind = encoding === "float32" ? "floating-point" : "signed-integer";
      for (const input of [file, stream]) {
        const to = ["-t", "raw", "-e", kind, "-b", bits, "-"];
        const out = run("sox", ["-D", "-V1", "-t", "wav", "-", ...to], input);
        // SoX's samples end at full scale.
        if (encoding === "float32") expect(out.length).toBe(body.length);
        else expect(Buffer.compare(out, body)).toBe(0);
      }
    });
  });
});
