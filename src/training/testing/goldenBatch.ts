/** The reference's training batch, made by its formula, and what to compare with. */
import { readFileSync } from "node:fs";
import { architectureOf } from "../../networks/cdae/index.ts";
import { type FormulaPreset, formulaModel } from "../../testing/formulaModel.ts";
import { formulaStem } from "../../testing/formulaStems.ts";
import { goldenDir } from "../../testing/golden.ts";
import { planSliCQT } from "../../transforms/slicqt/index.ts";
import type { TrainingItem } from "../preparedBatch.ts";

const SAMPLES = 44100;

/** Two items of one second. */
export function goldenBatch(): TrainingItem[] {
  return [0, 1].map((b) => {
    const stems = [0, 1, 2, 3].map((k) =>
      [0, 1].map((c) => Float32Array.from(formulaStem(b, k, c, SAMPLES))),
    );
    const mixture = [0, 1].map((c) =>
      Float32Array.from({ length: SAMPLES }, (_, i) =>
        stems.reduce((sum, channels) => sum + channels[c][i], 0),
      ),
    );
    return { stems, mixture };
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
