/** The reference's training batch, made by its formula, and what to compare with. */
import { readFileSync } from "node:fs";
import { architectureOf } from "../../networks/cdae/index.ts";
import { type FormulaPreset, formulaModel } from "../../testing/formulaModel.ts";
import { formulaUniform } from "../../testing/formulaWeights.ts";
import { goldenDir } from "../../testing/golden.ts";
import { planSliCQT } from "../../transforms/slicqt/index.ts";
import type { TrainingItem } from "../preparedBatch.ts";

const SAMPLES = 44100;

/** Two items of one second. */
export function goldenBatch(): TrainingItem[] {
  return [0, 1].map((b) => {
    const stems = [0, 1, 2, 3].map((k) => [0, 1].map((c) => stemSamples(b, k, c)));
    const mixture = [0, 1].map((c) =>
      Float32Array.from({ length: SAMPLES }, (_, i) =>
        stems.reduce((sum, channels) => sum + channels[c][i], 0),
      ),
    );
    return { stems, mixture };
  });
}

function stemSamples(b: number, k: number, c: number): Float32Array {
  const uniform = formulaUniform(`train.${b}.${k}.${c}`);
  const f0 = [55, 220, 330, 110][k] * (1 + 0.26 * b);
  const pan = c === 0 ? Math.cos(0.3 + 0.3 * k) : Math.sin(0.3 + 0.3 * k);
  return Float32Array.from({ length: SAMPLES }, (_, i) => {
    const t = i / 44100;
    let tonal = 0;
    for (let h = 1; h <= 6; h++) tonal += Math.sin(2 * Math.PI * f0 * h * t + 0.5 * h * k) / h;
    const env = 0.5 + 0.5 * Math.cos(2 * Math.PI * (0.7 + 0.4 * k) * t + b);
    const noise = (2 * uniform(i) - 1) * (k === 3 ? 1 : 0.15);
    return 0.12 * env * (tonal * (k === 3 ? 0.2 : 1) * pan + noise);
  });
}

/** Numbers of one case of training.json. */
export interface GoldenCase {
  readonly loss: number;
  readonly mse: number;
  readonly mask: number;
  readonly loss_after_one_step: number;
  readonly evaluation_mode: { readonly loss: number; readonly mse: number; readonly mask: number };
  readonly with_sdr_coefficient_10: {
    readonly loss: number;
    readonly mse: number;
    readonly mask: number;
    readonly sdr: number;
    readonly mse_before_inverse: number;
  };
}

export function goldenCase(preset: FormulaPreset, realtime: boolean): GoldenCase {
  const all = JSON.parse(readFileSync(`${goldenDir}training/training.json`, "utf8"));
  return all[`${preset}-${realtime ? "realtime" : "offline"}`];
}

/** Plan, architecture and formula weights of a preset. */
export function goldenModel(preset: FormulaPreset, realtime: boolean) {
  const { config, state } = formulaModel(preset, realtime);
  const plan = planSliCQT({ ...config.scale, scale: config.scale.name });
  return { plan, architecture: architectureOf(plan.blocks, realtime, state), state };
}
