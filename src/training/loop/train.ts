/** A whole training: data, statistics, epochs, validation, reports, checkpoints. */
import { join } from "node:path";
import { ArgumentError, throwIfAborted } from "../../errors.ts";
import { lockFolder } from "../../files/index.ts";
import type { Model } from "../../models/index.ts";
import { architectureOf } from "../../networks/cdae/index.ts";
import { coupledArchitecture } from "../../networks/coupled/index.ts";
import { architectureFor } from "../../networks/slicq1/index.ts";
import { loadRuntime, type RuntimePreference } from "../../runtime/index.ts";
import type { StateDict } from "../../tensors/index.ts";
import { planSliCQT } from "../../transforms/slicqt/index.ts";
import { type Checkpoint, readCheckpoint } from "../checkpoint/checkpoint.ts";
import type { CellBatch } from "../coupled/cellBatch.ts";
import { featureStatistics, initialCoupledState } from "../coupled/initialState.ts";
import {
  type BatchSetup,
  corpusNormalisation,
  type DataCrew,
  makeCrew,
  type OpenedCorpus,
  openCorpus,
} from "../data/index.ts";
import { EventFile } from "../events/index.ts";
import { initialSlicq1State } from "../slicq1/initialState.ts";
import { batchOf } from "../trainee.ts";
import { initialUmxState, stateOfTargets } from "../umx/initialState.ts";
import { framingOf, spectraSettings, stftOfSizes, trainingOf } from "../umx/sizes.ts";
import { Epochs } from "./epochs.ts";
import { fingerprint } from "./fingerprint.ts";
import { grownState } from "./grownState.ts";
import { initialState } from "./initialState.ts";
import { readSavedRun } from "./progress.ts";
import {
  changedSettings,
  checkRecipe,
  coupledSizes,
  excerptSamples,
  firstSettings,
  type Recipe,
  recipeArchitecture,
  recipePhase,
  scaleOptions,
  songTraining,
} from "./recipe.ts";
import type { EndReason, Report } from "./report.ts";
import { TrainingRun } from "./run.ts";
import { runFiles } from "./runFiles.ts";
import { RunLog, reportLine } from "./runLog.ts";

/** A training: its recipe, its data, and where it goes. */
export interface TrainSettings {
  readonly recipe: Recipe;
  /** Folder of what is written; see {@link runFiles}. */
  readonly out: string;
  /** The model's name. */
  readonly name: string;
  /** Terms of use of the weights. */
  readonly licence?: string;
  readonly data: readonly string[];
  readonly validData?: readonly string[];
  readonly sounds?: readonly string[];
  /** Folder of decoded songs. */
  readonly cache: string;
  /** Threads that prepare data ahead of the network; 0: this one does. */
  readonly workers: number;
  /** Threads of the network. */
  readonly threads: number;
  readonly runtime?: RuntimePreference;
  /** Weights to start from, of a network as large as the recipe's or smaller. */
  readonly init?: Model;
  /** Go on from the folder's checkpoint, if there is one. */
  readonly resume?: boolean;
  /** Start with the input as it is, without statistics. */
  readonly skipStatistics?: boolean;
  /** Seconds after which the training stops, with a checkpoint. */
  readonly timeLimit?: number;
  /** Epochs after which it stops, with a checkpoint: part of a training of the recipe's length. */
  readonly stopAfter?: number;
  /** Seconds between checkpoints within an epoch; default 600. */
  readonly checkpointEvery?: number;
  /** Epochs between pictures and sound; default 5, 0: none, nor scores. */
  readonly previewEvery?: number;
  /** Ends the training after the batch under way, with a checkpoint. */
  readonly signal?: AbortSignal;
  readonly onReport?: (report: Report) => void;
}

/** How a training ended. */
export interface TrainOutcome {
  readonly reason: EndReason;
  /** Finished epochs, and updates of the weights. */
  readonly epochs: number;
  readonly updates: number;
  readonly best: { readonly epoch: number; readonly loss: number } | undefined;
}

