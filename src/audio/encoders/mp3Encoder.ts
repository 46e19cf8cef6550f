/** MP3 of a constant bit rate; LAME encodes, we tell the length to the sample. */

import type { WasmMediaEncoder } from "wasm-media-encoders";
import { crc16Arc } from "../../bytes/crc.ts";
import { joinedBytes } from "../../bytes/joinedBytes.ts";
import { AudioError } from "../../errors.ts";
import { importLame } from "../codecPackages.ts";
import { readMp3Header } from "../mp3Header.ts";
import type { AudioShape } from "../outputFormat.ts";
import { Resampler, resampleLength } from "../resampler.ts";
import { id3Tag } from "../tags/tagBytes.ts";
import type { Encoder, EncoderEnd, EncoderOptions } from "./encoder.ts";
import { withinFullScale } from "./fullScale.ts";
import { MP3_DELAY, mp3InfoFrame, mp3Length } from "./mp3InfoFrame.ts";
import { type Mp3Layout, mp3Layout } from "./mp3Layout.ts";

/**
 * Encodes one or two channels. Rates that MP3 does not have are resampled to the next one that it has. Samples beyond ±1
 * are cut off first. Decoders that read LAME's tag give exactly the samples that were encoded, no more and no less.
 *
 * LAME is under the LGPL: its package is no dependency of ours, users install it themselves.
 */
export class Mp3Encoder implements Encoder {
  readonly head: Uint8Array;
  readonly #id3: Uint8Array;
  readonly #layout: Mp3Layout;
  readonly #codec: WasmMediaEncoder<"audio/mpeg">;
  readonly #resampler: Resampler;
  readonly #count = new FrameCount();
  #taken = 0;
  #crc = 0;

  /**
   * Loads LAME.
   * @param bitrate kbit/s; see {@link mp3Layout}.
   * @throws AudioError "unsupported-audio" when it is not installed.
   */
  static async create(
    shape: AudioShape,
    bitrate: number,
    options: EncoderOptions = {},
  ): Promise<Mp3Encoder> {
    const { createMp3Encoder } = await loadLame();
    return new Mp3Encoder(await createMp3Encoder(), shape, mp3Layout(shape, bitrate), options);
  }

  private constructor(
    codec: WasmMediaEncoder<"audio/mpeg">,
    shape: AudioShape,
    layout: Mp3Layout,
    { tags = {}, frames }: EncoderOptions,
  ) {
    const { sampleRate, channels, bitrate } = layout;
    this.#codec = codec;
    this.#layout = layout;
    codec.configure({ sampleRate, channels, bitrate, outputSampleRate: sampleRate });
    this.#resampler = new Resampler(shape.sampleRate, sampleRate, channels);
    this.#id3 = id3Tag(tags);
    const length =
      frames === undefined
        ? undefined
        : mp3Length(layout, resampleLength(frames, shape.sampleRate, sampleRate));
    this.head = joinedBytes([this.#id3, mp3InfoFrame(layout, length)]);
  }

  encode(block: readonly Float32Array[]): Uint8Array {
    return this.#take(this.#resampler.push(withinFullScale(block)));
  }

  finish(): EncoderEnd {
    const last = this.#take(this.#resampler.flush()).slice();
    const tail = this.#counted(this.#codec.finalize());
    const { frames, bytes } = this.#count;
    const padding = frames * this.#layout.frameSamples - MP3_DELAY - this.#taken;
    const info = mp3InfoFrame(this.#layout, { frames, bytes, padding }, this.#crc);
    return { tail: joinedBytes([last, tail]), head: joinedBytes([this.#id3, info]) };
  }

  release(): void {}

  #take(block: readonly Float32Array[]): Uint8Array {
    this.#taken += block[0].length;
    return this.#counted(this.#codec.encode(block));
  }

  #counted(bytes: Uint8Array): Uint8Array {
    this.#count.push(bytes);
    this.#crc = crc16Arc(bytes, this.#crc);
    return bytes;
  }
}

/** Counts whole frames in a stream that comes in pieces of any length. */
class FrameCount {
  frames = 0;
  bytes = 0;
  /** Bytes at the end of the last piece that are less than a header. */
  #rest = new Uint8Array(0);
  /** Bytes of the last frame that are still to come. */
  #open = 0;

  push(piece: Uint8Array): void {
    this.bytes += piece.length;
    const bytes = joinedBytes([this.#rest, piece]);
    let at = this.#open;
    while (at + 4 <= bytes.length) {
      const header = readMp3Header(bytes, at);
      if (!header) throw new AudioError("unsupported-audio", "The MP3 encoder gave no MP3.");
      at += header.frameBytes;
      this.frames++;
    }
    this.#rest = bytes.slice(at);
    this.#open = Math.max(0, at - bytes.length);
  }
}

/** @throws AudioError "unsupported-audio". */
export async function loadLame(): Promise<typeof import("wasm-media-encoders")> {
  try {
    return await importLame();
  } catch (cause) {
    throw new AudioError(
      "unsupported-audio",
      "MP3 cannot be written: the LAME encoder is not installed.",
      "Type: npm install wasm-media-encoders (with --global, if xumx-slicq was installed so).",
      { cause },
    );
  }
}
