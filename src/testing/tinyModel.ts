/** A model that is computed in no time: few channels on the tiny transform, of formula weights. */
import type { Model } from "../models/index.ts";
import { planSliCQT } from "../transforms/slicqt/index.ts";
import { formulaModel } from "./formulaModel.ts";
import { formulaState } from "./formulaWeights.ts";

/** @param timeTaps how far its convolutions reach, half slices */
export function tinyModel(realtime = true, timeTaps = 4): Model {
  const full = formulaModel("mel-32", realtime);
  const { blocks } = planSliCQT({ ...full.config.scale, scale: full.config.scale.name });
  const shapes = blocks.map(({ bins, coefs }) => [bins, coefs] as const);
  return { ...full, state: formulaState({ blocks: shapes, c1: 2, c2: 3, kt: timeTaps }) };
}
