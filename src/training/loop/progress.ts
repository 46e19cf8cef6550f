/** How far a training has come: plain data, kept in every checkpoint. */
import { WeightsError } from "../../errors.ts";
import { type ScheduleState, scheduleStart } from "./learningRate.ts";
import type { Recipe } from "./recipe.ts";

/** What an epoch gave. */
export interface EpochResult {
  /** 1, 2, …. */
  readonly epoch: number;
  /** Mean over the batches. */
  readonly trainLoss: number;
  readonly validLoss: number;
  /** Of the epoch's last update. */
  readonly learningRate: number;
  /** Of work, without pauses between runs. */
  readonly seconds: number;
}

export interface Progress {
  /** Epochs that are finished. */
  epoch: number;
  /** Batches of the current epoch that are done. */
  batch: number;
  /** Batches of all epochs that are done: the number of the next batch. */
  batches: number;
  /** Updates of the weights. */
  updates: number;
  /** Sum of the losses of the current epoch's batches. */
  lossSum: number;
  /** Seconds spent on the current epoch. */
  seconds: number;
  schedule: ScheduleState;
  best: { readonly epoch: number; readonly loss: number } | undefined;
  readonly history: EpochResult[];
}

export function progressStart(recipe: Recipe): Progress {
  return {
    epoch: 0,
    batch: 0,
    batches: 0,
    updates: 0,
    lossSum: 0,
    seconds: 0,
    schedule: scheduleStart(recipe),
    best: undefined,
    history: [],
  };
}

/** What a checkpoint's JSON holds. */
export interface SavedRun {
  /** Raised when the meaning of what is saved changes. */
  readonly version: typeof SAVED_VERSION;
  readonly recipe: Recipe;
  readonly progress: Progress;
  /** Steps of the optimiser. */
  readonly optimiserSteps: number;
  /** Tells whether the songs are still the same. */
  readonly songs: string;
}

const SAVED_VERSION = 1;

export function savedRun(content: Omit<SavedRun, "version">): SavedRun {
  // JSON has no infinity, with which a schedule starts: it becomes null, and back in readSavedRun.
  return { version: SAVED_VERSION, ...content };
}

/** @throws WeightsError "weights-mismatch" for JSON of another version or kind. */
export function readSavedRun(facts: unknown): SavedRun {
  if (!isSavedRun(facts)) {
    throw new WeightsError(
      "weights-mismatch",
      "The checkpoint was written by another version of this program.",
      "Start a new training from its weights with --init.",
    );
  }
  const { schedule } = facts.progress;
  const best = schedule?.best ?? Number.POSITIVE_INFINITY;
  const restored = schedule ? { ...schedule, best } : undefined;
  return { ...facts, progress: { ...facts.progress, schedule: restored } };
}

function isSavedRun(facts: unknown): facts is SavedRun {
  return (
    typeof facts === "object" &&
    facts !== null &&
    "version" in facts &&
    facts.version === SAVED_VERSION &&
    "recipe" in facts &&
    "progress" in facts &&
    "optimiserSteps" in facts &&
    "songs" in facts
  );
}
