/** From the flags of the command line to a training's recipe. */
import { ArgumentError } from "../errors.ts";
import type { Model } from "../models/index.ts";
import type { FamilyName } from "../networks/index.ts";
import type { RuntimePreference } from "../runtime/index.ts";
import type { Augmentation } from "../training/data/index.ts";
import type { HaaqiTraining } from "../training/index.ts";
import {
  coupledRecipe,
  originalRecipe,
  type Recipe,
  slicq1Recipe,
  umxRecipe,
  xumxRecipe,
} from "../training/loop/index.ts";
import { type RecurrentSizes, sizesOfModel } from "../training/umx/sizes.ts";
import type { ScaleName } from "../transforms/slicqt/index.ts";
import type { LossChoice } from "./lossFlags.ts";

/** What is given on the command line; settings of the recipe that are not are undefined. */
export interface TrainFlags {
  readonly data: readonly string[];
  readonly validData?: readonly string[];
  readonly sounds?: readonly string[];
  readonly out: string;
  readonly cache: string;
  readonly name?: string;
  readonly licence?: string;
  readonly init?: string;
  readonly resume?: true;
  readonly debug?: true;
  readonly quiet?: true;
  readonly timeLimit?: number;
  readonly checkpointEvery: number;
  readonly previewEvery: number;
  readonly nbWorkers: number;
  readonly threads: number;
  readonly runtime: RuntimePreference;

  readonly fscale?: ScaleName;
  readonly fbins?: number;
  readonly fmin?: number;
  readonly fgamma?: number;
  readonly realtime?: true;
  readonly phase?: "mix" | "wiener-em";
  readonly family?: FamilyName;
  readonly channels?: number;
  readonly dilations?: readonly number[];
  readonly hidden?: readonly number[];
  readonly target?: readonly string[];
  readonly nfft?: number;
  readonly nhop?: number;
  readonly bandwidth?: number;
  readonly unidirectional?: true;
  readonly timeTaps?: number;
  readonly seqDur?: number;
  readonly batchSize?: number;
  readonly samplesPerTrack?: number;
  readonly augment?: readonly Augmentation[];
  readonly coherent?: number;
  readonly soundShare?: number;
  readonly seed?: number;
  readonly loss?: LossChoice;
  readonly maskSum?: number;
  readonly sdrMcoef?: number;
  readonly haaqiWeight?: number;
  readonly haaqiAudiograms?: string;
  readonly haaqiChannels?: number;
  readonly haaqiLevel?: number;
  readonly lr?: number;
  readonly schedule?: "plateau" | "cosine";
  readonly lrDecayPatience?: number;
  readonly lrDecayGamma?: number;
  readonly leastRate?: number;
  readonly warmup?: number;
  readonly weightDecay?: number;
  readonly clip?: number;
  readonly accumulate?: number;
  readonly ema?: number;
  readonly epochs?: number;
  readonly patience?: number;
  readonly batchSizeValid?: number;
  readonly validCrop?: number;
}

/** Updates over which the rate rises when a training starts from given weights. */
const FINE_TUNING_WARM_UP = 100;

const recipes: Readonly<Record<FamilyName, Recipe>> = {
  "xumx-slicq-v2": originalRecipe,
  slicq1: slicq1Recipe,
  coupled: coupledRecipe,
  umx: umxRecipe,
  xumx: xumxRecipe,
};

/** What a new training starts with: the original's recipe, for the network of the given weights. */
export function startingRecipe(flags: TrainFlags, init: Model | undefined): Recipe {
  const recipe = recipes[init?.config.family ?? flags.family ?? "xumx-slicq-v2"];
  const base = flags.sounds ? { ...recipe, sounds: 0.2 } : recipe;
  if (!init) return base;
  if (init.config.family === "coupled") {
    const { scale, realtime, sizes } = init.config;
    return { ...base, scale, realtime, sizes, warmUp: FINE_TUNING_WARM_UP };
  }
  if (init.config.family === "umx" || init.config.family === "xumx") {
    const recurrent = sizesOfModel(init.config, init.state);
    return { ...base, recurrent, warmUp: FINE_TUNING_WARM_UP };
  }
  if (init.config.family === "slicq1") {
    const { scale, bandwidth } = init.config;
    return { ...base, scale, bandwidth, warmUp: FINE_TUNING_WARM_UP };
  }
  const shape = (layer: number) => init.state.get(`sliced_umx.0.cdaes.0.${layer}.weight`)?.shape;
  const [inner, outer, , timeTaps] = shape(3) ?? [];
  const { scale, realtime } = init.config;
  return {
    ...base,
    scale,
    realtime,
    hidden: [outer ?? base.hidden[0], inner ?? base.hidden[1]],
    timeTaps: timeTaps ?? base.timeTaps,
    warmUp: FINE_TUNING_WARM_UP,
  };
}

