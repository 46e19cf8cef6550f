/**
 * Slower or faster at the same pitch: WSOLA (Verhelst and Roelands, 1993).
 *
 * Sound is cut into overlapping stretches, which are laid side by side closer or further apart. Each is taken from where,
 * within reach of its place, it is most like what would have followed the one before, so that waves go on as waves.
 */

/** Writes the next frames of the source. */
export type Pull = (into: readonly Float32Array[], frames: number) => void;

/** Seconds of a stretch's half, and by which it may be moved to either side. */
const HALF = 0.03;
const REACH = 0.012;
/** Every which sample is compared in a first search. */
const COARSE = 6;

/** Two channels at another speed. */
export class Stretch {
  readonly #half: number;
  readonly #reach: number;
  readonly #pull: Pull;
  /** The source around the place that is played; both channels, and their sum, by which places are compared. */
  readonly #source: readonly [Float32Array, Float32Array];
  readonly #sum: Float32Array;
  #filled = 0;
  /** In `#source`: where the stretch before would go on, and the place by the speed. */
  #follow = 0;
  #place = 0;
  readonly #made: readonly [Float32Array, Float32Array];
  #given: number;

  /** @param rate Hz */
  constructor(rate: number, pull: Pull) {
    this.#half = Math.round(HALF * rate);
    this.#reach = Math.round(REACH * rate);
    this.#pull = pull;
    const room = 8 * this.#half + 4 * this.#reach;
    this.#source = [new Float32Array(room), new Float32Array(room)];
    this.#sum = new Float32Array(room);
    this.#made = [new Float32Array(this.#half), new Float32Array(this.#half)];
    this.#given = this.#half;
  }

  /** Most frames of the source that are pulled to make one stretch at a speed. */
  need(speed: number): number {
    return Math.ceil(this.#half * (speed + 1)) + 2 * this.#reach;
  }

  /** Frames of the source that were pulled and are not played yet. */
  get ahead(): number {
    const share = 1 - this.#given / this.#half;
    return Math.max(0, this.#filled - this.#follow + Math.round(share * this.#half));
  }

  /** Forgets the source. */
  reset(): void {
    this.#filled = 0;
    this.#follow = 0;
    this.#place = 0;
    this.#given = this.#half;
  }

  /** Writes the next frames. @param speed 0.25 to 2 */
  render(into: readonly Float32Array[], at: number, frames: number, speed: number): void {
    for (let done = 0; done < frames; ) {
      if (this.#given === this.#half) this.#makeNext(speed);
      const now = Math.min(frames - done, this.#half - this.#given);
      for (const [side, made] of this.#made.entries()) {
        into[side].set(made.subarray(this.#given, this.#given + now), at + done);
      }
      this.#given += now;
      done += now;
    }
  }

  #makeNext(speed: number): void {
    const half = this.#half;
    const reach = this.#reach;
    this.#fill(Math.max(Math.round(this.#place) + reach, this.#follow) + half);
    const start = this.#mostAlike(
      Math.max(0, Math.round(this.#place) - reach),
      Math.round(this.#place) + reach,
    );
    for (const [side, made] of this.#made.entries()) {
      const source = this.#source[side];
      for (let i = 0; i < half; i++) {
        const weight = 0.5 - 0.5 * Math.cos((Math.PI * (i + 0.5)) / half);
        const [before, after] = [source[this.#follow + i], source[start + i]];
        made[i] = before + weight * (after - before);
      }
    }
    this.#given = 0;
    this.#follow = start + half;
    this.#place += half * speed;
    this.#forget(Math.max(0, Math.min(this.#follow, Math.floor(this.#place) - reach)));
  }

  /** Has the source up to a place. */
  #fill(end: number): void {
    const missing = end - this.#filled;
    if (missing <= 0) return;
    const parts = this.#source.map((channel) => channel.subarray(this.#filled, end));
    this.#pull(parts, missing);
    for (let i = 0; i < missing; i++) this.#sum[this.#filled + i] = parts[0][i] + parts[1][i];
    this.#filled = end;
  }

  #forget(before: number): void {
    if (before === 0) return;
    for (const samples of [...this.#source, this.#sum]) {
      samples.copyWithin(0, before, this.#filled);
    }
    this.#filled -= before;
    this.#follow -= before;
    this.#place -= before;
  }

  /**
   * The place whose samples are most like those from `#follow` on: every few of them first, then all around the best. Where
   * these samples themselves are within reach, nothing is more like them.
   */
  #mostAlike(from: number, to: number): number {
    if (this.#follow >= from && this.#follow <= to) return this.#follow;
    const rough = this.#best(from, to, COARSE);
    return this.#best(Math.max(from, rough - COARSE), Math.min(to, rough + COARSE), 1);
  }

  #best(from: number, to: number, step: number): number {
    const sum = this.#sum;
    let best = from;
    let most = Number.NEGATIVE_INFINITY;
    for (let place = from; place <= to; place += step) {
      let product = 0;
      let energy = 1e-9;
      for (let i = 0; i < this.#half; i += COARSE) {
        const value = sum[place + i];
        product += value * sum[this.#follow + i];
        energy += value * value;
      }
      const likeness = product / Math.sqrt(energy);
      if (likeness > most) [best, most] = [place, likeness];
    }
    return best;
  }
}
