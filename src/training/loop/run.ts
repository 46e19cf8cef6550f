/** A training under way: weights, optimiser, averages and counters, moved batch by batch, kept in checkpoints. */
import { WeightsError } from "../../errors.ts";
import type { Model, ModelConfig } from "../../models/index.ts";
import { coupledArchitecture } from "../../networks/coupled/index.ts";
import { familyOf } from "../../networks/index.ts";
import { architectureFor } from "../../networks/slicq1/index.ts";
import { completePhase, type PhaseSettings } from "../../phase/index.ts";
import type { Runtime } from "../../runtime/index.ts";
import type { StateDict, Tensor } from "../../tensors/index.ts";
import { planSliCQT, SAMPLE_RATE } from "../../transforms/slicqt/index.ts";
import { type Checkpoint, writeCheckpoint } from "../checkpoint/checkpoint.ts";
import { CoupledStep } from "../coupled/coupledStep.ts";
import { originalAdamW } from "../optimiser.ts";
import { Slicq1Step, slicq1Adam } from "../slicq1/slicq1Step.ts";
import type { Batch, Trainee } from "../trainee.ts";
import { TrainingStep } from "../trainingStep.ts";
import { trainingOf } from "../umx/sizes.ts";
import { UmxStep, umxAdam } from "../umx/umxStep.ts";
import { AveragedWeights } from "./average.ts";
import { afterEpoch, rateAt } from "./learningRate.ts";
import {
  type EpochResult,
  type Progress,
  progressStart,
  readSavedRun,
  savedRun,
} from "./progress.ts";
import {
  coupledSizes,
  excerptSamples,
  firstSettings,
  type Recipe,
  recipeArchitecture,
  recipePhase,
  recipeSettings,
  scaleOptions,
  songTraining,
} from "./recipe.ts";

export interface RunSettings {
  readonly recipe: Recipe;
  /** The model's name. */
  readonly name: string;
  readonly licence?: string;
  readonly runtime: Runtime;
  readonly threads: number;
  /** Training songs: an epoch's length depends on their number. */
  readonly songs: number;
  /** Tells the songs apart from others. */
  readonly fingerprint: string;
}

/** What a batch did. */
export interface BatchResult {
  readonly loss: number;
  readonly parts: Readonly<Record<string, number>>;
  /** If the weights moved: with which rate, and the gradient's norm before clipping. */
  readonly update: { readonly learningRate: number; readonly gradientNorm: number } | undefined;
}

export class TrainingRun implements AsyncDisposable {
  readonly recipe: Recipe;
  readonly progress: Progress;
  readonly step: Trainee;
  readonly batchesPerEpoch: number;
  readonly #settings: RunSettings;
  readonly #average: AveragedWeights | undefined;

  private constructor(settings: RunSettings, step: Trainee, progress: Progress) {
    const { recipe, songs } = settings;
    this.recipe = recipe;
    this.progress = progress;
    this.step = step;
    this.batchesPerEpoch = Math.ceil((recipe.samplesPerTrack * songs) / recipe.batch);
    this.#settings = settings;
    this.#average =
      recipe.ema === undefined ? undefined : new AveragedWeights(step.parameters, recipe.ema);
  }

  /** A training from weights. @throws what {@link TrainingStep.create} throws */
  static async start(settings: RunSettings, state: StateDict): Promise<TrainingRun> {
    const step = await makeStep(settings, state);
    return new TrainingRun(settings, step, progressStart(settings.recipe));
  }

