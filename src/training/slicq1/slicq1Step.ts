/** Training steps of version 1's networks: every target's network of every block alone, in a graph of its own size. */
import { ArgumentError } from "../../errors.ts";
import { gradientName, writeOnnx } from "../../graph/index.ts";
import { type Target, targets } from "../../networks/index.ts";
import {
  fewestSlices,
  normLayers,
  reachOf,
  type Slicq1Architecture,
} from "../../networks/slicq1/index.ts";
import type { FloatTensor, Runtime, Session } from "../../runtime/index.ts";
import type { StateDict } from "../../tensors/index.ts";
import { inverse, SAMPLE_RATE, type SliCQTPlan } from "../../transforms/slicqt/index.ts";
import { feed as prepared } from "../blockGraph.ts";
import { GradientSum } from "../gradientSum.ts";
import { AdamW, type AdamWSettings, originalAdamW } from "../optimiser.ts";
import { Passes } from "../passes.ts";
import type { PreparedBatch } from "../preparedBatch.ts";
import { type Batch, batchOf, type Losses, type Trainee } from "../trainee.ts";
import { blockSizes, turnBack } from "../turnedFrames.ts";
import { type BlockGraphKind, blockGraph, feed, result, statisticName } from "./blockGraph.ts";
import { Slicq1Parameters } from "./parameters.ts";
import { siSdrLoss } from "./siSdr.ts";

/** How steps are computed. */
export interface Slicq1Options {
  /** Threads of the tensor runtime; default 1. */
  readonly threads?: number;
  /** Default: Adam with L2, as the original has it. */
  readonly optimiser?: AdamWSettings;
  /** Gradients are scaled so that their global norm does not exceed this; default: no limit. */
  readonly clipNorm?: number;
  /** Weight of the SDR's value beside the squared errors; 0: it is not computed. Default 0.1, the original's. */
  readonly sdrWeight?: number;
}

/** Adam with L2, as the original has it. */
export const slicq1Adam: AdamWSettings = { ...originalAdamW, decay: "gradient" };

/** Share of the new batch in running statistics, as in PyTorch. */
const MOMENTUM = 0.1;

/** Networks of version 1 in training. */
export class Slicq1Step implements Trainee {
  readonly parameters: Slicq1Parameters;
  readonly optimiser: AdamW;
  /** Sum of the gradients since the last update, in the order of the parameters. */
  readonly gradient: Float32Array;
  readonly #plan: SliCQTPlan;
  readonly #blocks: Slicq1Architecture;
  readonly #runtime: Runtime;
  readonly #threads: number;
  readonly #sum: GradientSum;
  readonly #sdrWeight: number;
  readonly #sessions = new Map<string, Promise<Session>>();
  readonly #passes = new Passes();

  /** @throws WeightsError when the tensors do not fit the architecture */
  constructor(
    plan: SliCQTPlan,
    blocks: Slicq1Architecture,
    state: StateDict,
    runtime: Runtime,
    { threads = 1, optimiser = slicq1Adam, clipNorm, sdrWeight = 0.1 }: Slicq1Options = {},
  ) {
    this.parameters = new Slicq1Parameters(blocks, state);
    const { trained: weights } = this.parameters;
    this.optimiser = new AdamW(weights.length, optimiser);
    this.#sum = new GradientSum({ weights, optimiser: this.optimiser, clipNorm });
    this.gradient = this.#sum.values;
    this.#plan = plan;
    this.#blocks = blocks;
    this.#runtime = runtime;
    this.#threads = threads;
    this.#sdrWeight = sdrWeight;
  }

