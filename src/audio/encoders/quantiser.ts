/** Samples as whole numbers of 16 or 24 bits. */

/**
 * Rounds samples to 16 or 24 bits and clamps them at full scale.
 *
 * To 16 bits they are dithered: noise of a triangular distribution, ±1 step, is added before rounding, which leaves an
 * error without any trace of the signal, of a quarter of a squared step. (Lipshitz, Wannamaker & Vanderkooy, Quantization
 * and Dither: A Theoretical Survey, 1992.) A sample that already is a whole number of steps is kept as it is, so that
 * digital silence stays silent and 16-bit audio passes unchanged; errors of other samples are as free of the signal as
 * before. At 24 bits rounding errors are below what any converter resolves, and float32 itself has no more bits: samples
 * are rounded, ties upwards, without dither.
 *
 * The same samples and seed give the same numbers, however they are cut into blocks.
 */
export class Quantiser {
  readonly bits: 16 | 24;
  /** A generator per channel (Marsaglia, Xorshift RNGs, 2003); never zero. */
  readonly #states: Int32Array;

  /** @param seed any whole number. */
  constructor(bits: 16 | 24, channels: number, seed = 0) {
    this.bits = bits;
    this.#states = Int32Array.from({ length: channels }, (_, channel) => scrambled(seed, channel));
  }

  /** Puts `count` numbers of a channel's next samples, from `from` on, into `target` at `at`. */
  run(
    channel: number,
    samples: Float32Array,
    from: number,
    count: number,
    target: Int32Array,
    at: number,
  ): void {
    const full = 2 ** (this.bits - 1);
    if (this.bits === 24) {
      for (let i = 0; i < count; i++) {
        const rounded = Math.floor(samples[from + i] * full + 0.5);
        target[at + i] = rounded < -full ? -full : rounded >= full ? full - 1 : rounded;
      }
      return;
    }
    let state = this.#states[channel];
    for (let i = 0; i < count; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      const value = samples[from + i] * full;
      // Two uniform numbers of 16 bits; their sum lies within ±1 around zero.
      const dither = ((state & 0xffff) + (state >>> 16) + 1) / 65536 - 1;
      let rounded = Math.floor(value + 0.5);
      if (rounded !== value) rounded = Math.floor(value + dither + 0.5);
      target[at + i] = rounded < -full ? -full : rounded >= full ? full - 1 : rounded;
    }
    this.#states[channel] = state;
  }
}

/** Seeds that differ in one bit give states without likeness. */
function scrambled(seed: number, channel: number): number {
  let state = Math.imul(seed | 0, 0x9e3779b1) ^ Math.imul(channel + 1, 0x85ebca6b);
  for (let round = 0; round < 3; round++) {
    state = Math.imul(state ^ (state >>> 16), 0x7feb352d);
    state ^= state >>> 15;
  }
  return state || 1;
}
