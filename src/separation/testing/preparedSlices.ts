/** For tests of models whose networks see slices. */
import type { Model } from "../../models/index.ts";
import { type PreparedSliceModel, prepareModel } from "../preparedModel.ts";

/** As {@link prepareModel}, for a model of that kind. */
export function preparedSlices(model: Model): PreparedSliceModel {
  const prepared = prepareModel(model);
  if (prepared.context === "whole song") throw new Error(`${prepared.name} sees whole songs`);
  return prepared;
}
