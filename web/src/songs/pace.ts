/** How long work will still take, from how it went so far. */

/** Nothing is said before so much is known. */
const LEAST_SECONDS = 1;
const LEAST_FRACTION = 0.02;

export class Pace {
  readonly #now: () => number;
  readonly #begun: number;

  /** @param now milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#begun = now();
  }

  /** @param fraction of the work that is done, 0 to 1 */
  at(fraction: number): { readonly fraction: number; readonly secondsLeft?: number } {
    const seconds = (this.#now() - this.#begun) / 1e3;
    if (seconds < LEAST_SECONDS || fraction < LEAST_FRACTION) return { fraction };
    return { fraction, secondsLeft: (seconds * (1 - fraction)) / fraction };
  }
}
