/** Opus in Ogg; libopus encodes, we resample and account for every sample. (RFC 6716, 7845.) */

import type { OpusEncoderHandle } from "libopus-wasm";
import { joinedBytes } from "../../bytes/joinedBytes.ts";
import { AudioError } from "../../errors.ts";
import { importLibopus } from "../codecPackages.ts";
import type { AudioShape } from "../outputFormat.ts";
import { Resampler } from "../resampler.ts";
import { vorbisComment } from "../tags/tagBytes.ts";
import type { AudioTags } from "../tags.ts";
import type { Encoder, EncoderEnd, EncoderOptions } from "./encoder.ts";
import { withinFullScale } from "./fullScale.ts";
import { OggPages } from "./oggPages.ts";

/** Opus tells all times at this rate, Hz. */
export const OPUS_RATE = 48000;
/** Samples per channel in a packet: 20 ms. */
const PACKET = 960;
/** Packets in a page: a second. */
const PAGE_PACKETS = 50;

/**
 * Encodes one or two channels of any rate. What a decoder gives is at 48 kHz, aligned with the input to the sample, and
 * as long as the input resampled to 48 kHz. Samples beyond ±1 are cut off first.
 */
export class OpusEncoder implements Encoder {
  readonly head: Uint8Array;
  readonly #codec: OpusEncoderHandle;
  readonly #resampler: Resampler;
  readonly #pages: OggPages;
  /** Samples that the decoder has to drop at the beginning. */
  readonly #skip: number;
  readonly #packet: Float32Array;
  /** Samples per channel in the packet at hand, and taken in all. */
  #filled = 0;
  #taken = 0;
  #packets = 0;
  #parts: Uint8Array[] = [];

  /**
   * Loads libopus.
   * @param bitrate kbit/s of all channels together, 6 to 510: the average that is aimed at.
   * @throws AudioError "unsupported-audio" when libopus cannot be loaded.
   */
  static async create(
    shape: AudioShape,
    bitrate: number,
    options: EncoderOptions = {},
  ): Promise<OpusEncoder> {
    const { createEncoder } = await loadLibopus();
    const codec = await createEncoder({
      sampleRate: OPUS_RATE,
      channels: shape.channels === 1 ? 1 : 2,
      bitrate: Math.round(1000 * bitrate),
      frameSize: PACKET,
    });
    return new OpusEncoder(codec, shape, options);
  }

  private constructor(
    codec: OpusEncoderHandle,
    { sampleRate, channels }: AudioShape,
    { tags = {}, seed = 0 }: EncoderOptions,
  ) {
    this.#codec = codec;
    this.#resampler = new Resampler(sampleRate, OPUS_RATE, channels);
    this.#packet = new Float32Array(PACKET * channels);
    this.#skip = codec.getLookahead();
    this.#pages = new OggPages(seed >>> 0);
    this.#pages.add(identification(channels, this.#skip, sampleRate));
    const first = this.#pages.page(0);
    this.#pages.add(comments(tags));
    this.head = joinedBytes([first, this.#pages.page(0)]);
  }

  encode(block: readonly Float32Array[]): Uint8Array {
    this.#take(this.#resampler.push(withinFullScale(block)));
    return this.#encoded();
  }

  finish(): EncoderEnd {
    this.#take(this.#resampler.flush());
    // The last samples come out of the encoder as late as the first ones did.
    const end = this.#skip + this.#taken;
    const packets = Math.max(1, Math.ceil(end / PACKET));
    while (this.#packets < packets) {
      this.#packet.fill(0, this.#filled * this.#codec.channels);
      this.#encodePacket();
    }
    this.#parts.push(this.#pages.page(end, true));
    return { tail: this.#encoded(), head: undefined };
  }

  release(): void {
    this.#codec.free();
  }

  #take(block: readonly Float32Array[]): void {
    const { length } = block[0];
    const channels = block.length;
    for (let from = 0; from < length; ) {
      const count = Math.min(length - from, PACKET - this.#filled);
      block.forEach((samples, channel) => {
        let at = this.#filled * channels + channel;
        for (let i = from; i < from + count; i++, at += channels) this.#packet[at] = samples[i];
      });
      from += count;
      this.#filled += count;
      this.#taken += count;
      if (this.#filled === PACKET) this.#encodePacket();
    }
  }

  #encodePacket(): void {
    const packet = this.#codec.encodeFloat(this.#packet);
    // A page ends only when another packet comes, so that one is left for the last page.
    if (this.#pages.waiting === PAGE_PACKETS || !this.#pages.hasRoom(packet.length)) {
      this.#parts.push(this.#pages.page(this.#packets * PACKET));
    }
    this.#pages.add(packet);
    this.#packets++;
    this.#filled = 0;
  }

  #encoded(): Uint8Array {
    const bytes = joinedBytes(this.#parts);
    this.#parts = [];
    return bytes;
  }
}

/** @throws AudioError "unsupported-audio". */
export async function loadLibopus(): Promise<typeof import("libopus-wasm")> {
  try {
    return await importLibopus();
  } catch (cause) {
    throw new AudioError(
      "unsupported-audio",
      "The Opus encoder cannot be loaded.",
      "Type: npm install libopus-wasm; or choose another output format.",
      { cause },
    );
  }
}

function identification(channels: number, skip: number, sampleRate: number): Uint8Array {
  const bytes = new Uint8Array(19);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode("OpusHead"));
  bytes[8] = 1;
  bytes[9] = channels;
  view.setUint16(10, skip, true);
  view.setUint32(12, sampleRate, true);
  return bytes;
}

function comments(tags: AudioTags): Uint8Array {
  return joinedBytes([new TextEncoder().encode("OpusTags"), vorbisComment(tags)]);
}
