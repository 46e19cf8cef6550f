/** Opus: its headers are read here, its packets are decoded by libopus, always to 48 kHz. (RFC 7845.) */

import type { OpusDecoderHandle } from "libopus-wasm";
import { AudioError } from "../../errors.ts";
import { importLibopus } from "../codecPackages.ts";
import { type SpeakerLayout, vorbisLayout } from "../speakers.ts";
import { corruptAudio, UnsupportedFormat } from "../streamedSource.ts";
import { commentTags, readComments } from "../tags/vorbisComment.ts";
import { type OggCodec, type PacketDecoder, PacketError } from "./codec.ts";
import { MAX_OPUS_SAMPLES, splitOpusPacket } from "./opusPacket.ts";

/** The index of a channel that no stream fills. */
const SILENT = 255;

export const opus: OggCodec = {
  recognises: (first) => isHeader(first, "OpusHead"),
  isComplete: (headers) => headers.length === 2,
  open([head, comment], name) {
    if (!isHeader(comment, "OpusTags"))
      throw corruptAudio(name, "its second Opus header is missing.");
    const header = readHead(head, name);
    const { channels, preSkip } = header;
    const layout: SpeakerLayout = header.family === 1 ? vorbisLayout(channels) : {};
    return {
      format: { sampleRate: 48000, channels, sampleFormat: "Opus", ...layout },
      tags: commentTags(readComments(comment.subarray(8))),
      preSkip,
      makeDecoder: () => makeDecoder(header, name),
    };
  },
};

interface OpusHead {
  readonly channels: number;
  /** Samples at 48 kHz. */
  readonly preSkip: number;
  /** Factor for all samples. */
  readonly gain: number;
  /** 0: mono or stereo; 1: Vorbis' orders of speakers; 255: no order. */
  readonly family: number;
  readonly streams: number;
  readonly coupled: number;
  /** For each channel, the one of all streams' channels that it is: those of coupled streams come first. */
  readonly mapping: readonly number[];
}

function isHeader(packet: Uint8Array, word: string): boolean {
  return String.fromCharCode(...packet.subarray(0, 8)) === word;
}

function readHead(head: Uint8Array, name: string): OpusHead {
  if (head.length < 19) throw corruptAudio(name, "its Opus header is too short.");
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const channels = head[9];
  const preSkip = view.getUint16(10, true);
  const gain = 10 ** (view.getInt16(16, true) / (20 * 256));
  const family = head[18];
  if (head[8] >> 4 !== 0) throw new UnsupportedFormat(name, `an Opus file of version ${head[8]}`);
  if (family > 1 && family < 255) {
    throw new UnsupportedFormat(name, `an Opus file of mapping family ${family}`);
  }
  if (family === 0) {
    if (channels < 1 || channels > 2) throw corruptAudio(name, `it claims ${channels} channels.`);
    const mapping = channels === 1 ? [0] : [0, 1];
    return { channels, preSkip, gain, family, streams: 1, coupled: channels - 1, mapping };
  }
  const [streams, coupled] = [head[19], head[20]];
  const mapping = [...head.subarray(21, 21 + channels)];
  const fits = mapping.every((index) => index < streams + coupled || index === SILENT);
  const isWhole = mapping.length === channels && channels > 0 && !(family === 1 && channels > 8);
  if (!isWhole || !fits || !(streams > 0) || coupled > streams || streams + coupled > 255) {
    throw corruptAudio(name, "its Opus header is malformed.");
  }
  return { channels, preSkip, gain, family, streams, coupled, mapping };
}

async function makeDecoder(head: OpusHead, name: string): Promise<OpusPacketDecoder> {
  const decoders: OpusDecoderHandle[] = [];
  try {
    const { createDecoder } = await importLibopus();
    for (let stream = 0; stream < head.streams; stream++) {
      const channels = stream < head.coupled ? 2 : 1;
      decoders.push(await createDecoder({ channels, maxFrameSize: MAX_OPUS_SAMPLES }));
    }
  } catch (cause) {
    for (const decoder of decoders) decoder.free();
    throw new AudioError(
      "unsupported-audio",
      `${name} is an Opus file, and the Opus decoder cannot be loaded.`,
      "Install the package libopus-wasm, or convert the file to WAV or FLAC.",
      { cause },
    );
  }
  return new OpusPacketDecoder(decoders, head);
}

/** One decoder a stream; the coupled ones are stereo, the others mono. */
class OpusPacketDecoder implements PacketDecoder {
  readonly #decoders: readonly OpusDecoderHandle[];
  readonly #head: OpusHead;

  constructor(decoders: readonly OpusDecoderHandle[], head: OpusHead) {
    this.#decoders = decoders;
    this.#head = head;
  }

  async decode(packet: Uint8Array): Promise<readonly Float32Array[]> {
    const { coupled, gain, mapping, streams } = this.#head;
    const split = splitOpusPacket(packet, streams);
    if (!split) throw new PacketError("an Opus packet is malformed");
    const { samples, packets } = split;
    const decoded = packets.map((part, stream) => this.#run(part, stream, samples));
    return mapping.map((index) => {
      const out = new Float32Array(samples);
      if (index === SILENT) return out;
      const isCoupled = index < 2 * coupled;
      const from = decoded[isCoupled ? index >>> 1 : index - coupled];
      const stride = isCoupled ? 2 : 1;
      for (let i = 0, at = isCoupled ? index & 1 : 0; i < samples; i++, at += stride) {
        out[i] = from[at] * gain;
      }
      return out;
    });
  }

  /** Interleaved samples of one stream's packet. */
  #run(packet: Uint8Array, stream: number, samples: number): Float32Array {
    const decoder = this.#decoders[stream];
    let decoded: Float32Array;
    try {
      decoded = decoder.decodeFloat(packet);
    } catch (cause) {
      throw new PacketError("an Opus packet cannot be decoded", { cause });
    }
    if (decoded.length === samples * decoder.channels) return decoded;
    throw new PacketError("an Opus packet is not as long as it says");
  }

  free(): void {
    for (const decoder of this.#decoders) decoder.free();
  }
}
