/** FLAC in Ogg: one frame a packet. (RFC 9639, section 10.1.) */
import { BitReader, OutOfBits } from "../bitReader.ts";
import { decodeFlacFrame } from "../flacFrame.ts";
import { readStreamInfo, type StreamInfo } from "../flacMetadata.ts";
import { FlacFrameError } from "../flacSubframe.ts";
import { flacLayout } from "../speakers.ts";
import { corruptAudio } from "../streamedSource.ts";
import { commentTags, readComments } from "../tags/vorbisComment.ts";
import { type OggCodec, type PacketDecoder, PacketError } from "./codec.ts";

/** Bytes before the stream information: a mark, a version, a count, another mark, a block's head. */
const HEAD_BYTES = 17;
const STREAM_INFO_BYTES = 34;

export const flacInOgg: OggCodec = {
  recognises: (first) => String.fromCharCode(...first.subarray(0, 5)) === "\x7fFLAC",
  isComplete: (headers) =>
    headers.length === 1
      ? (headers[0][13] & 0x80) !== 0
      : (headers[headers.length - 1][0] & 0x80) !== 0,
  open([first, ...blocks], name) {
    if (first.length < HEAD_BYTES + STREAM_INFO_BYTES) {
      throw corruptAudio(name, "its FLAC header is too short.");
    }
    const info = readStreamInfo(first.subarray(HEAD_BYTES), name);
    const comment = blocks.find((block) => (block[0] & 0x7f) === 4);
    const comments = readComments(comment?.subarray(4) ?? new Uint8Array(0));
    const { sampleRate, channels, bits } = info;
    return {
      format: {
        sampleRate,
        channels,
        sampleFormat: `int${bits}`,
        ...flacLayout(channels, comments),
      },
      tags: commentTags(comments),
      preSkip: 0,
      makeDecoder: async () => new PacketsOfFlac(info),
    };
  },
};

class PacketsOfFlac implements PacketDecoder {
  readonly #info: StreamInfo;

  constructor(info: StreamInfo) {
    this.#info = info;
  }

  async decode(packet: Uint8Array): Promise<readonly Float32Array[]> {
    const padded = new Uint8Array(packet.length + BitReader.PADDING);
    padded.set(packet);
    try {
      const { channels, length } = decodeFlacFrame(padded, packet.length, this.#info);
      if (length === packet.length) return channels;
    } catch (error) {
      if (error instanceof FlacFrameError) throw new PacketError(error.message, { cause: error });
      if (!(error instanceof OutOfBits)) throw error;
    }
    throw new PacketError("a FLAC frame is not as long as its packet");
  }

  free(): void {}
}
