/**
 * Random numbers that belong to places, not to moments: a generator is seeded by what it is for (seed, step, item), so
 * that any item can be drawn again, by any thread, in any order.
 */
import { ArgumentError } from "../../errors.ts";

/** The state of a generator: four 32-bit numbers. */
export type RandomState = readonly [number, number, number, number];

/** One round of a 32-bit finaliser with good avalanche. */
function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

/** xoshiro128** (Blackman, Vigna 2021): 32 bits a call, period 2^128 − 1. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** A generator in a saved state. */
  constructor([a, b, c, d]: RandomState) {
    this.#a = a >>> 0;
    this.#b = b >>> 0;
    this.#c = c >>> 0;
    this.#d = d >>> 0;
    if ((this.#a | this.#b | this.#c | this.#d) === 0) {
      throw new ArgumentError("A random state must not be all zeros.");
    }
  }

  /** The generator that belongs to a list of whole numbers from 0 to 2^53. */
  static of(...key: readonly number[]): Random {
    let hash = 0x9e3779b9;
    for (const number of key) {
      if (!Number.isSafeInteger(number) || number < 0) {
        throw new ArgumentError(`Random numbers are seeded with whole numbers, not ${number}.`);
      }
      hash = mix(hash + mix((number >>> 0) + 0x85ebca6b));
      hash = mix(hash ^ mix(Math.floor(number / 2 ** 32) + 0xc2b2ae35));
    }
    // Four numbers of a Weyl sequence, mixed: at most one of them is 0.
    const word = (i: number) => mix(hash + Math.imul(i, 0x9e3779b9));
    return new Random([word(1), word(2), word(3), word(4)]);
  }

  get state(): RandomState {
    return [this.#a, this.#b, this.#c, this.#d];
  }

  /** A whole number, 0 to 2^32 − 1. */
  bits(): number {
    const five = Math.imul(this.#b, 5);
    const result = Math.imul((five << 7) | (five >>> 25), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b = (this.#b ^ this.#c) >>> 0;
    this.#a = (this.#a ^ this.#d) >>> 0;
    this.#c = (this.#c ^ shifted) >>> 0;
    this.#d = ((this.#d << 11) | (this.#d >>> 21)) >>> 0;
    return result;
  }

  /** Uniform in [low, high), of 53 bits. */
  uniform(low = 0, high = 1): number {
    const whole = (this.bits() >>> 5) * 2 ** 26 + (this.bits() >>> 6);
    return low + (high - low) * (whole / 2 ** 53);
  }

  /** A whole number, 0 to below `count`, each equally likely but for 2^-53. */
  integer(count: number): number {
    return Math.floor(this.uniform() * count);
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  /** Normally distributed, mean 0, deviation 1 (Box, Muller 1958). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }
}
