/** What a codec has to know for its packets to be read out of Ogg pages. */
import type { AudioFormat } from "../source.ts";
import type { AudioTags } from "../tags.ts";

/** One of the codecs that an Ogg stream may be of. */
export interface OggCodec {
  /** Whether a stream that begins with this packet is of this codec. */
  recognises(first: Uint8Array): boolean;
  /** Whether these packets are all headers there are. */
  isComplete(headers: readonly Uint8Array[]): boolean;
  /**
   * Reads the headers.
   * @param name of the file, for messages.
   * @throws AudioError "corrupt-audio", "unsupported-audio".
   */
  open(headers: readonly Uint8Array[], name: string): OggAudio;
}

/** A stream whose headers have been read. */
export interface OggAudio {
  /** Granule positions count samples of this rate. */
  readonly format: Omit<AudioFormat, "container" | "frames" | "approximateFrames">;
  readonly tags: AudioTags;
  /** Samples at the beginning that are decoded but not to be heard. */
  readonly preSkip: number;
  /** @throws AudioError "unsupported-audio" when the decoder cannot be loaded. */
  makeDecoder(): Promise<PacketDecoder>;
}

export interface PacketDecoder {
  /**
   * Decodes the stream's next packet to one array per channel, of equal lengths, perhaps zero.
   * @throws PacketError.
   */
  decode(packet: Uint8Array): Promise<readonly Float32Array[]>;
  /** Releases the decoder's memory. */
  free(): void;
}

/** A packet cannot be decoded: the message says why. The place is added by those who know it. */
export class PacketError extends Error {}
