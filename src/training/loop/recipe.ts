/** Everything that decides the course of a training, apart from the songs: plain data, kept in every checkpoint. */
import { ArgumentError } from "../../errors.ts";
import { checkAudiogram } from "../../metrics/haaqi/audiogram.ts";
import { LEAST_SECONDS } from "../../metrics/haaqi/haaqi.ts";
import { type Architecture, frequencyTapsFor } from "../../networks/cdae/index.ts";
import { type CoupledSizes, smallSizes } from "../../networks/coupled/index.ts";
import type { FamilyName, ModelScale, NetworkSettings } from "../../networks/index.ts";
import { type FirstScale, type Slicq1Settings, transformOf } from "../../networks/slicq1/index.ts";
import { planSliCQT, SAMPLE_RATE, type ScaleOptions } from "../../transforms/slicqt/index.ts";
import { type Augmentation, originalAugmentations } from "../data/index.ts";
import {
  type LossSettings,
  originalLosses,
  originalPhase,
  type TrainingPhase,
} from "../settings.ts";
import {
  checkSizes,
  originalSizes,
  type RecurrentSizes,
  type SongFamilyName,
  songSettings,
} from "../umx/sizes.ts";

/** How the learning rate goes. */
export type Schedule =
  /** Lowered when the validation loss has not improved for some epochs. The original's. */
  | { readonly kind: "plateau"; readonly factor: number; readonly patience: number }
  /** Falls along half a cosine over all epochs, to a share of its peak. */
  | { readonly kind: "cosine"; readonly least: number };

/** Everything that decides the course of a training, apart from the songs. */
export interface Recipe {
  /** Which kind of network; default "xumx-slicq-v2", of which are `hidden` and `timeTaps`. */
  readonly family?: FamilyName;
  /** Sizes of a band-coupled network. */
  readonly sizes?: CoupledSizes;
  /** Sizes of a network of whole songs, of the families umx and xumx. */
  readonly recurrent?: RecurrentSizes;
  readonly scale: ModelScale | FirstScale;
  readonly realtime: boolean;
  /** Highest frequency of the networks of version 1, Hz (family slicq1). */
  readonly bandwidth?: number;
  /** How stems get their phase while training; by default as the original: mix phase for realtime, else Wiener-EM. */
  readonly phase?: TrainingPhase["method"];
  /** Channels of the outer and of the inner layers, and the inner kernels' width in half slices. */
  readonly hidden: readonly [number, number];
  readonly timeTaps: number;

  /** Seconds of an excerpt. */
  readonly excerpt: number;
  /** Items of a batch. */
  readonly batch: number;
  /** Items of an epoch for every training song. */
  readonly samplesPerTrack: number;
  readonly augmentations: readonly Augmentation[];
  /** Share of items whose sources come from one song at one place. */
  readonly coherent: number;
  /** Probability that a source is a single sound, where there are any. */
  readonly sounds: number;
  readonly seed: number;

  readonly losses: LossSettings;
  readonly learningRate: number;
  readonly schedule: Schedule;
  /** Updates over which the rate rises. */
  readonly warmUp: number;
  readonly weightDecay: number;
  /** Largest global norm of the gradients. */
  readonly clip?: number;
  /** Batches whose gradients make one update. */
  readonly accumulate: number;
  /** Decay of the average of weights that is validated and kept. */
  readonly ema?: number;

  readonly epochs: number;
  /** Epochs without improvement after which the training ends. */
  readonly patience: number;
  readonly validation: ValidationSettings;
}

/** On what of the songs the network is validated. */
export interface ValidationSettings {
  /** Seconds of the pieces that songs are cut into; at most so much is worked on at once for each item. */
  readonly piece: number;
  /** Only one piece of each song, from its middle. */
  readonly middle: boolean;
  /** Pieces of a batch. */
  readonly batch: number;
}

/** The original's recipe: its options' defaults, and what it has no options for. */
export const originalRecipe: Recipe = {
  scale: { name: "bark", bins: 262, fmin: 32.9, gamma: 0 },
  realtime: false,
  hidden: [50, 51],
  timeTaps: 4,
  excerpt: 2,
  batch: 32,
  samplesPerTrack: 64,
  augmentations: originalAugmentations,
  coherent: 0,
  sounds: 0,
  seed: 42,
  losses: originalLosses,
  learningRate: 1e-3,
  schedule: { kind: "plateau", factor: 0.3, patience: 80 },
  warmUp: 0,
  weightDecay: 1e-5,
  accumulate: 1,
  epochs: 1000,
  patience: 1000,
  validation: { piece: 10, middle: false, batch: 1 },
};

/**
 * The scale as the transform's options.
 * @throws ArgumentError for a scale that the family does not know
 */
