/** Training steps of the whole network: losses and gradients of a batch by ONNX Runtime, then AdamW. */
import { ArgumentError } from "../errors.ts";
import { gradientName } from "../graph/index.ts";
import { type Architecture, fewestSlices } from "../network/index.ts";
import type { FloatTensors, Runtime, Session } from "../runtime/index.ts";
import { type SliCQTPlan, sliceCount } from "../slicqt/index.ts";
import type { StateDict } from "../tensors/index.ts";
import { type BlockGraphKind, feed, result } from "./blockGraph.ts";
import { type BatchSize, BlockSessions } from "./blockSessions.ts";
import {
  AdamW,
  type AdamWSettings,
  clippingFactor,
  globalNorm,
  originalAdamW,
} from "./optimiser.ts";
import { blockTensors, Parameters } from "./parameters.ts";
import {
  type PreparedBatch,
  type PreparedBlock,
  prepareBatch,
  type TrainingItem,
} from "./preparedBatch.ts";
import { followStatistics } from "./runningStatistics.ts";
import {
  type LossSettings,
  originalLosses,
  originalPhase,
  type TrainingPhase,
} from "./settings.ts";
import { ERROR_ROWS, type SpectralSdr, spectralSdr } from "./spectralSdr.ts";
import { blockSizes, turn, turnBack } from "./turnedFrames.ts";
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

