/** A model made ready to run: checked, its network built, everything a worker needs as plain data. */
import { WeightsError } from "../errors.ts";
import type { Model } from "../models/index.ts";
import {
  familyOf,
  type PreparedSliceNetwork,
  type PreparedSongNetwork,
} from "../networks/index.ts";
import type { AnyPhase, FrameEm } from "../phase/index.ts";

interface Named {
  readonly name: string;
  readonly licence: string | undefined;
  readonly sampleRate: number;
  /** Whether its stems are gated, unless it is asked for otherwise. */
  readonly gate: boolean;
}

/** A model whose network sees slices. Survives being sent to another thread. */
export type PreparedSliceModel = PreparedSliceNetwork &
  Named & {
    /** The phase the model was made for. */
    readonly phase: AnyPhase;
  };

/** A model whose network sees whole songs. Survives being sent to another thread. */
export type PreparedSongModel = PreparedSongNetwork &
  Named & {
    /** The phase the model was made for. */
    readonly phase: FrameEm;
  };

/** Any model made ready to run. */
export type PreparedModel = PreparedSliceModel | PreparedSongModel;

/**
 * Checks a model's tensors against its configuration and builds its network.
 * @throws {WeightsError} naming each tensor that is missing, extra or misshapen.
 */
export function prepareModel({ config, state }: Model): PreparedModel {
  const network = familyOf(config.family).prepare(config, state);
  const { name, licence, sampleRate, phase, gate = false } = config;
  const facts = { name, licence, sampleRate, gate };
  if (network.context === "whole song") {
    const own = phase ?? network.phase;
    if (own.method === "frame-em") return { ...network, ...facts, phase: own };
  } else {
    const own = phase ?? network.phase;
    const isKnown = own.method !== "frame-em" || network.refinement !== undefined;
    if (isKnown) return { ...network, ...facts, phase: own };
  }
  throw new WeightsError(
    "weights-mismatch",
    `The phase step "${phase?.method}" of the model is not one of the family ${config.family}.`,
  );
}