export function scaleOptions(recipe: Recipe): ScaleOptions {
  const first = firstSettings(recipe);
  if (first) {
    const { kind: _, ...options } = transformOf(first);
    return options;
  }
  const { bins, fmin, gamma, name } = secondScale(recipe);
  const options = { scale: name, bins, fmin, gamma };
  return recipe.family === "coupled" ? { ...options, windowMultiple: 16 } : options;
}

/** The scale of a network of another family than version 1's. @throws ArgumentError for one that only that knows */
function secondScale({ scale }: Recipe): ModelScale {
  const { name, ...sizes } = scale;
  if (name !== "oct") return { name, ...sizes };
  throw new ArgumentError("The scale oct is known to the family slicq1 alone.");
}

/** Settings of a recipe's network of version 1; undefined where it is of another kind. @throws ArgumentError as above */
export function firstSettings({
  family,
  scale,
  bandwidth = 16000,
}: Recipe): Slicq1Settings | undefined {
  if (family !== "slicq1") return undefined;
  const { name, ...sizes } = scale;
  if (name !== "linear" && name !== "mrstft") {
    return { family, scale: { name, ...sizes }, bandwidth };
  }
  throw new ArgumentError(
    `The scale ${name} is none of the family slicq1.`,
    "Use bark, mel, cqlog or vqlog.",
  );
}

/** The recipe of band-coupled networks: mixes of one song for the most part, by mix phase, towards the SDR. */
export const coupledRecipe: Recipe = {
  ...originalRecipe,
  family: "coupled",
  sizes: smallSizes,
  phase: "mix",
  excerpt: 4,
  batch: 4,
  samplesPerTrack: 8,
  augmentations: ["swap", "polarity", "speed"],
  coherent: 0.7,
  losses: { spectral: "sdr", spectralWeight: 1, maskSumWeight: 0, sdrWeight: 0 },
  learningRate: 8e-3,
  schedule: { kind: "cosine", least: 0.02 },
  warmUp: 50,
  weightDecay: 1e-4,
  clip: 1,
  ema: 0.995,
  epochs: 100,
  validation: { piece: 10, middle: false, batch: 4 },
};

/** The recipe of xumx-sliCQ version 1: errors of magnitudes; the SDR of waveforms counts, but is not followed. */
export const slicq1Recipe: Recipe = {
  ...originalRecipe,
  family: "slicq1",
  scale: { name: "bark", bins: 262, fmin: 32.9, gamma: 25 },
  bandwidth: 16000,
  excerpt: 1,
  losses: { spectral: "magnitude", spectralWeight: 1, maskSumWeight: 0, sdrWeight: 0.1 },
};

/** The network of whole songs that a recipe trains; undefined where it is of another kind. */
export function songTraining({
  family,
  recurrent,
}: Recipe): { readonly family: SongFamilyName; readonly sizes: RecurrentSizes } | undefined {
  if (family !== "umx" && family !== "xumx") return undefined;
  return { family, sizes: recurrent ?? originalSizes[family] };
}

/** Sizes of a recipe's band-coupled network; undefined where it is of another kind. */
export function coupledSizes({ family, sizes }: Recipe): CoupledSizes | undefined {
  return family === "coupled" ? (sizes ?? smallSizes) : undefined;
}

/** Samples of an excerpt. */
export function excerptSamples({ excerpt }: Recipe): number {
  return Math.round(excerpt * SAMPLE_RATE);
}

/** The phase step of a recipe. */
export function recipePhase({ realtime, phase, family }: Recipe): TrainingPhase {
  if (family === "slicq1") return { method: "mix" };
  return originalPhase(phase === undefined ? realtime : phase === "mix");
}

/** Settings of a recipe's network, as models keep them. */
export function recipeSettings(recipe: Recipe): NetworkSettings {
  const { realtime } = recipe;
  const song = songTraining(recipe);
  if (song) return songSettings(song.family, song.sizes);
  const first = firstSettings(recipe);
  if (first) return first;
  const scale = secondScale(recipe);
  const sizes = coupledSizes(recipe);
  return sizes
    ? { family: "coupled", scale, realtime, sizes }
    : { family: "xumx-slicq-v2", scale, realtime };
}

/** The network of a recipe of xumx-sliCQ-V2's kind. */
export function recipeArchitecture(recipe: Recipe): Architecture {
  const { realtime, hidden, timeTaps } = recipe;
  const blocks = planSliCQT(scaleOptions(recipe)).blocks.map(({ bins, coefs }) => ({
    bins,
    coefs,
    frequencyTaps: frequencyTapsFor(bins),
  }));
  return { realtime, blocks, hidden, timeTaps };
}

/**
 * Makes sure that a recipe can be followed.
 *
 * @throws ArgumentError naming the setting that is out of its range
 */
