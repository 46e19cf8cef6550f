/** The learning rate of a recipe's schedule, update by update. */
import {
  originalPlateau,
  type PlateauState,
  plateauStart,
  plateauStep,
  warmUpCosine,
} from "../schedule.ts";
import type { Recipe } from "./recipe.ts";

/** What a schedule keeps from epoch to epoch. */
export type ScheduleState = PlateauState | undefined;

export function scheduleStart({ schedule, learningRate }: Recipe): ScheduleState {
  return schedule.kind === "plateau" ? plateauStart(learningRate) : undefined;
}

/** The state after an epoch of this validation loss. */
export function afterEpoch(
  { schedule }: Recipe,
  state: ScheduleState,
  loss: number,
): ScheduleState {
  if (schedule.kind !== "plateau" || !state) return state;
  const { factor, patience } = schedule;
  return plateauStep({ ...originalPlateau, factor, patience }, state, loss);
}

/**
 * The rate of update number 0, 1, 2, ….
 *
 * @param perEpoch updates of an epoch
 */
export function rateAt(
  { schedule, learningRate, warmUp, epochs }: Recipe,
  state: ScheduleState,
  update: number,
  perEpoch: number,
): number {
  if (schedule.kind === "cosine") {
    const least = schedule.least * learningRate;
    return warmUpCosine({ peak: learningRate, least, warmUp, total: epochs * perEpoch }, update);
  }
  const rate = state?.rate ?? learningRate;
  return update < warmUp ? (rate * (update + 1)) / warmUp : rate;
}
