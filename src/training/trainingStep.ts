/** Training steps of the whole network: losses and gradients of a batch by ONNX Runtime, then AdamW. */
import { ArgumentError } from "../errors.ts";
import { gradientName } from "../graph/index.ts";
import { type Architecture, fewestSlices } from "../networks/cdae/index.ts";
import type { FloatTensor, FloatTensors, Runtime } from "../runtime/index.ts";
import type { StateDict } from "../tensors/index.ts";
import { type Coefficients, type SliCQTPlan, sliceCount } from "../transforms/slicqt/index.ts";
import { type BlockGraphKind, feed, result } from "./blockGraph.ts";
import { type BatchSize, BlockSessions } from "./blockSessions.ts";
import { type BlockForward, ForwardPass, fed } from "./forwardPass.ts";
import {
  AdamW,
  type AdamWSettings,
  clippingFactor,
  globalNorm,
  originalAdamW,
} from "./optimiser.ts";
import { blockTensors, Parameters } from "./parameters.ts";
import { type PreparedBatch, prepareBatch, type TrainingItem } from "./preparedBatch.ts";
import { followStatistics } from "./runningStatistics.ts";
import {
  type LossSettings,
  originalLosses,
  originalPhase,
  type TrainingPhase,
} from "./settings.ts";
import { ERROR_ROWS, type SpectralSdr, spectralSdr } from "./spectralSdr.ts";
import { type Batch, batchOf, type Losses, type Trainee } from "./trainee.ts";
import { blockSizes, turn } from "./turnedFrames.ts";
import { throughWaveforms, type WaveformLoss, waveformLosses } from "./waveformLoss.ts";

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
 * one at a time. Where a loss must see all blocks first, or stands behind Wiener-EM, a pass through the network goes
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
  readonly #clipNorm: number;
  readonly #waveformLosses: readonly WaveformLoss[];
  readonly #sessions: BlockSessions;
  readonly #forward: ForwardPass;
  readonly #size: BatchSize;
  readonly #gradientsKind: BlockGraphKind;
  #accumulated = 0;

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
    this.gradient = new Float32Array(parameters.trained.length);
    this.#clipNorm = options.clipNorm ?? Number.POSITIVE_INFINITY;
    this.#waveformLosses = waveformLosses(this.losses);
    const stemGradient = this.#waveformLosses.length > 0;
    this.#gradientsKind = { statistics: "batch", gives: "gradients", stemGradient };
    this.#size = { items: options.items, slices: sliceCount(plan, options.samples) };
    this.#sessions = new BlockSessions(architecture, this, runtime, options.threads ?? 1);
    this.#forward = new ForwardPass(plan, parameters, this, this.#sessions);
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
    const weights = [losses.spectralWeight, losses.maskSumWeight, losses.sdrWeight];
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
    const sdr = this.losses.spectral === "sdr" ? this.#measure(batch, found) : undefined;
    const target = this.#accumulated === 0 ? this.gradient : new Float32Array(this.gradient.length);
    const sums = new LossSums(architecture.blocks.length);
    this.parameters.batchesTracked++;
    for (const [block, prepared] of batch.blocks.entries()) {
      const session = await this.#sessions.get(block, this.#gradientsKind, this.#size);
      const behind = this.#slopes(batch, block, sdr, waveform?.gradient);
      const feeds = {
        ...blockTensors(trainedLayout, block, trained),
        ...fed(prepared.feeds, session),
        ...behind.feeds,
      };
      const into = blockTensors(trainedLayout, block, target, gradientName);
      const outputs = await session.run(feeds, into);
      sums.add(outputs, prepared.constant + behind.spectral);
      followStatistics(this.parameters, block, outputs, this.#size);
    }
    if (this.#accumulated > 0) {
      for (let i = 0; i < target.length; i++) this.gradient[i] += target[i];
    }
    this.#accumulated++;
    return this.#weighted({ ...sums.parts, ...sdrPart(sdr), ...waveform?.parts });
  }

  /**
   * Moves the weights by the mean of the accumulated gradients, clipped.
   *
   * @returns the global norm of the gradients before clipping
   * @throws ArgumentError when nothing was accumulated
   */
  update(learningRate: number): number {
    if (this.#accumulated === 0) throw new ArgumentError("There are no gradients to update with.");
    const share = 1 / this.#accumulated;
    const norm = share * globalNorm(this.gradient);
    const factor = share * clippingFactor(norm, this.#clipNorm);
    this.optimiser.step(this.parameters.trained, this.gradient, learningRate, factor);
    this.#accumulated = 0;
    return norm;
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
    const sums = new LossSums(batch.blocks.length);
    const sdrLoss = this.losses.spectral === "sdr";
    const found = await this.#forward.run(batch, "running");
    for (const [block, { outputs, errors }] of found.entries()) {
      const behind = errors && !sdrLoss ? this.#complexLoss(batch, block, errors) : 0;
      sums.add(outputs, batch.blocks[block].constant + behind);
    }
    const waveform = this.#waveforms(batch, found);
    const sdr = sdrLoss ? this.#measure(batch, found) : undefined;
    return this.#weighted({ ...sums.parts, ...sdrPart(sdr), ...waveform?.parts });
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

  /** The SDR of the stems as they are, with the weights that its gradient gives to their errors. */
  #measure({ blocks }: PreparedBatch, found: readonly BlockForward[]): SpectralSdr {
    const stems = blocks.map((prepared) => {
      if (!prepared.stems) throw new ArgumentError("The batch was prepared for another loss.");
      return prepared.stems;
    });
    const errors = found.flatMap((block) => (block.errors ? [block.errors] : []));
    return spectralSdr(this.plan.blocks, errors, stems);
  }

  /** Losses of waveforms and their gradient by the stems' coefficients; undefined where there are none. */
  #waveforms({ waveforms, slices }: PreparedBatch, found: readonly BlockForward[]) {
    if (this.#waveformLosses.length === 0) return undefined;
    if (!waveforms) throw new ArgumentError("The batch was prepared without waveforms.");
    const { stems: references } = waveforms;
    const blocks = found.flatMap(({ stems }) => (stems ? [stems] : []));
    const stems = { channels: references.length, slices, blocks };
    return throughWaveforms(this.plan, stems, references, this.#waveformLosses);
  }

  /**
   * What is fed to a block's graph of the losses that it has not itself, and the value of the spectral one where that is
   * known here alone.
   *
   * @param byStems gradient of the losses of waveforms by the stems
   */
  #slopes(
    batch: PreparedBatch,
    block: number,
    sdr: SpectralSdr | undefined,
    byStems: Coefficients | undefined,
  ): { readonly feeds: FloatTensors; readonly spectral: number } {
    const { spectral, spectralWeight } = this.losses;
    const share = spectralWeight / batch.blocks.length;
    const weights =
      spectral === "complex" ? this.#forward.complexWeights(block, batch) : sdr?.weights[block];
    const wiener = this.#forward.backward(batch, block, {
      weights: weights?.map((weight) => share * weight),
      byStems: byStems?.blocks[block],
    });
    if (wiener) {
      const { feeds, errors } = wiener;
      const known = spectral === "complex" && errors;
      return { feeds, spectral: known ? this.#complexLoss(batch, block, errors) : 0 };
    }
    const feeds: Record<string, FloatTensor> = {};
    if (sdr) feeds[feed.errorWeights] = weightTensor(sdr.weights[block]);
    if (byStems && batch.waveforms) {
      const sizes = blockSizes(this.plan.blocks[block], batch.slices, batch.items);
      const mixture = batch.waveforms.mixture.blocks[block];
      const { inPhase } = turn(byStems.blocks[block], mixture, sizes, false);
      const dims = [4, sizes.coefs, sizes.bins, 2 * batch.slices * batch.items];
      feeds[feed.stemGradient] = { dims, data: inPhase };
    }
    return { feeds, spectral: 0 };
  }

  /** The complex loss of a block, from its squared errors. */
  #complexLoss(batch: PreparedBatch, block: number, errors: ArrayLike<number>): number {
    const weights = this.#forward.complexWeights(block, batch);
    return weights.reduce((sum, weight, i) => sum + weight * errors[i], 0);
  }

  #weighted(parts: Readonly<Record<string, number>>): Losses {
    const { spectralWeight, maskSumWeight } = this.losses;
    let loss = spectralWeight * parts.spectral + maskSumWeight * parts.maskSum;
    for (const { name, weight } of this.#waveformLosses) loss += weight * parts[name];
    return { loss, parts };
  }
}

/** What the SDR loss adds to the parts of the loss. */
function sdrPart(sdr: SpectralSdr | undefined): Readonly<Record<string, number>> {
  return sdr ? { spectral: sdr.loss } : {};
}

function weightTensor(weights: Float32Array): FloatTensor {
  return { dims: [ERROR_ROWS, weights.length / ERROR_ROWS], data: weights };
}

/** Means over the blocks, in double. */
class LossSums {
  #spectral = 0;
  #maskSum = 0;
  readonly #blocks: number;

  constructor(blocks: number) {
    this.#blocks = blocks;
  }

  add(outputs: FloatTensors, constant: number): void {
    this.#spectral += (outputs[result.spectral]?.data[0] ?? 0) + constant;
    this.#maskSum += outputs[result.maskSum].data[0];
  }

  get parts(): Readonly<Record<string, number>> {
    return { spectral: this.#spectral / this.#blocks, maskSum: this.#maskSum / this.#blocks };
  }
}
