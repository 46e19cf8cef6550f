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
  ): Promise<EarScores> {
    const [scores] = await this.scoreAll(reference, [estimate], sampleRate, gain, signal);
    return scores;
  }

  /**
   * The same scores of several estimates, each from the same state of the noise; the reference's ears work once.
   * @param estimates equally long.
   * @throws ArgumentError for other numbers of channels, and as {@link Haaqi.scoreAll}.
   */
  async scoreAll(
    reference: Source,
    estimates: readonly Source[],
    sampleRate: number,
    gain: "aid" | "as it is",
    signal?: AbortSignal,
  ): Promise<readonly EarScores[]> {
    for (const { length } of [reference, ...estimates]) {
      if (length === 2) continue;
      throw new ArgumentError(
        `Two ears need two channels, not ${length}.`,
        "Give stereo; for a mono signal give it twice.",
      );
    }
    const { ears, level } = this.#settings;
    const heard = estimates.map((estimate) =>
      gain === "aid" ? hearingAid([estimate[0], estimate[1]], ears, sampleRate) : estimate,
    );
    const ear = (c: 0 | 1) =>
      this.#haaqi.scoreAll(
        reference[c],
        heard.map((channels) => channels[c]),
        sampleRate,
        {
          audiogram: c === 0 ? ears.left : ears.right,
          level,
          noise: this.#noise,
          ...(signal && { signal }),
        },
      );
    const left = await ear(0);
    const right = await ear(1);
    return left.map((score, i) => [score, right[i]]);
  }
}

/** Scores of the left and the right ear. */
export type EarScores = readonly [
  left: HaaqiScore | "silent reference",
  right: HaaqiScore | "silent reference",
];

/** Mean over the ears that have a score; NaN where none has. */
export function meanOfEars(scores: readonly (HaaqiScore | "silent reference")[]): number {
  const known = scores.flatMap((score) => (score === "silent reference" ? [] : [score.haaqi]));
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}
