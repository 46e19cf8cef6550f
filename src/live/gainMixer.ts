/** Mixes stems by gains that may change at any moment: each moves to its new value along a line, so that nothing clicks. */
import { checkOptions, shown } from "../arguments.ts";
import { ArgumentError } from "../errors.ts";
import { perTarget, type Target, targets } from "../networks/targets.ts";

/** Factors of the stems in the mix; those left out stay as they are. 0 mutes, 1 leaves as it is. */
export type StemGains = Partial<Readonly<Record<Target, number>>>;

const gainNames: Readonly<Record<Target, true>> = perTarget(() => true);

/** The largest gain: 40 dB. */
const MOST_GAIN = 100;

/** Seconds that a change of gains takes, unless said otherwise. */
export const RAMP = 0.02;

/** @throws {ArgumentError} for what is no length of a ramp in seconds */
export function checkRamp(seconds: number): void {
  if (seconds >= 0 && seconds <= 60) return;
  throw new ArgumentError(`A ramp lasts 0 to 60 seconds, not ${shown(seconds)}.`);
}

/** @throws {ArgumentError} for other names than stems', and for gains that are no numbers of 0 to 100 */
export function checkGains(gains: StemGains): void {
  checkOptions(gains, gainNames, "gains");
  for (const [name, gain] of Object.entries(gains)) {
    if (gain === undefined || (Number.isFinite(gain) && gain >= 0 && gain <= MOST_GAIN)) continue;
    throw new ArgumentError(
      `The gain of ${name} must be a number of 0 to ${MOST_GAIN}, not ${shown(gain)}.`,
    );
  }
}

export class GainMixer {
  readonly #now = new Float64Array(targets.length).fill(1);
  readonly #goal = new Float64Array(targets.length).fill(1);
  readonly #step = new Float64Array(targets.length);
  /** Samples until the goal is reached. */
  #left = 0;

  /** The gains that are set, reached or not. */
  get gains(): Readonly<Record<Target, number>> {
    return perTarget((_, j) => this.#goal[j]);
  }

  /** Moves to other gains within so many samples; 0: at once. */
  set(gains: StemGains, samples: number): void {
    for (const [j, target] of targets.entries()) {
      this.#goal[j] = gains[target] ?? this.#goal[j];
      this.#step[j] = samples > 0 ? (this.#goal[j] - this.#now[j]) / samples : 0;
    }
    this.#left = samples;
    if (samples === 0) this.#now.set(this.#goal);
  }

  /** Gains are as they are set from here on. */
  settle(): void {
    this.#left = 0;
    this.#now.set(this.#goal);
  }

  /**
   * Adds up the stems.
   * @param stems rows of equal length, target-major, `into.length` channels each
   * @param into channels of that length, overwritten
   */
  mix(stems: readonly Float32Array[], into: readonly Float32Array[]): void {
    const channels = into.length;
    const { length } = into[0];
    const ramp = Math.min(length, this.#left);
    for (const channel of into) channel.fill(0);
    for (let j = 0; j < targets.length; j++) {
      const goal = this.#goal[j];
      for (let c = 0; c < channels; c++) {
        const stem = stems[j * channels + c];
        const sum = into[c];
        let gain = this.#now[j];
        for (let i = 0; i < ramp; i++) {
          gain += this.#step[j];
          sum[i] += gain * stem[i];
        }
        for (let i = ramp; i < length; i++) sum[i] += goal * stem[i];
      }
      this.#now[j] = ramp < this.#left ? this.#now[j] + ramp * this.#step[j] : goal;
    }
    this.#left -= ramp;
  }
}
