/**
 * A search over trainings: settings drawn at random, successive halving, one training folder for each trial. It goes on
 * exactly where it was stopped.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { AbortError, ArgumentError, throwIfAborted, WeightsError } from "../../errors.ts";
import { lockFolder } from "../../files/index.ts";
import { type Report, runFiles, type TrainSettings, train } from "../loop/index.ts";
import { promoted, type Rungs } from "./halving.ts";
import { type Drawn, draw, type Searched } from "./space.ts";
import { type TrialHistory, TrialLog } from "./trialLog.ts";

/** What trials are compared by: the least validation loss, or the highest SDR of validation clips. */
export type TrialMeasure = "loss" | "sdr";

/** A search over trainings. */
export interface TuneSettings {
  readonly space: readonly Searched[];
  readonly trials: number;
  readonly rungs: Rungs;
  /** Of a rung's trials one in so many goes on. */
  readonly factor: number;
  readonly measure: TrialMeasure;
  readonly seed: number;
  /** Folder of the search; trial 3 is trained in its folder `trial-3`. */
  readonly out: string;
  /** What else makes the search the same, such as data and settings that are not searched: plain data. */
  readonly fixed: unknown;
  /**
   * The training of a trial.
   * @throws {ArgumentError} for values that do not go together: the trial fails, and the search goes on.
   */
  readonly training: (values: Drawn) => Promise<TrialTraining>;
  readonly signal?: AbortSignal;
  /** What the training under way says. */
  readonly onReport?: (trial: number, report: Report) => void;
}

/** A training of which the search decides the rest. */
export type TrialTraining = Omit<
  TrainSettings,
  "out" | "name" | "resume" | "stopAfter" | "previewEvery" | "signal" | "onReport"
>;

/** A trial as far as it has come. */
export interface Trial extends TrialHistory {
  readonly trial: number;
  readonly values: Drawn;
  /** Higher is better: minus the loss, or dB; undefined where it failed or has not begun. */
  readonly score: number | undefined;
  /** The last rung that it was sent to, from 0. */
  readonly rung: number;
}

/** Names of the files in a search's folder. */
export const tuneFiles = { log: "trials.jsonl" } as const;

/** The folder of a trial. */
export function trialFolder(out: string, trial: number): string {
  return join(out, `trial-${trial}`);
}

/**
 * Searches. After each training, and first of all, gives all trials as far as they have come. Checkpoints of trials that do
 * not go on are removed; their weights and logs stay.
 *
 * @throws {ArgumentError} if the folder holds another search; {@link FileError} "locked", "unwritable"; what {@link train}
 * throws, except for settings that do not go together; {@link AbortError}: then the same call goes on.
 */
export async function* tune(settings: TuneSettings): AsyncGenerator<readonly Trial[]> {
  const { space, trials, rungs, factor, measure, seed, out, fixed, signal } = settings;
  if (space.length === 0) {
    throw new ArgumentError("Nothing is searched.", "Give at least one setting with its choices.");
  }
  await using _lock = await lockFolder(out, "a search");
  const search = { space, trials, rungs, factor, measure, seed, fixed };
  const log = await TrialLog.open(join(out, tuneFiles.log), search);
  const values = Array.from({ length: trials }, (_, trial) => draw(space, seed, trial));
  const reached = new Array<number>(trials).fill(0);
  const all = () =>
    values.map((own, trial): Trial => {
      const known = log.of(trial);
      const score = scoreOf(known, rungs[reached[trial]], measure);
      return { trial, values: own, rung: reached[trial], score, ...known };
    });
  yield all();
  let running: readonly number[] = values.map((_, trial) => trial);
  for (const [rung, epochs] of rungs.entries()) {
    for (const trial of running) {
      throwIfAborted(signal);
      reached[trial] = rung;
      if (isDone(log.of(trial), epochs)) continue;
      await runTrial(settings, trial, values[trial], epochs, log);
      yield all();
    }
    if (rung === rungs.length - 1) break;
    const goOn = promoted(
      all().filter(({ trial }) => running.includes(trial)),
      factor,
    );
    for (const trial of running) {
      const checkpoint = join(trialFolder(out, trial), runFiles.checkpoint);
      if (!goOn.includes(trial)) await rm(checkpoint, { force: true });
    }
    running = goOn;
  }
  yield all();
}

function isDone({ epochs, end }: TrialHistory, wanted: number): boolean {
  return end !== undefined || epochs.some(({ epoch }) => epoch >= wanted);
}

/** The best of the epochs up to a rung. */
function scoreOf(
  { epochs, end }: TrialHistory,
  rung: number,
  measure: TrialMeasure,
): number | undefined {
  if (end?.how === "failed") return undefined;
  const scores = epochs
    .filter(({ epoch }) => epoch <= rung)
    .map(({ validLoss, sdr }) => (measure === "loss" ? -validLoss : (sdr ?? Number.NaN)))
    .filter(Number.isFinite);
  return scores.length > 0 ? Math.max(...scores) : undefined;
}

async function runTrial(
  settings: TuneSettings,
  trial: number,
  values: Drawn,
  epochs: number,
  log: TrialLog,
): Promise<void> {
  const { out, measure, signal, onReport } = settings;
  const fail = (why: string) => log.write({ kind: "end", trial, how: "failed", why });
  let parameters = 0;
  const told: Promise<void>[] = [];
  const hear = (report: Report) => {
    onReport?.(trial, report);
    if (report.kind === "started") parameters = report.parameters;
    if (report.kind !== "epoch") return;
    const { epoch, trainLoss, validLoss, seconds } = report.result;
    const stems = Object.values(report.sdr);
    const sdr = stems.reduce((sum, value) => sum + value, 0) / stems.length;
    const scored = stems.length > 0 ? { sdr } : {};
    const line = {
      kind: "epoch",
      trial,
      epoch,
      trainLoss,
      validLoss,
      seconds,
      parameters,
    } as const;
    const writing = log.write({ ...line, ...scored });
    // Told at the end.
    writing.catch(() => undefined);
    told.push(writing);
  };
  try {
    const { reason } = await train({
      ...(await settings.training(values)),
      ...{ out: trialFolder(out, trial), name: `trial-${trial}`, resume: true, stopAfter: epochs },
      // Pictures and sound of the first epoch alone; scores of every one.
      previewEvery: measure === "sdr" ? Number.MAX_SAFE_INTEGER : 0,
      ...(signal && { signal }),
      onReport: hear,
    });
    if (reason === "aborted") throw new AbortError();
    if (reason === "diverged") await fail("the loss is no longer a number");
    if (reason === "patience") {
      await log.write({ kind: "end", trial, how: "patience", why: "no longer improves" });
    }
  } catch (error) {
    // Values that do not go together, or make no network.
    const unfit = error instanceof WeightsError && error.code === "weights-mismatch";
    if (!(unfit || error instanceof ArgumentError)) throw error;
    await fail(error.message);
  } finally {
    await Promise.all(told);
  }
}
