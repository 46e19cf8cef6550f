/** Which models can be live: all whose masks and phase see no more than a few slices of what is to come. */
import { LiveError } from "../errors.ts";
import type { AnyPhase, FrameEm, MixPhase, WienerEm } from "../phase/index.ts";
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
 * The phase step of a live model.
 * @throws {LiveError} "not-live" for one by which stems depend on a whole window, with a model that can be live
 */
export function livePhase(model: PreparedSliceModel, phase: AnyPhase): MixPhase {
  if (phase.method === "mix") return phase;
  throw new LiveError(
    "not-live",
    `${model.name} cannot be live: its Wiener-EM needs ${windowText(model, phase)} before it gives a sample.`,
    `Use ${LIVE_MODELS}, or give this one mix phase, at some cost of quality.`,
  );
}

function windowText({ transform }: PreparedSliceModel, phase: WienerEm | FrameEm): string {
  if (phase.method === "frame-em") return `windows of ${phase.window} frames`;
  const { window } = phase;
  const { hop, blocks } = planTransform(transform);
  const fewest = blocks.reduce((least, { coefs }) => Math.min(least, coefs), Infinity);
  const slices = typeof window === "number" ? window / fewest : window.slices;
  return `windows of ${((slices * hop) / SAMPLE_RATE).toFixed(1)} s`;
}
