/** Which models can be live: all whose masks and phase see no more than a few slices of what is to come. */
import { LiveError } from "../errors.ts";
import type { SliceContext } from "../networks/index.ts";
import type { PhaseSettings } from "../phase/index.ts";
import type { PreparedModel, PreparedSliceModel } from "../separation/preparedModel.ts";
import { planTransform } from "../transforms/index.ts";
import { SAMPLE_RATE } from "../transforms/slicqt/index.ts";

/** A model in the box that is made for it. */
const LIVE_MODELS = "xumx-slicq-live and xumx-slicq-realtime";

/**
 * A model that does not see whole songs.
 * @throws {LiveError} "not-live", with one that can be live
 */
export function slicedModel(model: PreparedModel): PreparedSliceModel {
  if (model.context !== "whole song") return model;
  throw new LiveError(
    "not-live",
    `${model.name} cannot be live: its network reads a song to the end before it gives a sample.`,
    `Use ${LIVE_MODELS}.`,
  );
}

/**
 * The slices around a slice that its stems depend on.
 * @throws {LiveError} "not-live" for a model whose stems depend on a whole window or song, with one that can be live
 */
export function liveContext(model: PreparedSliceModel, phase: PhaseSettings): SliceContext {
  const { context, name } = model;
  if (phase.method !== "mix") {
    throw new LiveError(
      "not-live",
      `${name} cannot be live: its Wiener-EM needs ${windowText(model, phase)} before it gives a sample.`,
      `Use ${LIVE_MODELS}, or give this one mix phase, at some cost of quality.`,
    );
  }
  return context;
}

function windowText(
  { transform }: PreparedSliceModel,
  { window }: Extract<PhaseSettings, { method: "wiener-em" }>,
): string {
  const { hop, blocks } = planTransform(transform);
  const fewest = blocks.reduce((least, { coefs }) => Math.min(least, coefs), Infinity);
  const slices = typeof window === "number" ? window / fewest : window.slices;
  return `windows of ${((slices * hop) / SAMPLE_RATE).toFixed(1)} s`;
}
