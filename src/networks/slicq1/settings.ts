/** Settings of the networks of xumx-sliCQ version 1, in our files and in the original's. */
import { ArgumentError } from "../../errors.ts";
import type { TransformSettings } from "../../transforms/index.ts";
import { FMAX } from "../../transforms/slicqt/index.ts";
import { type Fields, unsupported } from "../fields.ts";
import type { TrainingFacts } from "../network.ts";

/** Name of the family in files. */
export const familyName = "slicq1";

/** Scales that version 1 knows; "oct" has so many bins in an octave. */
const scaleNames = ["bark", "mel", "cqlog", "vqlog", "oct"] as const;

/** The frequency scale of a model. */
export interface FirstScale {
  readonly name: (typeof scaleNames)[number];
  /** Number of frequencies, before 0 Hz and 22050 Hz are added; of "oct" in an octave. */
  readonly bins: number;
  /** Lowest frequency in Hz. */
  readonly fmin: number;
  /** Offset in Hz, used by `vqlog` alone. */
  readonly gamma: number;
}

/** All about a network of this family but its numbers. */
export interface Slicq1Settings {
  readonly family: typeof familyName;
  readonly scale: FirstScale;
  /** Highest frequency of the networks, Hz: above it the mixture is every stem. */
  readonly bandwidth: number;
}

/** The gamma of every model of the original, which does not store it. */
const originalGamma = 25;

const MOST_BINS = 4096;

function readScale(
  fields: Fields,
  [name, bins, fmin]: readonly [string, string, string],
): Omit<FirstScale, "gamma"> {
  return {
    name: fields.oneOf(name, scaleNames),
    bins: fields.whole(bins, 2, MOST_BINS),
    fmin: fields.between(fmin, 0, FMAX),
  };
}

function readBandwidth(fields: Fields): number {
  return fields.between("bandwidth", 0, 2 * FMAX);
}

/** Settings from the metadata of our files. @throws WeightsError naming the field at fault */
export function readSettings(metadata: Fields): Slicq1Settings {
  const scale = metadata.fields("scale");
  return {
    family: familyName,
    scale: { ...readScale(scale, ["name", "bins", "fmin"]), gamma: scale.number("gamma") },
    bandwidth: readBandwidth(metadata),
  };
}

/** Whether a json beside weights is version 1's: version 2 has no bandwidth, Open-Unmix no scale. */
export function recognises(json: Fields): boolean {
  if (typeof json.optional("args") !== "object") return false;
  const args = json.fields("args");
  return args.optional("bandwidth") !== undefined && args.optional("fscale") !== undefined;
}

/** Settings from the original's `xumx_slicq.json`. @throws WeightsError naming the field at fault */
export function readOriginal(json: Fields): {
  readonly settings: Slicq1Settings;
  readonly training: TrainingFacts;
} {
  const args = json.fields("args");
  if (args.optional("umx_bilstm") === true) {
    throw unsupported("The model is of the BiLSTM variant, which is not supported.");
  }
  if (args.number("nb_channels") !== 2) {
    throw unsupported(`The model has ${args.number("nb_channels")} channels, not 2.`);
  }
  return {
    settings: {
      family: familyName,
      scale: { ...readScale(args, ["fscale", "fbins", "fmin"]), gamma: originalGamma },
      bandwidth: readBandwidth(args),
    },
    training: {
      ...json.numberAs("epochs_trained", "epochs"),
      ...json.numberAs("best_epoch", "bestEpoch"),
      ...json.numberAs("best_loss", "bestLoss"),
      ...args.numberAs("batch_size", "batchSize"),
      ...args.numberAs("seq_dur", "excerptSeconds"),
      ...args.numberAs("lr", "learningRate"),
      ...args.numberAs("weight_decay", "weightDecay"),
    },
  };
}

/**
 * The original's json, with what is known of the training.
 * @throws ArgumentError if the original would run the model with another transform
 */
export function originalJson(
  { scale, bandwidth }: Slicq1Settings,
  training: TrainingFacts,
): Readonly<Record<string, unknown>> {
  if (scale.name === "vqlog" && scale.gamma !== originalGamma) {
    throw new ArgumentError(
      `The original runs every vqlog model with a gamma of ${originalGamma} Hz; this one has ${scale.gamma}.`,
      "Export it as safetensors.",
    );
  }
  const fact = (name: string) => (typeof training[name] === "number" ? training[name] : undefined);
  return {
    args: {
      bandwidth,
      batch_size: fact("batchSize"),
      fbins: scale.bins,
      fmin: scale.fmin,
      fscale: scale.name,
      lr: fact("learningRate"),
      mcoef: 0.1,
      nb_channels: 2,
      seq_dur: fact("excerptSeconds") ?? 1,
      weight_decay: fact("weightDecay"),
    },
    best_epoch: fact("bestEpoch"),
    best_loss: fact("bestLoss"),
    epochs_trained: fact("epochs"),
  };
}

/** The transform of a network. */
export function transformOf({ scale }: Pick<Slicq1Settings, "scale">): TransformSettings {
  const { name, bins, fmin, gamma } = scale;
  const own = { kind: "slicqt", fmin, gamma, version: 1 } as const;
  if (name !== "oct") return { ...own, scale: name, bins };
  return { ...own, scale: "cqlog", bins: Math.ceil(Math.log2(FMAX / fmin) * bins) + 1 };
}
