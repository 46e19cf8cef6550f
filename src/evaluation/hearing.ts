/** HAAQI of stems, as a listener with a linear hearing aid would hear them. */
import { ArgumentError } from "../errors.ts";
import type { Source } from "../metrics/bss/criteria.ts";
import { Haaqi, type HaaqiScore } from "../metrics/haaqi/haaqi.ts";
import { hearingAid } from "../metrics/haaqi/hearingAid.ts";
import { LegacyRandom } from "../metrics/haaqi/legacyRandom.ts";
import type { Ears } from "../metrics/haaqi/listeners.ts";

/** Who listens, and how: can be sent between threads. */
export interface HearingSettings {
  /** Of the audiogram, for tables and files. */
  readonly name: string;
  readonly ears: Ears;
  /** Level of the reference, dB SPL. */
  readonly level: number;
  /** Seed of the model's noise, anew for every song; or "off". */
  readonly noise: number | "off";
}

/** The settings in words, as they stand beside every result. */
export function describeHearing({ name, level, noise }: Omit<HearingSettings, "ears">): string {
  const seed = noise === "off" ? "noise off" : `noise seed ${noise}`;
  return `audiogram ${name}, reference at ${level} dB SPL, 24 kHz, ${seed}`;
}

/** Scores the stems of one song, one after the other: the noise goes on from stem to stem. */
export class HearingScorer {
  readonly #haaqi = new Haaqi();
  readonly #settings: HearingSettings;
  readonly #noise: LegacyRandom | "off";

  constructor(settings: HearingSettings) {
    this.#settings = settings;
    this.#noise = settings.noise === "off" ? "off" : new LegacyRandom(settings.noise);
  }

  /**
   * One ear after the other.
   * @param estimate as it was separated; "aid": it is amplified by NAL-R for each ear; "as it is": that was done before.
   * @param sampleRate Hz.
   * @returns a score for each of two channels.
   * @throws ArgumentError for other numbers of channels, and as {@link Haaqi.score}.
   */
  async score(
    reference: Source,
    estimate: Source,
    sampleRate: number,
    gain: "aid" | "as it is",
    signal?: AbortSignal,
  ): Promise<readonly [HaaqiScore | "silent reference", HaaqiScore | "silent reference"]> {
    if (reference.length !== 2 || estimate.length !== 2) {
      throw new ArgumentError(
        `Two ears need two channels, not ${reference.length} and ${estimate.length}.`,
        "Give stereo; for a mono signal give it twice.",
      );
    }
    const { ears, level } = this.#settings;
    const heard =
      gain === "aid" ? hearingAid([estimate[0], estimate[1]], ears, sampleRate) : estimate;
    const ear = (c: 0 | 1) =>
      this.#haaqi.score(reference[c], heard[c], sampleRate, {
        audiogram: c === 0 ? ears.left : ears.right,
        level,
        noise: this.#noise,
        ...(signal && { signal }),
      });
    return [await ear(0), await ear(1)];
  }
}

/** Mean over the ears that have a score; NaN where none has. */
export function meanOfEars(scores: readonly (HaaqiScore | "silent reference")[]): number {
  const known = scores.flatMap((score) => (score === "silent reference" ? [] : [score.haaqi]));
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}
