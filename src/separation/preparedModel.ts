/** A model made ready to run: checked, its network built, everything a worker needs as plain data. */
import type { Model } from "../models/index.ts";
import { type AnyPreparedNetwork, familyOf } from "../networks/index.ts";
import type { PhaseSettings } from "../phase/index.ts";

/** Survives being sent to another thread. */
export type PreparedModel = AnyPreparedNetwork & {
  readonly name: string;
  readonly licence: string | undefined;
  /** The phase the model was made for. */
  readonly phase: PhaseSettings;
};

/**
 * Checks a model's tensors against its configuration and builds its network.
 * @throws {WeightsError} naming each tensor that is missing, extra or misshapen.
 */
export function prepareModel({ config, state }: Model): PreparedModel {
  const network = familyOf(config.family).prepare(config, state);
  const { name, licence, phase = network.phase } = config;
  return { ...network, name, licence, phase };
}