  /**
   * A training that goes on from a checkpoint.
   *
   * @param settings with a recipe that may differ in its length alone
   * @throws WeightsError when the checkpoint does not fit: other songs, missing arrays
   */
  static async resume(settings: RunSettings, checkpoint: Checkpoint): Promise<TrainingRun> {
    const saved = readSavedRun(checkpoint.facts);
    if (saved.songs !== settings.fingerprint) {
      throw new WeightsError(
        "weights-mismatch",
        "The songs are not those that the training was begun with.",
        "Give the same --data, or start a new training from its weights with --init.",
      );
    }
    const step = await makeStep(settings, checkpoint.state);
    const restore = (name: string, into: Float32Array) => {
      const values = checkpoint.arrays.get(name);
      if (values?.length !== into.length) {
        throw new WeightsError(
          "weights-corrupt",
          `The checkpoint's array "${name}" is missing or of another length.`,
          "Start a new training from its weights with --init.",
        );
      }
      into.set(values);
    };
    try {
      restore("mean", step.optimiser.mean);
      restore("meanSquare", step.optimiser.meanSquare);
      step.optimiser.steps = saved.optimiserSteps;
      const run = new TrainingRun(settings, step, saved.progress);
      if (run.#average) {
        // The state is the average; the weights themselves lie beside it.
        restore("trained", step.parameters.trained);
        restore("running", step.parameters.running);
      }
      return run;
    } catch (error) {
      await step.close();
      throw error;
    }
  }

  /** One batch; every `accumulate` batches, and at the end of an epoch, the weights move. */
  async train(batch: Batch): Promise<BatchResult> {
    const { progress, recipe, step } = this;
    const { loss, parts } = await step.accumulate(batch);
    progress.batch++;
    progress.batches++;
    progress.lossSum += loss;
    const due = progress.batch % recipe.accumulate === 0 || this.epochDone;
    if (!due || !Number.isFinite(loss)) return { loss, parts, update: undefined };
    const perEpoch = Math.ceil(this.batchesPerEpoch / recipe.accumulate);
    const learningRate = rateAt(recipe, progress.schedule, progress.updates, perEpoch);
    const gradientNorm = step.update(learningRate);
    progress.updates++;
    this.#average?.follow(step.parameters, progress.updates);
    return { loss, parts, update: { learningRate, gradientNorm } };
  }

  /** Whether the current epoch's batches are all done. */
  get epochDone(): boolean {
    return this.progress.batch === this.batchesPerEpoch;
  }

  /** Mean loss of the current epoch's batches. */
  get trainLoss(): number {
    return this.progress.lossSum / Math.max(1, this.progress.batch);
  }

  /** Mean loss over validation batches, each weighted with its items; with the averaged weights where there are any. */
  async validate(
    next: () => Promise<Batch | undefined>,
    onBatch: () => Promise<void> | void = () => {},
  ): Promise<number> {
    return this.#withAverage(async () => {
      let sum = 0;
      let items = 0;
      for (let batch = await next(); batch; batch = await next()) {
        const { loss } = await this.step.evaluate(batch);
        sum += batch.items * loss;
        items += batch.items;
        await onBatch();
      }
      return sum / items;
    });
  }

  /** Ends an epoch: the schedule and the counters follow. Returns whether it was the best so far. */
  endEpoch(result: EpochResult): boolean {
    const { progress } = this;
    progress.epoch = result.epoch;
    progress.batch = 0;
    progress.lossSum = 0;
    progress.seconds = 0;
    progress.schedule = afterEpoch(this.recipe, progress.schedule, result.validLoss);
    progress.history.push(result);
    const better = !progress.best || result.validLoss < progress.best.loss;
    if (better) progress.best = { epoch: result.epoch, loss: result.validLoss };
    return better;
  }

  /** Whether the validation loss has not improved for more epochs than are borne. */
  get outOfPatience(): boolean {
    const { epoch, best } = this.progress;
    return best !== undefined && epoch - best.epoch >= this.recipe.patience;
  }

  /** The model as it is validated and used: a copy, with the averaged weights where there are any. */
  async model(): Promise<Model> {
    const state = await this.#withAverage(async () => copyOf(this.step.parameters.state()));
    return { config: this.#config(), state };
  }

  /** Writes everything needed to go on. @throws FileError */
  async save(path: string): Promise<void> {
    const { step, recipe, progress } = this;
    const { optimiser, parameters } = step;
    const arrays = new Map([
      ["mean", optimiser.mean],
      ["meanSquare", optimiser.meanSquare],
    ]);
    if (this.#average) {
      arrays.set("trained", parameters.trained.slice());
      arrays.set("running", parameters.running.slice());
    }
    const facts = savedRun({
      recipe,
      progress,
      optimiserSteps: optimiser.steps,
      songs: this.#settings.fingerprint,
    });
    await writeCheckpoint(path, { ...(await this.model()), arrays, facts });
  }

  async close(): Promise<void> {
    await this.step.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #withAverage<T>(work: () => Promise<T>): Promise<T> {
    return this.#average ? this.#average.inPlace(this.step.parameters, work) : work();
  }

  #config(): ModelConfig {
    const { recipe, progress } = this;
    const { name, licence } = this.#settings;
    const settings = recipeSettings(recipe);
    // Networks that are trained without a phase step have their authors'.
    const without = songTraining(recipe) ?? firstSettings(recipe);
    const phase = without ? undefined : phaseOf(recipe);
    return {
      ...settings,
      name,
      ...(phase && { phase }),
      sampleRate: 44100,
      targets: familyOf(settings.family).targets(settings),
      ...(licence && { licence }),
      training: {
        epochs: progress.epoch,
        updates: progress.updates,
        ...(progress.best && { bestEpoch: progress.best.epoch, bestLoss: progress.best.loss }),
        batchSize: recipe.batch,
        excerptSeconds: recipe.excerpt,
        learningRate: recipe.learningRate,
        weightDecay: recipe.weightDecay,
      },
    };
  }
}

