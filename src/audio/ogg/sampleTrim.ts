/** Cuts decoded samples to those that the granule positions of an Ogg stream tell, and gathers them in blocks. */
import { PacketError } from "./codec.ts";

/** Samples per channel gathered in a block, at least. */
const BLOCK_FRAMES = 16384;
/** Samples of all channels that may wait for the first granule position. */
const MAX_WAITING = 1 << 26;
/**
 * Samples that may be missing at the end: programs that copy packets from other containers know their places to the
 * millisecond only.
 */
const TOLERANCE = 1024;

/**
 * The position of a sample is counted from where the stream's time is zero. The first page whose position is known
 * tells that of all samples; those before zero and the pre-skip after the beginning are dropped, and at the end those
 * after the last page's position.
 */
export class SampleTrim {
  readonly #channels: number;
  readonly #preSkip: number;
  /** Position of the first sample. */
  #start: number | undefined;
  /** Position after the last sample to keep. */
  #end = Number.POSITIVE_INFINITY;
  #decoded = 0;
  #pending: (readonly Float32Array[])[] = [];
  /** Samples per channel that are pending, and those before them. */
  #gathered = 0;
  #given = 0;
  /** Number of the pending block before which samples are missing. */
  #hole: number | undefined;

  constructor(channels: number, preSkip: number) {
    this.#channels = channels;
    this.#preSkip = preSkip;
  }

  /** Samples per channel that were pushed. */
  get decoded(): number {
    return this.#decoded;
  }

  /** Takes the samples of the next packet. */
  push(block: readonly Float32Array[]): void {
    const frames = block[0]?.length ?? 0;
    if (frames === 0) return;
    this.#pending.push(block);
    this.#decoded += frames;
    this.#gathered += frames;
    if (this.#gathered * this.#channels > MAX_WAITING && this.#start === undefined) {
      throw new PacketError("no page tells the place of the samples");
    }
  }

  /** Hears that samples are missing after those that were pushed. */
  openHole(): void {
    this.#hole ??= this.#pending.length;
  }

  /**
   * Hears the position of the last sample that was pushed, and puts silence in the hole, if there is one.
   * @returns samples of silence.
   */
  closeHole(granule: number): number {
    const at = this.#hole;
    this.#hole = undefined;
    if (at === undefined || this.#start === undefined) return 0;
    const missing = Math.min(granule, this.#end) - this.#start - this.#decoded;
    if (missing <= 0 || missing * this.#channels > MAX_WAITING) return 0;
    const silence = Array.from({ length: this.#channels }, () => new Float32Array(missing));
    this.#pending.splice(at, 0, silence);
    this.#decoded += missing;
    this.#gathered += missing;
    return missing;
  }

  /** Hears of the page whose packets come next. */
  beginPage(granule: number | undefined, last: boolean): void {
    if (last) this.#end = granule ?? this.#end;
  }

  /**
   * Hears that the page's packets have been pushed.
   * @returns samples that the stream's last page tells of and that are not there, if they are more than a few.
   */
  endPage(granule: number | undefined, last: boolean): number {
    if (granule === undefined) return 0;
    // A single page that tells less than it holds is cut at its end, others at their beginning.
    const start = granule - this.#decoded;
    if (this.#decoded > 0) this.#start ??= last ? Math.max(0, start) : start;
    const missing = last ? granule - (this.#start ?? 0) - this.#decoded : 0;
    return missing > TOLERANCE ? missing : 0;
  }

  /** The samples so far, once they are enough for a block and their place is known. */
  *full(): Generator<readonly Float32Array[], void, void> {
    const isPlaced = this.#start !== undefined && this.#hole === undefined;
    if (this.#gathered >= BLOCK_FRAMES && isPlaced) yield* this.rest();
  }

  /** All samples so far. */
  *rest(): Generator<readonly Float32Array[], void, void> {
    const start = this.#start ?? 0;
    const from = Math.max(start, 0) + this.#preSkip;
    const position = start + this.#given;
    const begin = Math.max(0, from - position);
    const end = Math.min(this.#gathered, this.#end - position);
    const pending = this.#pending;
    const gathered = this.#gathered;
    this.#pending = [];
    this.#given += gathered;
    this.#gathered = 0;
    if (begin >= end) return;
    yield Array.from({ length: this.#channels }, (_, channel) => {
      const out = new Float32Array(gathered);
      let at = 0;
      for (const block of pending) {
        out.set(block[channel], at);
        at += block[channel].length;
      }
      return out.subarray(begin, end);
    });
  }
}
