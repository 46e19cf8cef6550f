/** Samples between a source of blocks and the pieces cut from them: two channels, addressed by position. */

/** A block of stereo samples. */
export type StereoBlock = readonly [left: Float32Array, right: Float32Array];

export class SampleQueue {
  #blocks: { readonly start: number; readonly block: StereoBlock }[] = [];
  #end = 0;

  /** Samples received so far. */
  get end(): number {
    return this.#end;
  }

  /** Takes the next block, checked and with nobody else's arrays. */
  push(block: StereoBlock): void {
    const [left] = block;
    if (left.length > 0) this.#blocks.push({ start: this.#end, block });
    this.#end += left.length;
  }

  /** Fills arrays with the samples from a position on; positions outside of what is held become zero. */
  read(from: number, into: StereoBlock): void {
    for (const channel of into) channel.fill(0);
    for (const { start, block } of this.#blocks) {
      const begin = Math.max(from, start);
      const end = Math.min(from + into[0].length, start + block[0].length);
      if (begin >= end) continue;
      for (const c of [0, 1] as const) {
        into[c].set(block[c].subarray(begin - start, end - start), begin - from);
      }
    }
  }

  /** Forgets samples before a position. */
  dropBefore(position: number): void {
    this.#blocks = this.#blocks.filter(({ start, block }) => start + block[0].length > position);
  }
}

/** Largest size of a sample: full scale is 1. Powers of sums of larger ones would leave the range of the arithmetic. */
export const LOUDEST = 1e10;
const loudestBits = new Int32Array(Float32Array.of(LOUDEST).buffer)[0];

/** Index of the first sample that is NaN, infinite or beyond ±{@link LOUDEST}, or −1. */
export function firstUnusable(samples: Float32Array): number {
  // Bits without the sign are ordered as magnitudes, infinity and NaN above all numbers, and quicker to compare.
  const bits = new Int32Array(samples.buffer, samples.byteOffset, samples.length);
  for (let i = 0; i < bits.length; i++) if ((bits[i] & 0x7fffffff) > loudestBits) return i;
  return -1;
}

/** What to do about a sample that {@link firstUnusable} finds. */
export function repairOf(sample: number): string {
  return Number.isFinite(sample)
    ? `Scale the recording down: full scale is 1, and samples up to ${LOUDEST} can be computed with.`
    : "Repair the recording: every sample must be a finite number.";
}