/** The phase step that a model is stamped with: the one it was trained by. */
function phaseOf(recipe: Recipe): PhaseSettings {
  const { hop } = planSliCQT(scaleOptions(recipe));
  return completePhase(recipePhase(recipe).method, hop / SAMPLE_RATE);
}

async function makeStep(settings: RunSettings, state: StateDict): Promise<Trainee> {
  const { recipe, runtime, threads } = settings;
  const clip = recipe.clip !== undefined && { clipNorm: recipe.clip };
  const { weightDecay } = recipe;
  const song = songTraining(recipe);
  if (song) {
    const optimiser = { ...umxAdam, weightDecay };
    const training = trainingOf(song.family, song.sizes);
    return UmxStep.create(training, state, runtime, { threads, optimiser, ...clip });
  }
  const plan = planSliCQT(scaleOptions(recipe));
  const first = firstSettings(recipe);
  if (first) {
    return new Slicq1Step(plan, architectureFor(first), state, runtime, {
      threads,
      optimiser: { ...slicq1Adam, weightDecay },
      sdrWeight: recipe.losses.sdrWeight,
      ...clip,
    });
  }
  const sizes = coupledSizes(recipe);
  if (sizes) {
    const architecture = coupledArchitecture(plan, sizes, recipe.realtime);
    const phase = recipePhase(recipe);
    return new CoupledStep(architecture, state, runtime, {
      threads,
      optimiser: { ...originalAdamW, weightDecay },
      phase: phase.method === "mix" ? phase : { ...phase, blocks: plan.blocks },
      ...clip,
    });
  }
  return TrainingStep.create(plan, recipeArchitecture(recipe), state, runtime, {
    items: recipe.batch,
    samples: excerptSamples(recipe),
    threads,
    phase: recipePhase(recipe),
    losses: recipe.losses,
    optimiser: { ...originalAdamW, weightDecay },
    ...clip,
  });
}

function copyOf(state: StateDict): StateDict {
  const copy = new Map<string, Tensor>();
  for (const [name, tensor] of state) {
    copy.set(
      name,
      tensor.dtype === "f32"
        ? { dtype: "f32", shape: tensor.shape, data: tensor.data.slice() }
        : tensor,
    );
  }
  return copy;
}
