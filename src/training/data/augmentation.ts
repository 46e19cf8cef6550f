/** What is changed at random in every source of an item before the sources are mixed. */
import { ArgumentError } from "../../errors.ts";
import { equalise, randomBands } from "./equaliser.ts";
import type { Random } from "./random.ts";
import { changeSpeed, samplesForSpeed } from "./speed.ts";
import { eachChannel, type StereoSamples } from "./stereo.ts";
import { samplesForStretch, stretch } from "./stretch.ts";

/** The kinds of augmentation, in the order in which they are applied. */
export const augmentations = [
  /** Tempo alone, by up to a tenth. */
  "tempo",
  /** Pitch alone, by up to three semitones. */
  "pitch",
  /** Pitch and tempo together, as a tape, by up to a tenth. */
  "speed",
  /** Three bands of up to ±6 dB. */
  "equaliser",
  /** The difference of the channels times 0 to 1.5. */
  "width",
  /** The sign turned. */
  "polarity",
  /** A factor of 0.25 to 1.25. The original's. */
  "gain",
  /** Left and right exchanged. The original's. */
  "swap",
  /** A source left out, though never the last one. */
  "silence",
] as const;

/** A way of altering excerpts. */
export type Augmentation = (typeof augmentations)[number];

/** The original's recipe. */
export const originalAugmentations: readonly Augmentation[] = ["gain", "swap"];

/** How often each is applied to a source; gain is always. */
const probability = {
  tempo: 0.4,
  pitch: 0.4,
  speed: 0.4,
  equaliser: 0.5,
  width: 0.5,
  polarity: 0.5,
  swap: 0.5,
  silence: 0.08,
} as const;

/** Largest change of tempo or speed, and of pitch in semitones. */
const RATE_RANGE = 0.1;
const SEMITONES = 3;
/** dB. */
const EQUALISER_RANGE = 6;

/** The kinds in a list of names. @throws ArgumentError naming what is none. */
export function parseAugmentations(names: readonly string[]): readonly Augmentation[] {
  const unknown = names.find((name) => !augmentations.some((known) => known === name));
  if (unknown !== undefined) {
    throw new ArgumentError(
      `There is no augmentation "${unknown}".`,
      `Known are: ${augmentations.join(", ")}.`,
    );
  }
  return augmentations.filter((name) => names.includes(name));
}

/** Changes of time: they say how much of a song is to be read. Sources of one song share them. */
export interface TimeChange {
  /** Of the tempo alone. */
  readonly tempo: number;
  /** Of the frequencies alone. */
  readonly pitch: number;
  /** Of both. */
  readonly speed: number;
}

/** Draws the changes of time. */
export function drawTimeChange(random: Random, kinds: readonly Augmentation[]): TimeChange {
  const rate = (kind: "tempo" | "pitch" | "speed", draw: () => number) =>
    kinds.includes(kind) && random.chance(probability[kind]) ? draw() : 1;
  const around = () => random.uniform(1 - RATE_RANGE, 1 + RATE_RANGE);
  return {
    tempo: rate("tempo", around),
    pitch: rate("pitch", () => 2 ** (random.uniform(-SEMITONES, SEMITONES) / 12)),
    speed: rate("speed", around),
  };
}

/** Samples of a song that {@link changeTime} needs for `samples` of result. */
export function samplesToRead(samples: number, change: TimeChange): number {
  const { resampling, tempo } = combined(change);
  const stretched = resampling === 1 ? samples : samplesForSpeed(samples, resampling);
  return tempo === 1 ? stretched : samplesForStretch(stretched, tempo);
}

/** Applies changes of time. */
export function changeTime(
  source: StereoSamples,
  change: TimeChange,
  samples: number,
): StereoSamples {
  const { resampling, tempo } = combined(change);
  const stretched =
    tempo === 1
      ? source
      : stretch(source, tempo, resampling === 1 ? samples : samplesForSpeed(samples, resampling));
  if (resampling === 1) return eachChannel(stretched, (channel) => channel.subarray(0, samples));
  return changeSpeed(stretched, resampling, samples);
}

/** Pitch is resampling with the tempo taken back: at most one stretch and one resampling are needed. */
function combined({ tempo, pitch, speed }: TimeChange) {
  return { resampling: pitch * speed, tempo: tempo / pitch };
}

/** Applies what does not change time; the arrays given may be changed. */
export function colour(
  random: Random,
  kinds: readonly Augmentation[],
  source: StereoSamples,
): StereoSamples {
  const applies = (kind: keyof typeof probability) =>
    kinds.includes(kind) && random.chance(probability[kind]);
  const [left, right] = applies("equaliser")
    ? equalise(source, randomBands(random, EQUALISER_RANGE))
    : source;
  if (applies("width")) widen(left, right, random.uniform(0, 1.5));
  const sign = applies("polarity") ? -1 : 1;
  const gain = sign * (kinds.includes("gain") ? random.uniform(0.25, 1.25) : 1);
  if (gain !== 1) {
    for (const channel of [left, right]) {
      for (let i = 0; i < channel.length; i++) channel[i] *= gain;
    }
  }
  return applies("swap") ? [right, left] : [left, right];
}

/** Multiplies the difference of the channels. */
function widen(left: Float32Array, right: Float32Array, width: number): void {
  for (let i = 0; i < left.length; i++) {
    const mid = 0.5 * (left[i] + right[i]);
    const side = 0.5 * width * (left[i] - right[i]);
    left[i] = mid + side;
    right[i] = mid - side;
  }
}

/** Which of `count` sources are left out. */
export function drawSilences(
  random: Random,
  kinds: readonly Augmentation[],
  count: number,
): readonly boolean[] {
  const silent = Array.from(
    { length: count },
    () => kinds.includes("silence") && random.chance(probability.silence),
  );
  if (silent.every((left) => left)) silent[random.integer(count)] = false;
  return silent;
}
