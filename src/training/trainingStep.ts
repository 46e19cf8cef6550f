/** Training steps of the whole network: losses and gradients of a batch by ONNX Runtime, then AdamW. */
import { ArgumentError } from "../errors.ts";
import { gradientName } from "../graph/index.ts";
import { type Architecture, fewestSlices } from "../networks/cdae/index.ts";
import { targets } from "../networks/index.ts";
import type { FloatTensor, FloatTensors, Runtime } from "../runtime/index.ts";
import type { StateDict } from "../tensors/index.ts";
import { type Coefficients, type SliCQTPlan, sliceCount } from "../transforms/slicqt/index.ts";
import { type BlockGraphKind, feed } from "./blockGraph.ts";
import { type BatchSize, BlockSessions } from "./blockSessions.ts";
import { type BlockForward, ForwardPass, fed } from "./forwardPass.ts";
import { GradientSum } from "./gradientSum.ts";
import type { AdaptedWeights } from "./losses/loss.ts";
import { type LossPlan, lossPlan } from "./losses/lossPlan.ts";
import { ERROR_ROWS } from "./losses/spectralSdr.ts";
import { throughWaveforms } from "./losses/throughWaveforms.ts";
import { AdamW, type AdamWSettings, originalAdamW } from "./optimiser.ts";
import { blockTensors, Parameters } from "./parameters.ts";
import { type PreparedBatch, prepareBatch, type TrainingItem } from "./preparedBatch.ts";
import { followStatistics } from "./runningStatistics.ts";
import {
  type LossSettings,
  originalLosses,
  originalPhase,
  type TrainingPhase,
} from "./settings.ts";
import { type Batch, batchOf, type Losses, type Trainee } from "./trainee.ts";
import { blockSizes, turn } from "./turnedFrames.ts";

/** How steps are computed. */
export interface TrainingOptions {
  /** Items of every batch. */
  readonly items: number;
  /** Samples per item and channel. */
  readonly samples: number;
  /** Threads of the tensor runtime; default 1. */
  readonly threads?: number;
  /** Default: the original's, mix phase for realtime, else Wiener-EM. */
  readonly phase?: TrainingPhase;
  /** Default: the original's. */
  readonly losses?: LossSettings;
  /** Default: the original's. */
  readonly optimiser?: AdamWSettings;
  /** Gradients are scaled so that their global norm does not exceed this; default: no limit. */
  readonly clipNorm?: number;
}

/** What a step did. */
export interface StepResult extends Losses {
  /** Global norm of the gradients before clipping. */
  readonly gradientNorm: number;
}

/**
 * The network in training.
 *
 * One session per block computes its losses and gradients; blocks follow each other, so that memory is needed for
 * one at a time. Where a loss must see all blocks first, or stands after Wiener-EM, a pass through the network goes
 * ahead of that. Gradients and weights are plain arrays.
 */
export class TrainingStep implements Trainee {
  readonly plan: SliCQTPlan;
  readonly parameters: Parameters;
  readonly optimiser: AdamW;
  readonly phase: TrainingPhase;
  readonly losses: LossSettings;
  readonly items: number;
  readonly samples: number;
  /** Sum of the gradients since the last update, in the order of the parameters. */
  readonly gradient: Float32Array;
  readonly #sum: GradientSum;
  readonly #losses: LossPlan;
  readonly #sessions: BlockSessions;
  readonly #forward: ForwardPass;
  readonly #size: BatchSize;
  readonly #gradientsKind: BlockGraphKind;

