/** Training steps of Open-Unmix's networks and of X-UMX: all by hand but the matrix products (docs/mathematics.md, 7.5). */
import { ArgumentError } from "../../errors.ts";
import { type TensorNames, type UmxArchitecture, units } from "../../networks/umx/index.ts";
import type { Runtime } from "../../runtime/index.ts";
import type { StateDict } from "../../tensors/index.ts";
import type { StftSettings } from "../../transforms/stft/index.ts";
import { Random } from "../data/random.ts";
import { GradientSum } from "../gradientSum.ts";
import { AdamW, type AdamWSettings, originalAdamW } from "../optimiser.ts";
import { Passes } from "../passes.ts";
import { type Batch, batchOf, type Losses, type Trainee } from "../trainee.ts";
import { BatchNorms, type Mode } from "./batchNorm.ts";
import { type Decoded, decode, decodeBack } from "./decoder.ts";
import { type Encoded, encode, encodeBack } from "./encoder.ts";
import { LstmKernels } from "./lstmKernels.ts";
import type { Machines } from "./machines.ts";
import { MagnitudeLoss } from "./magnitudeLoss.ts";
import { type Remembered, remember, rememberBack } from "./memory.ts";
import { type TargetTensors, UmxParameters } from "./parameters.ts";
import { Products } from "./products.ts";
import { addTo, joinRows, meanOf, splitRows } from "./rows.ts";
import { Spectra } from "./spectra.ts";
import type { SpectraBatch } from "./spectraBatch.ts";
import { waveformLoss } from "./waveformLoss.ts";
import { WeightedSdr } from "./weightedSdr.ts";

/** The networks that are trained. */
export interface UmxTraining {
  readonly architecture: UmxArchitecture;
  readonly targets: readonly string[];
  readonly nameOf: TensorNames;
  readonly stft: StftSettings;
  /** Whether the targets are bridged, and trained towards X-UMX's losses. */
  readonly bridged: boolean;
}

/** How steps are computed. */
export interface UmxOptions {
  /** Threads of the tensor runtime; default 1. */
  readonly threads?: number;
  /** Default: {@link umxAdam}. */
  readonly optimiser?: AdamWSettings;
  /** Gradients are scaled so that their global norm does not exceed this; default: no limit. */
  readonly clipNorm?: number;
  /** Whether numbers are dropped between the recurrent layers; default true. */
  readonly dropout?: boolean;
  /** Weight of the loss of waveforms beside that of magnitudes, bridged; default 10, X-UMX's. */
  readonly waveformWeight?: number;
}

/** Adam with L2, as the originals have it. */
export const umxAdam: AdamWSettings = { ...originalAdamW, decay: "gradient" };

/** Passes of a batch through all targets, or one. */
interface Passed {
  readonly encoded: readonly Encoded[];
  readonly remembered: readonly Remembered[];
  readonly decoded: readonly Decoded[];
}

export class UmxStep implements Trainee {
  readonly training: UmxTraining;
  readonly parameters: UmxParameters;
  readonly optimiser: AdamW;
  /** Sum of the gradients since the last update, in the order of the parameters. */
  readonly gradient: Float32Array;
  readonly #machines: Machines;
  readonly #magnitudes: MagnitudeLoss;
  readonly #waves: { readonly spectra: Spectra; readonly sdr: WeightedSdr };
  readonly #sum: GradientSum;
  readonly #dropout: boolean;
  readonly #waveformWeight: number;
  readonly #passes = new Passes();

  /**
   * @throws WeightsError when the tensors do not fit the architecture; ArgumentError for units that are no multiple of 4;
   *   RuntimeError
   */
  static async create(
    training: UmxTraining,
    state: StateDict,
    runtime: Runtime,
    options: UmxOptions = {},
  ): Promise<UmxStep> {
    const { architecture, targets, nameOf } = training;
    if (units(architecture) % 4 !== 0) {
      const least = 4 * architecture.directions.length;
      throw new ArgumentError(`The hidden size must be a multiple of ${least} to be trained.`);
    }
    const parameters = new UmxParameters(architecture, targets, nameOf, state);
    const products = await Products.open(runtime, options.threads ?? 1);
    return new UmxStep(training, parameters, products, options);
  }

  private constructor(
    training: UmxTraining,
    parameters: UmxParameters,
    products: Products,
    { optimiser = umxAdam, clipNorm, dropout = true, waveformWeight = 10 }: UmxOptions,
  ) {
    const { trained: weights } = parameters;
    this.training = training;
    this.parameters = parameters;
    this.optimiser = new AdamW(weights.length, optimiser);
    this.#sum = new GradientSum({ weights, optimiser: this.optimiser, clipNorm });
    this.gradient = this.#sum.values;
    const { architecture, targets, bridged, stft } = training;
    const { hidden, channels, bins } = architecture;
    const norms = new BatchNorms(Math.max(hidden, channels * bins));
    this.#machines = { products, recurrences: new LstmKernels(), norms };
    this.#magnitudes = new MagnitudeLoss(bridged ? targets.length : 1);
    this.#waves = { spectra: new Spectra(stft), sdr: new WeightedSdr(targets.length) };
    this.#dropout = dropout;
    this.#waveformWeight = waveformWeight;
  }

