/** What every encoder does: blocks of samples in, the bytes of a file out. Encoders know nothing of files. */
import type { AudioTags } from "../tags.ts";

/** Encodes one signal. */
export interface Encoder {
  /** The first bytes of the file. They leave open what is known only at the end, as streams do. */
  readonly head: Uint8Array;
  /**
   * Takes the next samples, one array per channel, equally long, and returns the bytes that they complete. The bytes
   * are valid until the next call.
   */
  encode(block: readonly Float32Array[]): Uint8Array;
  /** Ends the signal. */
  finish(): EncoderEnd;
  /** Gives back what the encoder holds; harmless to repeat. */
  release(): void;
}

/** The end of a file. */
export interface EncoderEnd {
  /** The last bytes. */
  readonly tail: Uint8Array;
  /** The first bytes as they should have been, of the same length; undefined if they need no change. */
  readonly head: Uint8Array | undefined;
}

export interface EncoderOptions {
  /** Told to players, where the format has a place for it. */
  readonly tags?: AudioTags | undefined;
  /** Of the dither: a whole number; files that will be mixed should each have their own. */
  readonly seed?: number | undefined;
  /** Samples per channel to come, if known. They let the head tell the length where there is no way back to it. */
  readonly frames?: number | undefined;
}
