/** The epochs of a training: batches, validation, reports and checkpoints, until there is a reason to end. */

import { join } from "node:path";
import { writeAtomically } from "../../files/index.ts";
import { planSliCQT, SAMPLE_RATE } from "../../transforms/slicqt/index.ts";
import { writeModel } from "../checkpoint/checkpoint.ts";
import {
  type BatchRequest,
  BatchStream,
  cropBatches,
  type DataCrew,
  type NamedSong,
  validationCrops,
} from "../data/index.ts";
import { type EventFile, scalar } from "../events/index.ts";
import type { Batch } from "../trainee.ts";
import { clipsOf, preview } from "./preview.ts";
import type { EpochResult } from "./progress.ts";
import { excerptSamples, type Recipe, scaleOptions } from "./recipe.ts";
import type { EndReason, Report } from "./report.ts";
import type { BatchResult, TrainingRun } from "./run.ts";
import { runFiles } from "./runFiles.ts";

/** Seconds of each validation song that previews separate. */
const CLIP_SECONDS = 10;

export interface EpochsSettings {
  readonly out: string;
  readonly threads: number;
  /** Seconds after which the training stops, with a checkpoint. */
  readonly timeLimit: number;
  /** Epochs after which it stops. */
  readonly stopAfter: number;
  /** Seconds between checkpoints within an epoch. */
  readonly checkpointEvery: number;
  /** Epochs between pictures and sound; 0: none, nor scores. */
  readonly previewEvery: number;
  readonly signal?: AbortSignal;
  readonly report: (said: Report) => void | Promise<void>;
}

export class Epochs {
  readonly #run: TrainingRun;
  readonly #crew: DataCrew;
  readonly #valid: readonly NamedSong[];
  readonly #events: EventFile;
  readonly #settings: EpochsSettings;
  readonly #started = performance.now();
  #saved = performance.now();
  #learningRate = 0;

  constructor(
    run: TrainingRun,
    crew: DataCrew,
    valid: readonly NamedSong[],
    events: EventFile,
    settings: EpochsSettings,
  ) {
    this.#run = run;
    this.#crew = crew;
    this.#valid = valid;
    this.#events = events;
    this.#settings = settings;
  }

