/** Trained models in the forms that programs want: safetensors, the original's two files, ONNX. */
import { basename, dirname, extname, join } from "node:path";
import { ArgumentError } from "../../errors.ts";
import { configMetadata, type Model } from "../../models/index.ts";
import {
  type Architecture,
  architectureOf,
  expectedShapes,
  inferenceModel,
} from "../../networks/cdae/index.ts";
import type { PhaseSettings } from "../../phase/index.ts";
import { checkState, writeSafetensors } from "../../tensors/index.ts";
import { planSliCQT } from "../../transforms/slicqt/index.ts";
import { writeAtomically } from "./atomicFile.ts";
import { writeTorchFile } from "./torchFile.ts";

/** "safetensors" in single precision; "safetensors-f16" with convolutions in half; "pth" and its json; "onnx". */
export const exportFormats = ["safetensors", "safetensors-f16", "pth", "onnx"] as const;

/** A kind of weight file. */
export type ExportFormat = (typeof exportFormats)[number];

/** How a model is exported. */
export interface ExportSettings {
  readonly format: ExportFormat;
  /** File to write. The original's json is written beside a `.pth`, under the same name. */
  readonly out: string;
  /** A name in place of the model's own. */
  readonly name?: string;
  readonly licence?: string;
  /** The phase step that the model is to be used with; only safetensors keep it. */
  readonly phase?: PhaseSettings;
}

/** @throws WeightsError when the tensors do not fit the configuration */
function architecture({ config, state }: Model): Architecture {
  const { name, bins, fmin, gamma } = config.scale;
  const { blocks } = planSliCQT({ scale: name, bins, fmin, gamma });
  return architectureOf(blocks, config.realtime, state);
}

/**
 * Writes a model in another form. Returns the paths of what was written.
 *
 * @throws WeightsError when the tensors do not fit the configuration; TrainingFileError; ArgumentError when the
 *   original would run the model differently
 */
export async function exportModel(model: Model, settings: ExportSettings): Promise<string[]> {
  const { format, out } = settings;
  const config = {
    ...model.config,
    ...(settings.name && { name: settings.name }),
    ...(settings.licence && { licence: settings.licence }),
    ...(settings.phase && { phase: settings.phase }),
  };
  const { name: scale, gamma } = config.scale;
  const network = architecture(model);
  checkState(model.state, expectedShapes(network));
  switch (format) {
    case "safetensors":
    case "safetensors-f16": {
      const half = format === "safetensors-f16";
      const bytes = writeSafetensors(model.state, {
        metadata: configMetadata(config),
        // Vectors (biases, batch norms, statistics) are few, and may leave the range of half precision.
        floats: (_, { shape }) => (half && shape.length === 4 ? "f16" : "f32"),
      });
      await writeAtomically(out, bytes);
      return [out];
    }
    case "onnx":
      await writeAtomically(out, inferenceModel(network, model.state));
      return [out];
    case "pth": {
      if (scale === "vqlog" && gamma !== 15) {
        throw new ArgumentError(
          `The original runs every vqlog model with a gamma of 15 Hz; this one has ${gamma}.`,
          "Export it as safetensors.",
        );
      }
      const stem = basename(out, extname(out));
      const json = join(dirname(out), `${stem}.json`);
      const text = `${JSON.stringify(originalJson({ ...model, config }), null, 4)}\n`;
      await writeAtomically(out, writeTorchFile(model.state, stem));
      await writeAtomically(json, new TextEncoder().encode(text));
      return [out, json];
    }
  }
}

/** The configuration in the original's json, with what the model knows of its training. */
function originalJson({ config }: Model): unknown {
  const { scale, realtime, sampleRate, training = {} } = config;
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
      sample_rate: sampleRate,
      seq_dur: fact("excerptSeconds") ?? 2,
      weight_decay: fact("weightDecay"),
    },
    best_epoch: fact("bestEpoch"),
    best_loss: fact("bestLoss"),
    epochs_trained: fact("epochs"),
  };
}