/**
 * Trains a network.
 *
 * Batches depend on the recipe's seed and their numbers alone, so a training in several pieces, by any number of
 * workers, gives the same weights bit for bit as one in one piece (with equal `threads` and runtime).
 *
 * @throws ArgumentError for settings out of range, or a folder that holds another training; AudioError when there are
 *   no songs; FileError "locked" when another training is at work there, "unwritable"; WeightsError when weights or a
 *   checkpoint do not fit; RuntimeError; AbortError before the first batch
 */
export async function train(settings: TrainSettings): Promise<TrainOutcome> {
  const { recipe, out, signal } = settings;
  checkRecipe(recipe);
  await using _lock = await lockFolder(out, "a training");
  const checkpoint = await findCheckpoint(settings);
  await using log = new RunLog(join(out, runFiles.log));
  // First of all: a folder that cannot be written to is to be known before hours of work.
  await log.write(`${checkpoint ? "resume" : "train"} ${settings.name} ${JSON.stringify(recipe)}`);
  const report = async (said: Report) => {
    settings.onReport?.(said);
    const line = reportLine(said);
    if (line !== undefined) await log.write(line);
  };
  await using crew = makeCrew(settings.workers);
  const corpus = await openCorpus(crew, {
    data: settings.data,
    cache: settings.cache,
    ...(settings.validData && { validData: settings.validData }),
    ...(settings.sounds && { sounds: settings.sounds }),
    ...(signal && { signal }),
    onProgress: (done, total, name) => {
      settings.onReport?.({ kind: "decoded", done, total, name });
    },
  });
  for (const { name, error } of corpus.problems) await report({ kind: "problem", name, error });
  await crew.askAll("setup", batchSetup(recipe, corpus));
  await using run = await openRun(settings, crew, corpus, checkpoint, report);
  throwIfAborted(signal);

  const resumedAt = checkpoint ? run.progress.updates + 1 : 0;
  await using events = await EventFile.create(out, resumedAt);
  const epochs = new Epochs(run, crew, corpus.valid, events, {
    out,
    threads: settings.threads,
    timeLimit: settings.timeLimit ?? Number.POSITIVE_INFINITY,
    stopAfter: settings.stopAfter ?? Number.POSITIVE_INFINITY,
    checkpointEvery: settings.checkpointEvery ?? 600,
    previewEvery: settings.previewEvery ?? 5,
    ...(signal && { signal }),
    report,
  });
  const reason = await epochs.untilEnd();
  const { epoch, updates, best } = run.progress;
  await log.write(`end (${reason}) after ${epoch} epochs and ${updates} updates`);
  return { reason, epochs: epoch, updates, best };
}

/**
 * The recipe of the training that a folder holds; undefined when it holds none.
 *
 * @throws WeightsError when the checkpoint is damaged
 */
export async function savedRecipe(out: string): Promise<Recipe | undefined> {
  const checkpoint = await readCheckpoint(join(out, runFiles.checkpoint));
  return checkpoint && readSavedRun(checkpoint.facts).recipe;
}

async function findCheckpoint(settings: TrainSettings): Promise<Checkpoint | undefined> {
  const { out, resume, recipe } = settings;
  const checkpoint = await readCheckpoint(join(out, runFiles.checkpoint));
  if (checkpoint && !resume) {
    throw new ArgumentError(
      `${out} holds a training already.`,
      "Go on with it by --resume, or choose another folder.",
    );
  }
  const changed = checkpoint && changedSettings(readSavedRun(checkpoint.facts).recipe, recipe);
  if (changed && changed.length > 0) {
    throw new ArgumentError(
      `${out} was trained with other settings: ${changed.join(", ")} differ.`,
      "Leave them as they were, or start a new training from its weights with --init.",
    );
  }
  return checkpoint;
}

async function openRun(
  settings: TrainSettings,
  crew: DataCrew,
  corpus: OpenedCorpus,
  checkpoint: Checkpoint | undefined,
  report: (said: Report) => Promise<void>,
): Promise<TrainingRun> {
  const { recipe, init } = settings;
  const runtime = await loadRuntime(settings.runtime ?? "auto");
  const { songs, sounds } = corpus.train;
  const runSettings = {
    recipe,
    name: settings.name,
    ...(settings.licence && { licence: settings.licence }),
    runtime,
    threads: settings.threads,
    songs: songs.length,
    fingerprint: fingerprint([...songs, ...Object.values(sounds).flat(), ...corpus.valid]),
  };
  const run = checkpoint
    ? await TrainingRun.resume(runSettings, checkpoint)
    : await TrainingRun.start(runSettings, await firstState(settings, crew, corpus, report));
  await report({
    kind: "started",
    songs: songs.length,
    validSongs: corpus.valid.length,
    parameters: run.step.parameters.trained.length,
    from: checkpoint ? "checkpoint" : init ? "given weights" : "random weights",
    epoch: run.progress.epoch,
    updates: run.progress.updates,
    runtime: runtime.name,
    notice: runtime.notice,
  });
  return run;
}

