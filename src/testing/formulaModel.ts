/** Models with formula weights: the reference's presets without their files. */
import type { Model, ModelFacts } from "../models/index.ts";
import { type CdaeSettings, targets } from "../networks/index.ts";
import { planSliCQT } from "../transforms/slicqt/index.ts";
import { formulaState } from "./formulaWeights.ts";

/** The published transform, or the tiny preset's. */
export type FormulaPreset = "bark-262" | "mel-32";

/** A model of xumx-sliCQ-V2's network. */
export interface FormulaModel extends Model {
  readonly config: CdaeSettings & ModelFacts;
}

/** A 50/51/4 model of formula weights. */
export function formulaModel(preset: FormulaPreset, realtime: boolean): FormulaModel {
  const scale: CdaeSettings["scale"] =
    preset === "bark-262"
      ? { name: "bark", bins: 262, fmin: 32.9, gamma: 15 }
      : { name: "mel", bins: 32, fmin: 115.5, gamma: 15 };
  const { blocks } = planSliCQT({ ...scale, scale: scale.name });
  return {
    config: {
      family: "xumx-slicq-v2",
      name: `formula-${preset}`,
      scale,
      realtime,
      sampleRate: 44100,
      targets,
    },
    state: formulaState({
      blocks: blocks.map(({ bins, coefs }) => [bins, coefs]),
      c1: 50,
      c2: 51,
      kt: 4,
    }),
  };
}
