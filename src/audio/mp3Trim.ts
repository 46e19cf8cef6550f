/** Cuts decoded MP3 to the samples that were encoded. */
import type { Mp3Tag } from "./mp3Header.ts";

/** Delay of a decoder that begins at the first frame, samples. */
export const DECODER_DELAY = 529;
/** More samples after an announced end are no padding. */
const MAX_PADDING = 4608;

/** The stretch of the decoded samples that was encoded. */
export interface EncodedRange {
  readonly from: number;
  /** Samples per channel; undefined: all there are. */
  readonly length: number | undefined;
  /** Decoded samples that were announced, where a tag counts its frames. */
  readonly total?: number;
}

/** What an encoder's tag tells of the stretch. */
export function encodedRange(tag: Mp3Tag | undefined, frameSamples: number): EncodedRange {
  const total = tag?.frames === undefined ? undefined : tag.frames * frameSamples;
  if (!tag?.gap) return { from: 0, length: undefined };
  const from = tag.gap.delay + DECODER_DELAY;
  const end = total && Math.min(total, total - tag.gap.padding + DECODER_DELAY);
  return { from, length: end && Math.max(0, end - from), ...(total && { total }) };
}

/** Trims the samples of one part. Those after its end are held, until it shows whether it was the end. */
export class Mp3Trim {
  readonly #from: number;
  /** After so many samples the announced end was none. */
  readonly #most: number;
  #end: number;
  #taken = 0;
  #held: (readonly Float32Array[])[] = [];

  constructor({ from, length, total }: EncodedRange) {
    this.#from = from;
    this.#end = length === undefined ? Number.POSITIVE_INFINITY : from + length;
    this.#most = total ?? this.#end + MAX_PADDING;
  }

  /** The samples of a block that belong to the signal. */
  *push(block: readonly Float32Array[]): Generator<readonly Float32Array[], void, void> {
    const { length } = block[0];
    const from = Math.max(0, this.#from - this.#taken);
    const to = Math.max(from, Math.min(length, this.#end - this.#taken));
    this.#taken += length;
    if (to > from) yield block.map((channel) => channel.subarray(from, to));
    if (to >= length) return;
    this.#held.push(block.map((channel) => channel.slice(to)));
    if (this.#taken <= this.#most) return;
    yield* this.#held;
    this.#held = [];
    this.#end = Number.POSITIVE_INFINITY;
  }
}