  /** Trains until there is a reason to end. But for "diverged", a checkpoint is there to go on from. */
  async untilEnd(): Promise<EndReason> {
    const { recipe, progress } = this.#run;
    const batches = new BatchStream(this.#crew, trainingRequests(progress.batches));
    const end = Math.min(recipe.epochs, this.#settings.stopAfter);
    while (progress.epoch < end) {
      if (this.#run.outOfPatience) return "patience";
      const stopped = await this.#trainEpoch(batches);
      if (stopped) return stopped;
      if (!(await this.#finishEpoch())) return "diverged";
      const stop = this.#stopReason();
      if (stop && progress.epoch < end) return stop;
    }
    return "epochs";
  }

  /** The rest of the current epoch's batches. */
  async #trainEpoch(batches: BatchStream): Promise<EndReason | undefined> {
    const run = this.#run;
    const { progress } = run;
    let since = performance.now();
    while (!run.epochDone) {
      const batch = await batches.next();
      if (!batch) throw new Error("the stream of batches has ended");
      const result = await run.train(batch);
      const now = performance.now();
      const seconds = (now - since) / 1e3;
      since = now;
      progress.seconds += seconds;
      if (!Number.isFinite(result.loss)) return "diverged";
      await this.#reportBatch(batch, result, seconds);
      // Gradients that wait for others are not kept in checkpoints.
      if (!result.update || run.epochDone) continue;
      const stop = this.#stopReason();
      if (stop || now - this.#saved > 1e3 * this.#settings.checkpointEvery) await this.#save();
      if (stop) return stop;
    }
    return undefined;
  }

  /** Validates, reports and saves. Returns false when the validation loss is no number. */
  async #finishEpoch(): Promise<boolean> {
    const run = this.#run;
    const { progress } = run;
    const start = performance.now();
    const trainLoss = run.trainLoss;
    const validLoss = this.#valid.length > 0 ? await this.#validate() : trainLoss;
    if (!Number.isFinite(validLoss)) return false;
    const result: EpochResult = {
      epoch: progress.epoch + 1,
      trainLoss,
      validLoss,
      learningRate: this.#learningRate,
      seconds: progress.seconds + (performance.now() - start) / 1e3,
    };
    const better = run.endEpoch(result);
    const { out } = this.#settings;
    if (better) await writeModel(join(out, runFiles.model), await run.model());
    const sdr = await this.#showEpoch(result);
    const best = progress.best ?? { epoch: result.epoch, loss: validLoss };
    await this.#settings.report({ kind: "epoch", result, best, sdr });
    const summary = JSON.stringify({ ...run.recipe, best, history: progress.history }, null, 1);
    await writeAtomically(join(out, runFiles.summary), new TextEncoder().encode(`${summary}\n`));
    await this.#save();
    return true;
  }

  async #validate(): Promise<number> {
    const { crops, batches } = validationBatches(
      this.#run.recipe,
      this.#valid,
      this.#leastSamples(),
    );
    const stream = new BatchStream(this.#crew, batches);
    let done = 0;
    return this.#run.validate(
      () => stream.next(),
      async () => {
        done = Math.min(crops, done + this.#run.recipe.validation.batch);
        await this.#settings.report({ kind: "validating", done, total: crops });
      },
    );
  }

  /** Scores, pictures and sound of an epoch. */
  async #showEpoch({ epoch, trainLoss, validLoss }: EpochResult) {
    const run = this.#run;
    const { threads, previewEvery, signal } = this.#settings;
    const losses = [scalar("loss/train", trainLoss), scalar("loss/valid", validLoss)];
    await this.#events.write(run.progress.updates, [...losses, scalar("epoch", epoch)]);
    if (previewEvery === 0 || this.#valid.length === 0 || signal?.aborted) return {};
    const media = epoch === 1 || epoch % previewEvery === 0;
    const plan = planSliCQT(scaleOptions(run.recipe));
    const clips = clipsOf(this.#valid, CLIP_SECONDS);
    const { sdr, summaries } = await preview(await run.model(), plan, clips, { threads, media });
    await this.#events.write(run.progress.updates, summaries);
    return sdr;
  }

  async #reportBatch(batch: Batch, result: BatchResult, seconds: number): Promise<void> {
    const run = this.#run;
    const { progress } = run;
    const speed = (batch.items * batch.samples) / SAMPLE_RATE / seconds;
    if (result.update) {
      const { learningRate, gradientNorm } = result.update;
      this.#learningRate = learningRate;
      const parts = Object.entries(result.parts).map(([name, value]) =>
        scalar(`batch/${name}`, value),
      );
      await this.#events.write(progress.updates, [
        scalar("batch/loss", result.loss),
        ...parts,
        scalar("batch/gradientNorm", gradientNorm),
        scalar("batch/learningRate", learningRate),
        scalar("batch/audioSecondsPerSecond", speed),
      ]);
    }
    await this.#settings.report({
      kind: "update",
      epoch: progress.epoch + 1,
      batch: progress.batch,
      batches: run.batchesPerEpoch,
      loss: run.trainLoss,
      learningRate: this.#learningRate,
      speed,
    });
  }

  #stopReason(): EndReason | undefined {
    const { signal, timeLimit } = this.#settings;
    if (signal?.aborted) return "aborted";
    if (performance.now() - this.#started > 1e3 * timeLimit) return "time-limit";
    return undefined;
  }

  async #save(): Promise<void> {
    const path = join(this.#settings.out, runFiles.checkpoint);
    await this.#run.save(path);
    this.#saved = performance.now();
    await this.#settings.report({ kind: "checkpoint", path });
  }

  /** Shortest piece that the network can work on: an excerpt is long enough. */
  #leastSamples(): number {
    return excerptSamples(this.#run.recipe);
  }
}

/** Batches from a number on, without end. */
function* trainingRequests(from: number): Generator<BatchRequest> {
  for (let step = from; ; step++) yield { kind: "training", step };
}

function validationBatches({ validation }: Recipe, songs: readonly NamedSong[], least: number) {
  const { piece, middle, batch } = validation;
  const crops = validationCrops(songs, Math.round(piece * SAMPLE_RATE), middle, least);
  const batches = cropBatches(crops, batch).map(
    (some, number): BatchRequest => ({ kind: "validation", number, crops: some }),
  );
  return { crops: crops.length, batches };
}
