/**
 * How loud a signal is, slice by slice, and whether its channels differ: what decides at which level a network is shown it.
 *
 * A network that was trained on songs of one level does worse on others: 20 dB softer cost 3.4 dB of SDR. So the magnitudes
 * that it is shown are brought to the level of its training; its masks are applied to the signal as it is. The gain follows
 * the signal slowly: from the mean power of all that was heard so far, older parts counting less and less. So it needs
 * nothing that is still to come, and depends on the signal alone, not on how it is cut.
 *
 * It is measured in hops about the slices' middles: number s reaches from half a hop before the middle of slice s to half
 * a hop after it, which is within the slice's window. So live separation need not wait for it.
 */
import type { Transform } from "../transforms/index.ts";
import { SAMPLE_RATE } from "../transforms/slicqt/index.ts";
import type { StereoBlock } from "./sampleQueue.ts";

/** Seconds after which a part of the signal counts 1/e. */
const MEMORY_SECONDS = 20;
/** A hop that is softer than this says nothing of a song's level: mean square, −70 dBFS. */
const AUDIBLE = 1e-7;
/** The most that a gain may be, and one over the least: 50 dB. */
const MOST_GAIN = 10 ** (50 / 20);

/** Levels of a signal that comes block by block. */
export class SliceLevels {
  readonly #transform: Transform;
  /** Mean square that the network was trained at; undefined where levels do not matter. */
  readonly #trained: number | undefined;
  readonly #fade: number;
  /** By hop, from number `#first` on: gain after it, and whether its channels are the same. */
  readonly #gains: number[] = [];
  readonly #alike: boolean[] = [];
  #first = 0;
  #power = 0;
  #weight = 0;
  /** The hop that is being filled: its length, samples, sum of squares, and whether the channels are the same so far. */
  #length: number;
  #filled = 0;
  #squares = 0;
  #same = true;

  /**
   * @param trained root mean square that the network was trained at, dBFS; undefined: gains are 1.
   */
  constructor(transform: Transform, trained: number | undefined) {
    this.#transform = transform;
    this.#trained = trained === undefined ? undefined : 10 ** (trained / 10);
    // Half of the first hop lies before the signal.
    this.#length = transform.sliceLength / 2 - transform.lead + transform.hop / 2;
    this.#fade = Math.exp(-transform.hop / (MEMORY_SECONDS * SAMPLE_RATE));
  }

  /** Listens to the signal's next samples. */
  push([left, right]: StereoBlock): void {
    for (let i = 0; i < left.length; ) {
      const end = Math.min(left.length, i + this.#length - this.#filled);
      this.#filled += end - i;
      // Added up in one order, however the signal comes.
      let squares = this.#squares;
      let same = this.#same;
      for (; i < end; i++) {
        squares += left[i] * left[i] + right[i] * right[i];
        if (left[i] !== right[i]) same = false;
      }
      this.#squares = squares;
      this.#same = same;
      if (this.#filled === this.#length) this.#closeHop();
    }
  }

  /** Gain of a slice: after its hop, as far as the signal has come. */
  gain(slice: number): number {
    const at = Math.min(slice - this.#first, this.#gains.length - 1);
    return at < 0 ? (this.#gains[0] ?? 1) : this.#gains[at];
  }

  /** Whether the channels are the same in a slice's hop and the one before. */
  alike(slice: number): boolean {
    const at = slice - this.#first;
    return (this.#alike[at] ?? this.#same) && (this.#alike[Math.max(0, at - 1)] ?? this.#same);
  }

  /** Forgets what slices before this one alone need. */
  dropBefore(slice: number): void {
    const count = Math.min(this.#gains.length - 1, slice - 1 - this.#first);
    if (count <= 0) return;
    this.#gains.splice(0, count);
    this.#alike.splice(0, count);
    this.#first += count;
  }

  #closeHop(): void {
    const power = this.#squares / (2 * this.#filled);
    if (power >= AUDIBLE) {
      this.#power = this.#fade * this.#power + power;
      this.#weight = this.#fade * this.#weight + 1;
    }
    const heard = this.#weight > 0 && this.#trained !== undefined;
    this.#gains.push(heard ? gainFor(this.#trained ?? 1, this.#power / this.#weight) : 1);
    this.#alike.push(this.#same);
    this.#length = this.#transform.hop;
    this.#filled = 0;
    this.#squares = 0;
    this.#same = true;
  }
}

/** The amplitude that brings a mean square to another, within bounds; 1 for silence. */
function gainFor(trained: number, power: number): number {
  if (!(power > 0)) return 1;
  return Math.min(MOST_GAIN, Math.max(1 / MOST_GAIN, Math.sqrt(trained / power)));
}