/** The recipe with what the command line changes. @param haaqi that loss, which may need files */
export function recipeOf(
  flags: TrainFlags,
  base: Recipe,
  haaqi: HaaqiTraining | undefined,
): Recipe {
  const { scale, validation } = base;
  const { haaqi: _, ...losses } = base.losses;
  const clip = flags.clip ?? base.clip;
  const ema = flags.ema ?? base.ema;
  const phase = flags.phase ?? base.phase;
  const { family, sizes, recurrent } = base;
  const bandwidth = base.bandwidth === undefined ? undefined : (flags.bandwidth ?? base.bandwidth);
  return {
    ...(family && { family }),
    ...(sizes && {
      sizes: {
        ...sizes,
        channels: flags.channels ?? sizes.channels,
        dilations: flags.dilations ?? sizes.dilations,
      },
    }),
    ...(recurrent && { recurrent: recurrentOf(flags, recurrent) }),
    ...(bandwidth !== undefined && { bandwidth }),
    scale: {
      name: flags.fscale ?? scale.name,
      bins: flags.fbins ?? scale.bins,
      fmin: flags.fmin ?? scale.fmin,
      gamma: flags.fgamma ?? scale.gamma,
    },
    realtime: flags.realtime ?? base.realtime,
    ...(phase && { phase }),
    hidden: recurrent ? base.hidden : hiddenOf(flags, base.hidden),
    timeTaps: flags.timeTaps ?? base.timeTaps,
    excerpt: flags.seqDur ?? base.excerpt,
    batch: flags.batchSize ?? base.batch,
    samplesPerTrack: flags.samplesPerTrack ?? base.samplesPerTrack,
    augmentations: flags.augment ?? base.augmentations,
    coherent: flags.coherent ?? base.coherent,
    sounds: flags.soundShare ?? base.sounds,
    seed: flags.seed ?? base.seed,
    losses: {
      ...losses,
      spectral: flags.loss?.spectral ?? losses.spectral,
      maskSumWeight: flags.maskSum ?? losses.maskSumWeight,
      sdrWeight: flags.sdrMcoef === undefined ? losses.sdrWeight : Math.max(0, flags.sdrMcoef),
      ...(haaqi && { haaqi }),
    },
    learningRate: flags.lr ?? base.learningRate,
    schedule: scheduleOf(flags, base.schedule),
    warmUp: flags.warmup ?? base.warmUp,
    weightDecay: flags.weightDecay ?? base.weightDecay,
    ...(clip !== undefined && { clip }),
    accumulate: flags.accumulate ?? base.accumulate,
    ...(ema !== undefined && { ema }),
    epochs: flags.epochs ?? base.epochs,
    patience: flags.patience ?? base.patience,
    validation: {
      piece: flags.validCrop ?? validation.piece,
      middle: flags.validCrop !== undefined || validation.middle,
      batch: flags.batchSizeValid ?? validation.batch,
    },
  };
}

function hiddenOf({ hidden }: TrainFlags, base: Recipe["hidden"]): Recipe["hidden"] {
  if (!hidden) return base;
  if (hidden.length === 2) return [hidden[0], hidden[1]];
  throw new ArgumentError("--hidden takes two numbers for this family.", "As in --hidden 50,51.");
}

function recurrentOf(flags: TrainFlags, base: RecurrentSizes): RecurrentSizes {
  const { hidden, target, nfft, nhop, bandwidth, unidirectional } = flags;
  if (hidden && hidden.length !== 1) {
    throw new ArgumentError("--hidden takes one number for this family.", "As in --hidden 512.");
  }
  return {
    targets: target ?? base.targets,
    frameLength: nfft ?? base.frameLength,
    hop: nhop ?? base.hop,
    hidden: hidden?.[0] ?? base.hidden,
    unidirectional: unidirectional ?? base.unidirectional,
    bandwidth: bandwidth ?? base.bandwidth,
  };
}

function scheduleOf(flags: TrainFlags, base: Recipe["schedule"]): Recipe["schedule"] {
  const kind = flags.schedule ?? base.kind;
  if (kind === "cosine") {
    return { kind, least: flags.leastRate ?? (base.kind === kind ? base.least : 0) };
  }
  const { factor, patience } = base.kind === kind ? base : { factor: 0.3, patience: 80 };
  return {
    kind,
    factor: flags.lrDecayGamma ?? factor,
    patience: flags.lrDecayPatience ?? patience,
  };
}
