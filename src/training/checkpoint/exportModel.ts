/** Trained models in the forms that programs want: safetensors, the original's two files, ONNX. */

import { basename, dirname, extname, join } from "node:path";
import { writeAtomically } from "../../files/index.ts";
import { configMetadata, type Model } from "../../models/index.ts";
import { familyOf } from "../../networks/index.ts";
import type { AnyPhase } from "../../phase/index.ts";
import { checkState, writeSafetensors } from "../../tensors/index.ts";
import { writeTorchFile } from "./torchFile.ts";

/** "safetensors" in single precision; "safetensors-f16" with kernels in half; "pth" and its json; "onnx". */
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
  readonly phase?: AnyPhase;
  /** Whether its stems are gated unless it is asked for otherwise; only safetensors keep it. */
  readonly gate?: boolean;
}

/** Kernels of convolutions, and the matrices of bands, which unlike their biases have more than one column. */
function isKernel(shape: readonly number[]): boolean {
  return shape.length === 4 || (shape.length === 3 && shape[2] > 1);
}

/**
 * Writes a model in another form. Returns the paths of what was written.
 *
 * @throws WeightsError when the tensors do not fit the configuration; FileError; ArgumentError when the
 *   original would run the model differently
 */
export async function exportModel(model: Model, settings: ExportSettings): Promise<string[]> {
  const { format, out } = settings;
  const config = {
    ...model.config,
    ...(settings.name && { name: settings.name }),
    ...(settings.licence && { licence: settings.licence }),
    ...(settings.phase && { phase: settings.phase }),
    ...(settings.gate !== undefined && { gate: settings.gate }),
  };
  const family = familyOf(config.family);
  checkState(model.state, family.expectedTensors(config, model.state));
  switch (format) {
    case "safetensors":
    case "safetensors-f16": {
      const half = format === "safetensors-f16";
      const bytes = writeSafetensors(model.state, {
        metadata: configMetadata(config),
        // Vectors (biases, batch norms, statistics) are few, and may leave the range of half precision.
        floats: (_, { shape }) => (half && isKernel(shape) ? "f16" : "f32"),
      });
      await writeAtomically(out, bytes);
      return [out];
    }
    case "onnx":
      await writeAtomically(out, family.onnx(config, model.state));
      return [out];
    case "pth": {
      const stem = basename(out, extname(out));
      const json = join(dirname(out), `${stem}.json`);
      const facts = family.originalJson(config, config.training ?? {});
      const { licence } = config;
      const text = `${JSON.stringify({ ...facts, ...(licence && { licence }) }, null, 4)}\n`;
      await writeAtomically(out, writeTorchFile(model.state, stem));
      await writeAtomically(json, new TextEncoder().encode(text));
      return [out, json];
    }
  }
}
