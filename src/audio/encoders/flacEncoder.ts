/** FLAC of 16 or 24 bits. (RFC 9639.) */

import { Md5 } from "../../bytes/md5.ts";
import { vorbisComment } from "../tags/tagBytes.ts";
import { BitWriter } from "./bitWriter.ts";
import type { Encoder, EncoderEnd, EncoderOptions } from "./encoder.ts";
import { FlacFrameEncoder, type FlacShape } from "./flacFrame.ts";
import { interleave } from "./interleave.ts";
import { Quantiser } from "./quantiser.ts";

/** Samples per channel in a frame. */
const BLOCK = 4096;

/** Samples are rounded and dithered as {@link Quantiser} says; these numbers are kept without loss. */
export class FlacEncoder implements Encoder {
  readonly head: Uint8Array;
  readonly #shape: FlacShape;
  readonly #comment: Uint8Array;
  readonly #quantiser: Quantiser;
  readonly #frame: FlacFrameEncoder;
  readonly #writer = new BitWriter();
  readonly #md5 = new Md5();
  readonly #numbers: readonly Int32Array[];
  readonly #interleaved: Uint8Array;
  #filled = 0;
  #blocks = 0;
  #smallest = Number.POSITIVE_INFINITY;
  #largest = 0;

  constructor(shape: FlacShape, options: EncoderOptions = {}) {
    const { channels, bits } = shape;
    this.#shape = shape;
    this.#comment = vorbisComment(options.tags ?? {});
    this.#quantiser = new Quantiser(bits, channels, options.seed);
    this.#frame = new FlacFrameEncoder(shape, BLOCK);
    this.#numbers = Array.from({ length: channels }, () => new Int32Array(BLOCK));
    this.#interleaved = new Uint8Array((BLOCK * channels * bits) / 8);
    this.head = this.#metadata(options.frames ?? 0, new Uint8Array(16));
  }

  encode(block: readonly Float32Array[]): Uint8Array {
    const { length } = block[0];
    for (let from = 0; from < length; ) {
      const count = Math.min(length - from, BLOCK - this.#filled);
      for (let channel = 0; channel < block.length; channel++) {
        const numbers = this.#numbers[channel];
        this.#quantiser.run(channel, block[channel], from, count, numbers, this.#filled);
      }
      from += count;
      this.#filled += count;
      if (this.#filled === BLOCK) this.#writeFrame();
    }
    return this.#writer.take();
  }

  finish(): EncoderEnd {
    const frames = this.#blocks * BLOCK + this.#filled;
    if (this.#filled > 0) this.#writeFrame();
    return { tail: this.#writer.take(), head: this.#metadata(frames, this.#md5.digest()) };
  }

  release(): void {}

  #writeFrame(): void {
    const numbers = this.#numbers.map((channel) => channel.subarray(0, this.#filled));
    const sampleBytes = this.#shape.bits === 16 ? 2 : 3;
    const start = this.#writer.length;
    this.#frame.write(this.#writer, numbers, this.#blocks);
    const bytes = this.#writer.length - start;
    this.#smallest = Math.min(this.#smallest, bytes);
    this.#largest = Math.max(this.#largest, bytes);
    numbers.forEach((channel, c) => {
      interleave(channel, this.#filled, sampleBytes, c, numbers.length, this.#interleaved);
    });
    const whole = sampleBytes * numbers.length * this.#filled;
    this.#md5.update(this.#interleaved.subarray(0, whole));
    this.#blocks++;
    this.#filled = 0;
  }

  /** The mark, the stream information and the tags; 0 frames and a digest of zeros stand for "unknown". */
  #metadata(frames: number, digest: Uint8Array): Uint8Array {
    const { sampleRate, channels, bits } = this.#shape;
    const comment = this.#comment;
    const bytes = new Uint8Array(4 + 4 + 34 + 4 + comment.length);
    const view = new DataView(bytes.buffer);
    bytes.set([0x66, 0x4c, 0x61, 0x43, 0, 0, 0, 34]);
    view.setUint16(8, BLOCK);
    view.setUint16(10, BLOCK);
    if (this.#largest > 0) {
      // 24 bits each, one after another.
      view.setUint32(12, this.#smallest << 8);
      view.setUint32(14, ((this.#smallest & 0xff) << 24) | this.#largest);
    }
    view.setUint32(18, (sampleRate << 12) | ((channels - 1) << 9) | ((bits - 1) << 4));
    // More than 36 bits of samples count as unknown.
    const total = frames < 2 ** 36 ? frames : 0;
    bytes[21] |= Math.floor(total / 2 ** 32);
    view.setUint32(22, total >>> 0);
    bytes.set(digest, 26);
    view.setUint32(42, (0x84 << 24) | comment.length);
    bytes.set(comment, 46);
    return bytes;
  }
}