export function checkRecipe(recipe: Recipe): void {
  const { schedule, validation, losses } = recipe;
  if (
    recipe.family === "coupled" &&
    (losses.spectral !== "sdr" || losses.sdrWeight > 0 || losses.haaqi !== undefined)
  ) {
    throw new ArgumentError(
      "Band-coupled networks are trained with the loss sdr.",
      "Leave --loss and --sdr-mcoef out.",
    );
  }
  if (firstSettings(recipe)) {
    const { spectral, spectralWeight, maskSumWeight, haaqi } = losses;
    const own = spectral === "magnitude" && spectralWeight === 1 && maskSumWeight === 0 && !haaqi;
    const sizes = ({ hidden, timeTaps }: Recipe) => [...hidden, timeTaps].join();
    const isSized = sizes(recipe) !== sizes(slicq1Recipe);
    if (!own || isSized || recipe.phase !== undefined || recipe.realtime) {
      throw new ArgumentError(
        "Networks of version 1 have one size, and are trained towards errors of magnitudes, without a phase step.",
        "Leave --realtime, --phase, --loss, --mask-sum, --hidden and --time-taps out.",
      );
    }
  }
  const song = songTraining(recipe);
  if (song) {
    const own = JSON.stringify(losses) === JSON.stringify(originalLosses);
    if (!own || recipe.phase !== undefined || recipe.realtime) {
      throw new ArgumentError(
        `Networks of the family ${song.family} see whole songs, and have losses of their own.`,
        "Leave --realtime, --phase, --loss, --mask-sum and --sdr-mcoef out.",
      );
    }
    checkSizes(song.family, song.sizes);
  }
  const check = (name: string, value: number, wanted: string, good: boolean) => {
    if (!Number.isFinite(value) || !good) {
      throw new ArgumentError(`The ${name} must be ${wanted}, not ${value}.`);
    }
  };
  const whole = (name: string, value: number, least = 1) =>
    check(
      name,
      value,
      `a whole number from ${least}`,
      Number.isSafeInteger(value) && value >= least,
    );
  const share = (name: string, value: number) =>
    check(name, value, "from 0 to 1", value >= 0 && value <= 1);
  const positive = (name: string, value: number) => check(name, value, "above 0", value > 0);
  for (const channels of recipe.hidden) whole("hidden sizes", channels);
  whole("time taps", recipe.timeTaps);
  if (recipe.bandwidth !== undefined) positive("bandwidth", recipe.bandwidth);
  positive("length of an excerpt", recipe.excerpt);
  whole("batch size", recipe.batch);
  whole("samples per track", recipe.samplesPerTrack);
  whole("seed", recipe.seed, 0);
  whole("epochs", recipe.epochs);
  whole("patience", recipe.patience);
  whole("accumulated batches", recipe.accumulate);
  whole("warm-up", recipe.warmUp, 0);
  share("share of coherent mixes", recipe.coherent);
  share("share of single sounds", recipe.sounds);
  positive("learning rate", recipe.learningRate);
  check("weight decay", recipe.weightDecay, "0 or more", recipe.weightDecay >= 0);
  if (recipe.clip !== undefined) positive("largest gradient norm", recipe.clip);
  if (recipe.ema !== undefined) {
    check(
      "decay of the average",
      recipe.ema,
      "from 0 to below 1",
      recipe.ema >= 0 && recipe.ema < 1,
    );
  }
  if (schedule.kind === "plateau") {
    check(
      "decay of the rate",
      schedule.factor,
      "between 0 and 1",
      schedule.factor > 0 && schedule.factor < 1,
    );
    whole("patience of the rate", schedule.patience, 0);
  } else {
    share("least rate", schedule.least);
  }
  if (losses.haaqi) {
    const { weight, audiograms, channels, level } = losses.haaqi;
    check("weight of HAAQI", weight, "0 or more", weight >= 0);
    whole("stem-channels that HAAQI hears", channels);
    check("level of HAAQI's reference", level, "0 to 130 dB SPL", level >= 0 && level <= 130);
    check(
      "excerpt for HAAQI",
      recipe.excerpt,
      `${LEAST_SECONDS} s or more`,
      recipe.excerpt >= LEAST_SECONDS,
    );
    if (audiograms !== "random") {
      whole("number of audiograms", audiograms.length);
      for (const audiogram of audiograms) checkAudiogram(audiogram);
    }
  }
  positive("length of a validation piece", validation.piece);
  whole("batch size of the validation", validation.batch);
}

/** What may change when a training goes on: its length, and how it is watched. */
const free: ReadonlySet<string> = new Set(["epochs", "patience", "validation"]);

/** Names of the settings in which two recipes differ, but for those that may change on the way. */
export function changedSettings(from: Recipe, to: Recipe): readonly string[] {
  const before = new Map<string, unknown>(Object.entries(from));
  const after = new Map<string, unknown>(Object.entries(to));
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter(
    (name) =>
      !free.has(name) && JSON.stringify(before.get(name)) !== JSON.stringify(after.get(name)),
  );
}