  accumulate(batch: Batch): Promise<Losses> {
    return this.#passes.run(async () => {
      const own = batchOf("spectra", batch);
      const losses = await this.#sum.add((gradient) => this.#losses(own, gradient));
      this.parameters.batchesTracked++;
      return losses;
    });
  }

  update(learningRate: number): number {
    return this.#sum.update(learningRate);
  }

  evaluate(batch: Batch): Promise<Losses> {
    return this.#passes.run(() => this.#losses(batchOf("spectra", batch), undefined));
  }

  /** Waits for a pass under way, then frees the sessions. */
  close(): Promise<void> {
    return this.#passes.close(() => this.#machines.products.close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Losses, and with `gradient` the gradients by all that is trained. */
  #losses(batch: SpectraBatch, gradient: Float32Array | undefined): Promise<Losses> {
    return this.training.bridged
      ? this.#bridged(batch, gradient)
      : this.#independent(batch, gradient);
  }

  /** One target after the other: the loss is the sum of theirs, so that each has the gradient that it has alone. */
  async #independent(batch: SpectraBatch, gradient: Float32Array | undefined): Promise<Losses> {
    const parts: Record<string, number> = {};
    let sum = 0;
    for (const [j, target] of this.training.targets.entries()) {
      const passed = await this.#forward(batch, [j], modeOf(gradient));
      const { masks } = passed.decoded[0];
      const byMasks = gradient && new Float32Array(masks.length);
      const into = byMasks && [byMasks];
      const loss = this.#magnitudes.compute([masks], batch.mixture, [batch.stems[j]], into);
      if (gradient && byMasks) await this.#back(batch, [j], passed, [byMasks], gradient);
      parts[target] = loss;
      sum += loss;
    }
    return { loss: sum, parts };
  }

  async #bridged(batch: SpectraBatch, gradient: Float32Array | undefined): Promise<Losses> {
    const { mixture, stems, waves, items } = batch;
    if (!waves) throw new ArgumentError("The batch was prepared without waveforms.");
    const all = [...this.training.targets.keys()];
    const passed = await this.#forward(batch, all, modeOf(gradient));
    const masks = passed.decoded.map((one) => one.masks);
    const byMasks = gradient && masks.map((mask) => new Float32Array(mask.length));
    const magnitudes = this.#magnitudes.compute(masks, mixture, stems, byMasks);
    const weight = this.#waveformWeight;
    const waveforms = waveformLoss(this.#waves, items, waves, masks, weight, byMasks);
    if (gradient && byMasks) await this.#back(batch, all, passed, byMasks, gradient);
    const parts = { magnitudes, waveforms };
    return { loss: magnitudes + weight * waveforms, parts };
  }

  /** Some targets; bridged all together, whose encoders and recurrent layers then share their means. */
  async #forward(batch: SpectraBatch, some: readonly number[], mode: Mode): Promise<Passed> {
    const { architecture } = this.training;
    const tensors = some.map((j) => this.parameters.target(j));
    const encoded: Encoded[] = [];
    for (const own of tensors) {
      encoded.push(await encode(this.#machines, architecture, own, batch.lower, mode));
    }
    const rows = meanOf(encoded.map(({ output }) => output));
    const remembered: Remembered[] = [];
    for (const [i, own] of tensors.entries()) {
      const dropping = mode === "training" && this.#dropout;
      const random = dropping ? Random.of(batch.draw, some[i]) : undefined;
      const { items } = batch;
      remembered.push(await remember(this.#machines, architecture, own, rows, items, random));
    }
    const memory = meanOf(remembered.map(({ output }) => output));
    const joined = joinRows(rows, memory, architecture.hidden);
    const decoded: Decoded[] = [];
    for (const own of tensors) {
      decoded.push(await decode(this.#machines, architecture, own, joined, mode));
    }
    return { encoded, remembered, decoded };
  }

  /** The way back from the gradients by the masks, which are overwritten. */
  async #back(
    { lower, items }: SpectraBatch,
    some: readonly number[],
    { encoded, remembered, decoded }: Passed,
    byMasks: readonly Float32Array[],
    gradient: Float32Array,
  ): Promise<void> {
    const { architecture } = this.training;
    const { hidden } = architecture;
    const tensors = some.map((j) => this.parameters.target(j));
    const into = some.map((j): TargetTensors => this.parameters.target(j, gradient));
    const byJoined = new Float32Array(2 * encoded[0].output.length);
    for (const [i, own] of tensors.entries()) {
      const part = await decodeBack(
        this.#machines,
        architecture,
        own,
        into[i],
        decoded[i],
        byMasks[i],
      );
      addTo(byJoined, part);
    }
    const [byRows, byMemory] = splitRows(byJoined, hidden);
    const share = 1 / some.length;
    for (let i = 0; i < byMemory.length; i++) byMemory[i] *= share;
    for (const [i, own] of tensors.entries()) {
      const given = byMemory.slice();
      const one = remembered[i];
      addTo(
        byRows,
        await rememberBack(this.#machines, architecture, own, into[i], one, items, given),
      );
    }
    for (let i = 0; i < byRows.length; i++) byRows[i] *= share;
    for (const [i, own] of tensors.entries()) {
      const given = byRows.slice();
      await encodeBack(this.#machines, architecture, own, into[i], lower, encoded[i], given);
    }
  }
}

function modeOf(gradient: Float32Array | undefined): Mode {
  return gradient ? "training" : "evaluation";
}