/** Losses of a batch. */
export interface Losses {
  /** The weighted sum of the parts. */
  readonly loss: number;
  /** Values of the losses without their weights: "spectral", "maskSum", and "sdr" where asked for. */
  readonly parts: Readonly<Record<string, number>>;
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
 * one at a time. Gradients and weights are plain arrays.
 */
export class TrainingStep implements AsyncDisposable {
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
      await step.#sessions.get(block, step.#gradientsKind, step.#size);
      if (step.losses.spectral === "sdr") await step.#sessions.get(block, errorsKind, step.#size);
      if (step.#waveformLosses.length > 0) await step.#sessions.get(block, stemsKind, step.#size);
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
   * @throws ArgumentError when the batch has another size than the step was made for
   */
  async accumulate(batch: PreparedBatch): Promise<Losses> {
    this.#check(batch);
    const { architecture, trainedLayout, trained } = this.parameters;
    const waveform = await this.#waveforms(batch);
    const sdr = this.losses.spectral === "sdr" ? await this.#spectralSdr(batch) : undefined;
    const target = this.#accumulated === 0 ? this.gradient : new Float32Array(this.gradient.length);
    const sums = new LossSums(architecture.blocks.length);
    this.parameters.batchesTracked++;
    for (const [block, prepared] of batch.blocks.entries()) {
      const session = await this.#sessions.get(block, this.#gradientsKind, this.#size);
      const feeds = {
        ...blockTensors(trainedLayout, block, trained),
        ...this.#fed(prepared, session),
        ...waveform?.feeds[block],
        ...(sdr && { [feed.errorWeights]: weightTensor(sdr.weights[block]) }),
      };
      const into = blockTensors(trainedLayout, block, target, gradientName);
      const outputs = await session.run(feeds, into);
      sums.add(outputs, prepared.constant);
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
   */
  async evaluate(batch: PreparedBatch): Promise<Losses> {
    await this.#sessions.keepEvaluationsOf(batch);
    const { architecture, trainedLayout, trained, runningLayout, running } = this.parameters;
    const sums = new LossSums(architecture.blocks.length);
    const errors: ArrayLike<number>[] = [];
    const waveform = await this.#waveforms(batch, "running");
    for (const [block, prepared] of batch.blocks.entries()) {
      const session = await this.#sessions.get(block, evaluationKind, batch);
      const feeds = {
        ...blockTensors(trainedLayout, block, trained),
        ...blockTensors(runningLayout, block, running),
        ...this.#fed(prepared, session),
      };
      const outputs = await session.run(feeds);
      sums.add(outputs, prepared.constant);
      const found = outputs[result.errors];
      if (found) errors.push(found.data);
    }
    const sdr = errors.length > 0 ? this.#measure(batch, errors) : undefined;
    return this.#weighted({ ...sums.parts, ...sdrPart(sdr), ...waveform?.parts });
  }

  /** Waits for runs under way, then frees the sessions. */
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

  /** Those prepared arrays that a session reads. */
  #fed({ feeds }: PreparedBlock, session: Session): FloatTensors {
    return Object.fromEntries(
      Object.entries(feeds).filter(([name]) => session.inputs.includes(name)),
    );
  }

  /** The SDR of the stems as they are, with the weights that its gradient gives to their errors. */
  async #spectralSdr(batch: PreparedBatch): Promise<SpectralSdr> {
    const { trainedLayout, trained } = this.parameters;
    const errors: ArrayLike<number>[] = [];
    for (const [block, prepared] of batch.blocks.entries()) {
      const session = await this.#sessions.get(block, errorsKind, this.#size);
      const tensors = blockTensors(trainedLayout, block, trained);
      const outputs = await session.run({ ...tensors, ...this.#fed(prepared, session) });
      errors.push(outputs[result.errors].data);
    }
    return this.#measure(batch, errors);
  }

  #measure({ blocks }: PreparedBatch, errors: readonly ArrayLike<number>[]): SpectralSdr {
    const stems = blocks.map((prepared) => {
      if (!prepared.stems) throw new ArgumentError("The batch was prepared for another loss.");
      return prepared.stems;
    });
    return spectralSdr(this.plan.blocks, errors, stems);
  }

  /** Losses of waveforms and what their gradient feeds to each block; undefined where there are none. */
  async #waveforms(batch: PreparedBatch, statistics: "batch" | "running" = "batch") {
    if (this.#waveformLosses.length === 0) return undefined;
    if (!batch.waveforms) throw new ArgumentError("The batch was prepared without waveforms.");
    const { mixture, stems: references } = batch.waveforms;
    const { trainedLayout, trained, runningLayout, running } = this.parameters;
    const sizes = this.plan.blocks.map((b) => blockSizes(b, batch.slices, batch.items));
    const blocks: Float32Array[] = [];
    for (const [block, prepared] of batch.blocks.entries()) {
      const session = await this.#sessions.get(block, { ...stemsKind, statistics }, batch);
      const outputs = await session.run({
        ...blockTensors(trainedLayout, block, trained),
        ...(statistics === "running" ? blockTensors(runningLayout, block, running) : {}),
        ...this.#fed(prepared, session),
      });
      const real = outputs[result.real].data;
      const imaginary = outputs[result.imaginary]?.data;
      blocks.push(turnBack(mixture.blocks[block], real, imaginary, sizes[block]));
    }
    const stems = { channels: references.length, slices: batch.slices, blocks };
    const { parts, gradient } = throughWaveforms(
      this.plan,
      stems,
      references,
      this.#waveformLosses,
    );
    const wiener = this.phase.method === "wiener-em";
    const feeds = gradient.blocks.map((targets, block): FloatTensors => {
      const turned = turn(targets, mixture.blocks[block], sizes[block], wiener);
      const { bins, coefs } = this.plan.blocks[block];
      const dims = [4, coefs, bins, 2 * batch.slices * batch.items];
      const inPhase = { [feed.stemGradient]: { dims, data: turned.inPhase } };
      if (!turned.quadrature) return inPhase;
      return { ...inPhase, [feed.stemGradientQuadrature]: { dims, data: turned.quadrature } };
    });
    return { parts, feeds };
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

function weightTensor(weights: Float32Array): FloatTensors[string] {
  return { dims: [ERROR_ROWS, weights.length / ERROR_ROWS], data: weights };
}

const errorsKind: BlockGraphKind = { statistics: "batch", gives: "errors", stemGradient: false };
const stemsKind: BlockGraphKind = { statistics: "batch", gives: "stems", stemGradient: false };
const evaluationKind: BlockGraphKind = {
  statistics: "running",
  gives: "losses",
  stemGradient: false,
};

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