/** The weights that a new training starts with. */
async function firstState(
  settings: TrainSettings,
  crew: DataCrew,
  corpus: OpenedCorpus,
  report: (said: Report) => Promise<void>,
): Promise<StateDict> {
  const { recipe, init, skipStatistics, signal } = settings;
  const { songs } = corpus.train;
  const song = songTraining(recipe);
  if (song) {
    const training = trainingOf(song.family, song.sizes);
    if (init) return stateOfTargets(training, init.state);
    if (skipStatistics) return initialUmxState(training, recipe.seed);
    await report({ kind: "statistics" });
    const stft = stftOfSizes(song.sizes);
    const framing = framingOf(song.family);
    const [found] = await corpusNormalisation(crew, { kind: "stft", stft, framing }, songs, signal);
    return initialUmxState(training, recipe.seed, found);
  }
  const first = firstSettings(recipe);
  if (first) {
    if (init) return init.state;
    const blocks = architectureFor(first);
    if (skipStatistics) return initialSlicq1State(blocks, recipe.seed);
    await report({ kind: "statistics" });
    const of = { kind: "sliCQT", scale: scaleOptions(recipe), overlapped: true } as const;
    return initialSlicq1State(
      blocks,
      recipe.seed,
      await corpusNormalisation(crew, of, songs, signal),
    );
  }
  const sizes = coupledSizes(recipe);
  if (sizes) {
    if (init) return init.state;
    const plan = planSliCQT(scaleOptions(recipe));
    const coupled = coupledArchitecture(plan, sizes, recipe.realtime);
    if (skipStatistics) return initialCoupledState(coupled, recipe.seed);
    await report({ kind: "statistics" });
    const drawn = await batchesForStatistics(crew);
    return initialCoupledState(coupled, recipe.seed, featureStatistics(coupled, drawn));
  }
  const architecture = recipeArchitecture(recipe);
  if (init) {
    // Says early, and in words, when the weights are of another transform.
    const from = architectureOf(architecture.blocks, recipe.realtime, init.state);
    return grownState(init.state, from, architecture, recipe.seed);
  }
  if (skipStatistics) return initialState(architecture, recipe.seed);
  await report({ kind: "statistics" });
  const scale = scaleOptions(recipe);
  const found = await corpusNormalisation(crew, { kind: "sliCQT", scale }, songs, signal);
  return initialState(architecture, recipe.seed, found);
}

/** Batches whose features a band-coupled network's input is normalised by; none of them is trained with. */
async function batchesForStatistics(crew: DataCrew): Promise<CellBatch[]> {
  const asked = Array.from({ length: STATISTICS_BATCHES }, (_, i) =>
    crew.ask("batch", { kind: "training", step: STATISTICS_STEP + i }),
  );
  return (await Promise.all(asked)).map((batch) => batchOf("cells", batch));
}

const STATISTICS_BATCHES = 8;
/** No training has so many steps. */
const STATISTICS_STEP = 2 ** 40;

function batchSetup(recipe: Recipe, corpus: OpenedCorpus): BatchSetup {
  const { seed, augmentations, coherent, sounds, batch, losses } = recipe;
  const sizes = coupledSizes(recipe);
  const song = songTraining(recipe);
  return {
    scale: scaleOptions(recipe),
    corpus: corpus.train,
    draw: { seed, samples: excerptSamples(recipe), augmentations, coherent, sounds },
    items: batch,
    prepare: song
      ? spectraSettings(song.family, song.sizes)
      : sizes
        ? { kind: "cells", sizes, causal: recipe.realtime, phase: recipePhase(recipe) }
        : { phase: recipePhase(recipe), losses },
  };
}