  private constructor(
    plan: SliCQTPlan,
    parameters: Parameters,
    runtime: Runtime,
    options: TrainingOptions,
  ) {
    const { architecture } = parameters;
    this.plan = plan;
    this.parameters = parameters;
    this.phase = options.phase ?? originalPhase(architecture.realtime);
    this.losses = options.losses ?? originalLosses;
    this.items = options.items;
    this.samples = options.samples;
    this.optimiser = new AdamW(parameters.trained.length, options.optimiser ?? originalAdamW);
    const { optimiser } = this;
    this.#sum = new GradientSum({
      weights: parameters.trained,
      optimiser,
      clipNorm: options.clipNorm,
    });
    this.gradient = this.#sum.values;
    this.#losses = lossPlan(this);
    const stemGradient = this.#losses.waveforms.length > 0;
    this.#gradientsKind = { statistics: "batch", gives: "gradients", stemGradient };
    this.#size = { items: options.items, slices: sliceCount(plan, options.samples) };
    this.#sessions = new BlockSessions(architecture, this.#losses, runtime, options.threads ?? 1);
    this.#forward = new ForwardPass(plan, parameters, this.#losses, this.#sessions);
  }

  /**
   * Prepares training from the weights of a state dict, which are copied.
   *
   * @throws ArgumentError for options out of range; WeightsError when the tensors do not fit the architecture;
   *   RuntimeError when a graph is refused
   */
  static async create(
    plan: SliCQTPlan,
    architecture: Architecture,
    state: StateDict,
    runtime: Runtime,
    options: TrainingOptions,
  ): Promise<TrainingStep> {
    const { items, samples, clipNorm = 1, losses = originalLosses } = options;
    if (!Number.isInteger(items) || items < 1) {
      throw new ArgumentError(`A batch needs 1 item or more, not ${items}.`);
    }
    const least = fewestSlices(architecture);
    if (!Number.isInteger(samples) || samples < 1 || sliceCount(plan, samples) < least) {
      throw new ArgumentError(
        `Excerpts of ${samples} samples are too short: the network needs ${least} slices.`,
        `Use at least ${(least - 1) * plan.hop} samples.`,
      );
    }
    if (!(clipNorm > 0)) throw new ArgumentError(`clipNorm must be above 0, not ${clipNorm}.`);
    const { spectralWeight, maskSumWeight, sdrWeight, haaqi } = losses;
    const weights = [spectralWeight, maskSumWeight, sdrWeight, haaqi?.weight ?? 0];
    if (weights.some((weight) => !(weight >= 0)) || weights.every((weight) => weight === 0)) {
      throw new ArgumentError(
        `The weights of the losses must be 0 or more and not all 0, not ${weights.join(", ")}.`,
      );
    }
    const parameters = Parameters.from(architecture, state);
    const step = new TrainingStep(plan, parameters, runtime, options);
    for (const block of architecture.blocks.keys()) {
      for (const kind of [step.#gradientsKind, ...step.#forward.kinds]) {
        await step.#sessions.get(block, kind, step.#size);
      }
    }
    return step;
  }

  /** Transforms a batch; the same as {@link prepareBatch}, which may as well run in another thread. */
  prepare(items: readonly TrainingItem[]): PreparedBatch {
    return prepareBatch(this.plan, items, this);
  }

  /** One step of AdamW on one batch. */
  async step(batch: PreparedBatch, learningRate: number): Promise<StepResult> {
    const losses = await this.accumulate(batch);
    return { ...losses, gradientNorm: this.update(learningRate) };
  }

  /**
   * Computes losses and gradients of a batch in training mode, adds the gradients to those of earlier calls, and
   * lets the running statistics follow. {@link update} then moves the weights by the mean of the gradients.
   *
   * @throws ArgumentError when the batch has another size than the step was made for; ClosedError
   */
  async accumulate(given: Batch): Promise<Losses> {
    const batch = batchOf("blocks", given);
    this.#sessions.checkOpen();
    this.#check(batch);
    const { architecture, trainedLayout, trained } = this.parameters;
    const found = this.#forward.kinds.length > 0 ? await this.#forward.run(batch, "batch") : [];
    const waveform = this.#waveforms(batch, found);
    const adapted = this.#measure(batch, found);
    const sums = new LossSums(this.#losses, architecture.blocks.length);
    this.parameters.batchesTracked++;
    await this.#sum.add(async (gradient) => {
      for (const [block, prepared] of batch.blocks.entries()) {
        const session = await this.#sessions.get(block, this.#gradientsKind, this.#size);
        const outside = this.#slopes(batch, block, adapted, waveform?.gradient);
        const feeds = {
          ...blockTensors(trainedLayout, block, trained),
          ...fed(prepared.feeds, session),
          ...outside.feeds,
        };
        const into = blockTensors(trainedLayout, block, gradient, gradientName);
        const outputs = await session.run(feeds, into);
        sums.add(outputs, prepared.constant + outside.value);
        followStatistics(this.parameters, block, outputs, this.#size);
      }
    });
    return this.#weighted({ ...sums.parts, ...this.#adaptedPart(adapted), ...waveform?.parts });
  }

  /**
   * Moves the weights by the mean of the accumulated gradients, clipped.
   *
   * @returns the global norm of the gradients before clipping
   * @throws ArgumentError when nothing was accumulated
   */
  update(learningRate: number): number {
    return this.#sum.update(learningRate);
  }

  /**
   * Losses in evaluation mode, with running statistics. Batches may have any number of items and samples; sessions
   * are kept for one size at a time, so that excerpts of one length are evaluated faster.
   *
   * @throws ClosedError
   */
  async evaluate(given: Batch): Promise<Losses> {
    const batch = batchOf("blocks", given);
    this.#sessions.checkOpen();
    await this.#sessions.keepEvaluationsOf(batch);
    const sums = new LossSums(this.#losses, batch.blocks.length);
    const found = await this.#forward.run(batch, "running");
    for (const [block, { outputs, errors }] of found.entries()) {
      const known = errors ? this.#fixedValue(batch, block, errors) : 0;
      sums.add(outputs, batch.blocks[block].constant + known);
    }
    const waveform = this.#waveforms(batch, found);
    const adapted = this.#measure(batch, found);
    return this.#weighted({ ...sums.parts, ...this.#adaptedPart(adapted), ...waveform?.parts });
  }

  /** Waits for the run under way, then frees the sessions; the rest of a step fails with a ClosedError. Harmless to repeat. */
  close(): Promise<void> {
    return this.#sessions.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #check({ items, samples }: PreparedBatch): void {
    if (items !== this.items || samples !== this.samples) {
      throw new ArgumentError(
        `The batch has ${items} items of ${samples} samples; training was prepared for ` +
          `${this.items} of ${this.samples}.`,
      );
    }
  }

  /** The loss of errors where its weights depend on them, and these; else undefined. */
  #measure({ blocks }: PreparedBatch, found: readonly BlockForward[]): AdaptedWeights | undefined {
    const { weighting } = this.#losses.errors;
    if (weighting.kind !== "adaptive") return undefined;
    const stems = blocks.map((prepared) => {
      if (!prepared.stems) throw new ArgumentError("The batch was prepared for another loss.");
      return prepared.stems;
    });
    const errors = found.flatMap((block) => (block.errors ? [block.errors] : []));
    return weighting.measure(this.plan.blocks, errors, stems);
  }

  /** Losses of waveforms and their gradient by the stems' coefficients; undefined where there are none. */
  #waveforms({ waveforms, slices, draw }: PreparedBatch, found: readonly BlockForward[]) {
    const losses = this.#losses.waveforms;
    if (losses.length === 0) return undefined;
    if (!waveforms) throw new ArgumentError("The batch was prepared without waveforms.");
    const { stems: references } = waveforms;
    const blocks = found.flatMap(({ stems }) => (stems ? [stems] : []));
    const stems = { channels: references.length, slices, blocks };
    return throughWaveforms(this.plan, stems, references, losses, draw);
  }

  /**
   * What is fed to a block's graph of the losses that it has not itself, and the value of that of errors where it is
   * known here alone.
   *
   * @param byStems gradient of the losses of waveforms by the stems
   */
  #slopes(
    batch: PreparedBatch,
    block: number,
    adapted: AdaptedWeights | undefined,
    byStems: Coefficients | undefined,
  ): { readonly feeds: FloatTensors; readonly value: number } {
    const { errors: loss, errorsInGraph } = this.#losses;
    const share = loss.weight / batch.blocks.length;
    const weights = errorsInGraph
      ? undefined
      : (this.#forward.fixedWeights(block, batch) ?? adapted?.weights[block]);
    const wiener = this.#forward.backward(batch, block, {
      weights: weights?.map((weight) => share * weight),
      byStems: byStems?.blocks[block],
    });
    if (wiener) {
      const { feeds, errors } = wiener;
      return { feeds, value: errors ? this.#fixedValue(batch, block, errors) : 0 };
    }
    const feeds: Record<string, FloatTensor> = {};
    if (adapted) feeds[feed.errorWeights] = weightTensor(adapted.weights[block]);
    if (byStems && batch.waveforms) {
      const sizes = blockSizes(this.plan.blocks[block], batch.slices, batch.items);
      const mixture = batch.waveforms.mixture.blocks[block];
      const { inPhase } = turn(byStems.blocks[block], mixture, sizes, false);
      const dims = [targets.length, sizes.coefs, sizes.bins, 2 * batch.slices * batch.items];
      feeds[feed.stemGradient] = { dims, data: inPhase };
    }
    return { feeds, value: 0 };
  }

  /** The loss of a block's squared errors where its weights are known in advance, else 0. */
  #fixedValue(batch: PreparedBatch, block: number, errors: ArrayLike<number>): number {
    const weights = this.#forward.fixedWeights(block, batch);
    return weights?.reduce((sum, weight, i) => sum + weight * errors[i], 0) ?? 0;
  }

  /** What a loss with adaptive weights adds to the parts. */
  #adaptedPart(adapted: AdaptedWeights | undefined): Readonly<Record<string, number>> {
    return adapted ? { [this.#losses.errors.name]: adapted.loss } : {};
  }

  #weighted(parts: Readonly<Record<string, number>>): Losses {
    const loss = this.#losses.all.reduce((sum, { name, weight }) => sum + weight * parts[name], 0);
    return { loss, parts };
  }
}

function weightTensor(weights: Float32Array): FloatTensor {
  return { dims: [ERROR_ROWS, weights.length / ERROR_ROWS], data: weights };
}

/** Values of the losses that blocks have, means over these in double. */
class LossSums {
  readonly #errors: string;
  readonly #masks: readonly string[];
  readonly #blocks: number;
  readonly #sums = new Map<string, number>();

  constructor({ errors, masks }: LossPlan, blocks: number) {
    this.#errors = errors.name;
    this.#masks = masks.map(({ name }) => name);
    this.#blocks = blocks;
  }

  /** @param rest what the loss of errors has beside the graph's */
  add(outputs: FloatTensors, rest: number): void {
    this.#add(this.#errors, (outputs[this.#errors]?.data[0] ?? 0) + rest);
    for (const name of this.#masks) this.#add(name, outputs[name].data[0]);
  }

  #add(name: string, value: number): void {
    this.#sums.set(name, (this.#sums.get(name) ?? 0) + value);
  }

  get parts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#sums].map(([name, sum]) => [name, sum / this.#blocks]));
  }
}
