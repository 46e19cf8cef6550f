/** Settings of xumx-sliCQ-V2's networks, in our files and in the original's. */
import { ArgumentError } from "../../errors.ts";
import { type Fields, unsupported } from "../fields.ts";
import type { TrainingFacts } from "../network.ts";
import { type ModelScale, readScale } from "../scale.ts";

/** Name of the family in files. */
export const familyName: CdaeSettings["family"] = "xumx-slicq-v2";

/** All about a network of this family but its numbers; hidden sizes follow from the shapes of its tensors. */
export interface CdaeSettings {
  readonly family: "xumx-slicq-v2";
  readonly scale: ModelScale;
  /** True for the causal network with mixture phase, false for the offline one with Wiener-EM. */
  readonly realtime: boolean;
}

/** The gamma at which the original runs every model, whatever its json says. */
const inferenceGamma = 15;

/** Settings from the metadata of our files. */
export function readSettings(metadata: Fields): CdaeSettings {
  const scale = metadata.fields("scale");
  return {
    family: familyName,
    scale: {
      ...readScale(scale, { name: "name", bins: "bins", fmin: "fmin" }),
      gamma: scale.number("gamma"),
    },
    realtime: metadata.boolean("realtime"),
  };
}

/**
 * Settings from the original's `xumx_slicq_v2.json`.
 *
 * The stored `fgamma` is ignored, as the original does: it separates with its transform's default, 15 Hz.
 */
export function readOriginal(json: Fields): {
  readonly settings: CdaeSettings;
  readonly training: TrainingFacts;
} {
  const args = json.fields("args");
  if (args.optional("lstm") === true) {
    throw unsupported("The model is of the LSTM variant, which is not supported yet.");
  }
  if (args.number("sample_rate") !== 44100) {
    throw unsupported(`The model's sample rate is ${args.number("sample_rate")}, not 44100.`);
  }
  if (args.optional("nb_channels") !== undefined && args.number("nb_channels") !== 2) {
    throw unsupported(`The model has ${args.number("nb_channels")} channels, not 2.`);
  }
  return {
    settings: {
      family: familyName,
      scale: {
        ...readScale(args, { name: "fscale", bins: "fbins", fmin: "fmin" }),
        gamma: inferenceGamma,
      },
      realtime: args.boolean("realtime"),
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
 *
 * @throws ArgumentError if the original would run the model with another transform
 */
export function originalJson(
  { scale, realtime }: CdaeSettings,
  training: TrainingFacts,
): Readonly<Record<string, unknown>> {
  if (scale.name === "vqlog" && scale.gamma !== inferenceGamma) {
    throw new ArgumentError(
      `The original runs every vqlog model with a gamma of ${inferenceGamma} Hz; this one has ${scale.gamma}.`,
      "Export it as safetensors.",
    );
  }
  const fact = (name: string) => (typeof training[name] === "number" ? training[name] : undefined);
  return {
    args: {
      batch_size: fact("batchSize"),
      fbins: scale.bins,
      fgamma: scale.gamma,
      fmin: scale.fmin,
      fscale: scale.name,
      lr: fact("learningRate"),
      lstm: false,
      nb_channels: 2,
      realtime,
      sample_rate: 44100,
      seq_dur: fact("excerptSeconds") ?? 2,
      weight_decay: fact("weightDecay"),
    },
    best_epoch: fact("bestEpoch"),
    best_loss: fact("bestLoss"),
    epochs_trained: fact("epochs"),
  };
}
