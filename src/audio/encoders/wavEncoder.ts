/** WAV of float32, 16 or 24 bits; RF64 beyond 4 GiB. */
import type { AudioShape } from "../outputFormat.ts";
import { infoChunk } from "../tags/tagBytes.ts";
import type { Encoder, EncoderEnd, EncoderOptions } from "./encoder.ts";
import { interleave } from "./interleave.ts";
import { Quantiser } from "./quantiser.ts";
import { type WavEncoding, type WavLayout, wavHeader, wavSampleBytes } from "./wavHeader.ts";

export type { WavEncoding } from "./wavHeader.ts";

/** Integers are rounded and dithered as {@link Quantiser} says; floats are written as they are, beyond ±1 too. */
export class WavEncoder implements Encoder {
  readonly head: Uint8Array;
  readonly #layout: WavLayout;
  readonly #quantiser: Quantiser | undefined;
  #numbers = new Int32Array(0);
  #bytes = new Uint8Array(0);
  #frames = 0;

  constructor(shape: AudioShape, encoding: WavEncoding, options: EncoderOptions = {}) {
    const { sampleRate, channels } = shape;
    const { tags = {}, seed, frames } = options;
    this.#layout = { sampleRate, channels, encoding, frames, chunks: infoChunk(tags) };
    this.head = wavHeader(this.#layout);
    if (encoding !== "float32") {
      this.#quantiser = new Quantiser(encoding === "int16" ? 16 : 24, channels, seed);
    }
  }

  encode(block: readonly Float32Array[]): Uint8Array {
    const frames = block[0].length;
    const length = frames * block.length * wavSampleBytes[this.#layout.encoding];
    if (this.#bytes.length < length) this.#bytes = new Uint8Array(4 * Math.ceil(length / 4));
    if (this.#quantiser) this.#putNumbers(block, this.#quantiser);
    else this.#putFloats(block);
    this.#frames += frames;
    return this.#bytes.subarray(0, length);
  }

  finish(): EncoderEnd {
    const { channels, encoding } = this.#layout;
    // Chunks have even lengths.
    const odd = (this.#frames * channels * wavSampleBytes[encoding]) % 2;
    return {
      tail: new Uint8Array(odd),
      head: wavHeader({ ...this.#layout, frames: this.#frames }),
    };
  }

  release(): void {}

  #putFloats(block: readonly Float32Array[]): void {
    // WAV's numbers are little-endian, as is every machine that our runtimes support.
    const floats = new Float32Array(this.#bytes.buffer);
    if (block.length === 2) interleavePair(block[0], block[1], floats);
    else {
      for (const [channel, samples] of block.entries()) {
        for (let i = 0, at = channel; i < samples.length; i++, at += block.length) {
          floats[at] = samples[i];
        }
      }
    }
  }

  #putNumbers(block: readonly Float32Array[], quantiser: Quantiser): void {
    const frames = block[0].length;
    if (this.#numbers.length < frames) this.#numbers = new Int32Array(frames);
    const numbers = this.#numbers;
    const sampleBytes = quantiser.bits === 16 ? 2 : 3;
    block.forEach((samples, channel) => {
      quantiser.run(channel, samples, 0, frames, numbers, 0);
      interleave(numbers, frames, sampleBytes, channel, block.length, this.#bytes);
    });
  }
}

/** Both channels in one pass: a third of the time of one after the other. */
function interleavePair(left: Float32Array, right: Float32Array, target: Float32Array): void {
  for (let i = 0, at = 0; i < left.length; i++, at += 2) {
    target[at] = left[i];
    target[at + 1] = right[i];
  }
}