  accumulate(batch: Batch): Promise<Losses> {
    return this.#passes.run(async () => {
      const own = batchOf("blocks", batch);
      const losses = await this.#sum.add((gradient) => this.#losses(own, gradient));
      this.parameters.batchesTracked++;
      return losses;
    });
  }

  update(learningRate: number): number {
    return this.#sum.update(learningRate);
  }

  evaluate(batch: Batch): Promise<Losses> {
    return this.#passes.run(() => this.#losses(batchOf("blocks", batch), undefined));
  }

  /** Waits for a pass under way, then frees the sessions. */
  close(): Promise<void> {
    return this.#passes.close(async () => {
      for (const session of this.#sessions.values()) await (await session).close();
      this.#sessions.clear();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Losses, and with `gradient` the gradients by all that is trained, which they are written to. */
  async #losses(batch: PreparedBatch, gradient: Float32Array | undefined): Promise<Losses> {
    const least = fewestSlices(this.#blocks);
    if (batch.slices < least) {
      throw new ArgumentError(
        `The excerpts are too short: they have ${batch.slices} slices, and the network needs ${least}.`,
        `Make them ${((least - 2) * this.#plan.hop + 1) / SAMPLE_RATE} s long or longer.`,
      );
    }
    let squared = 0;
    const stems: Float32Array[] = [];
    for (const [number, { bins, coefs }] of this.#plan.blocks.entries()) {
      const { feeds } = batch.blocks[number];
      const magnitude = feeds[prepared.magnitude].data;
      const truth = feeds[prepared.inPhase].data;
      const size = coefs * bins * 2 * batch.slices * batch.items;
      const estimates = this.#sdrWeight === 0 ? undefined : new Float32Array(targets.length * size);
      for (const [j, target] of targets.entries()) {
        const own = truth.subarray(j * size, (j + 1) * size);
        const estimate = estimates?.subarray(j * size, (j + 1) * size);
        if (number < this.#blocks.length) {
          const arrays = { magnitude, truth: own };
          squared += await this.#run(batch, target, number, arrays, gradient, estimate);
        } else {
          // Above the bandwidth the mixture is every stem.
          squared += this.#weight(size) * squaredDifference(magnitude, own);
          estimate?.set(magnitude);
        }
      }
      if (estimates && batch.waveforms) {
        const sizes = blockSizes(this.#plan.blocks[number], batch.slices, batch.items);
        stems.push(turnBack(batch.waveforms.mixture.blocks[number], estimates, undefined, sizes));
      }
    }
    const sdr = this.#sdr(batch, stems);
    return {
      loss: squared + this.#sdrWeight * (sdr ?? 0),
      parts: { spectral: squared, ...(sdr !== undefined && { sdr }) },
    };
  }

  #sdr({ items, slices, samples, waveforms }: PreparedBatch, blocks: readonly Float32Array[]) {
    if (this.#sdrWeight === 0) return undefined;
    if (!waveforms) throw new ArgumentError("The batch was prepared without waveforms.");
    const channels = 2 * targets.length * items;
    return siSdrLoss(inverse(this.#plan, { channels, slices, blocks }, samples), waveforms.stems);
  }

  /** The share of a block's sum of squared errors of so many positions in the loss. */
  #weight(size: number): number {
    return 1 / (size * targets.length * this.#plan.blocks.length);
  }

  /** One target's network of a block: its part of the loss; `estimate` takes its magnitudes. */
  async #run(
    batch: PreparedBatch,
    target: Target,
    number: number,
    { magnitude, truth }: { readonly magnitude: Float32Array; readonly truth: Float32Array },
    gradient: Float32Array | undefined,
    estimate: Float32Array | undefined,
  ): Promise<number> {
    const kind = gradient ? "batch" : "running";
    const session = await this.#session(number, batch, kind);
    const { bins, coefs } = this.#blocks[number];
    const dims = [2, coefs / 2, bins, 2 * batch.slices * batch.items];
    const { parameters } = this;
    const running = parameters.tensors(target, number, "running");
    const feeds = {
      ...parameters.tensors(target, number, "trained"),
      ...(kind === "running" && running),
      [feed.magnitude]: { dims, data: magnitude },
      [feed.target]: { dims, data: truth },
    };
    const into = gradient && parameters.tensors(target, number, "trained", gradient, gradientName);
    const outputs = await session.run(feeds, into);
    if (kind === "batch") this.#follow(running, outputs, number, batch);
    if (estimate) {
      const masks = outputs[result.masks].data;
      for (let i = 0; i < estimate.length; i++) estimate[i] = masks[i] * magnitude[i];
    }
    return outputs[result.loss].data[0];
  }

  /** Moves running statistics towards those of a batch; of variances the unbiased ones. */
  #follow(
    running: Readonly<Record<string, FloatTensor>>,
    outputs: Readonly<Record<string, FloatTensor>>,
    number: number,
    { items, slices }: PreparedBatch,
  ): void {
    const block = this.#blocks[number];
    const { bins, coefs, frequencyTaps } = block;
    for (const layer of normLayers) {
      // How many of its convolutions are not undone yet.
      const narrowed = { 1: 1, 4: 2, 7: 1, 10: 0 }[layer];
      const frames = ((slices + 1) * coefs) / 2 - narrowed * reachOf(block);
      const count = items * frames * (bins - narrowed * (frequencyTaps - 1));
      const move = (field: string, which: "mean" | "variance", factor: number) => {
        const values = running[`${layer}.${field}`].data;
        const seen = outputs[statisticName(layer, which)].data;
        for (let i = 0; i < values.length; i++) {
          values[i] = (1 - MOMENTUM) * values[i] + MOMENTUM * factor * seen[i];
        }
      };
      move("running_mean", "mean", 1);
      move("running_var", "variance", count / (count - 1));
    }
  }

  /** One session for each block and size of a batch: excerpts have one, and validation songs few. */
  #session(
    number: number,
    { items, slices }: PreparedBatch,
    kind: BlockGraphKind,
  ): Promise<Session> {
    const key = [number, items, slices, kind].join();
    const known = this.#sessions.get(key);
    if (known) return known;
    const block = this.#blocks[number];
    const weight = this.#weight(block.bins * block.coefs * 2 * slices * items);
    const made = this.#runtime.createSession(
      writeOnnx(blockGraph({ block, items, slices, weight }, kind)),
      { threads: this.#threads, memory: "returned" },
    );
    this.#sessions.set(key, made);
    return made;
  }
}

function squaredDifference(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum;
}
