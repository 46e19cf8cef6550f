/** Training steps of a band-coupled network: a pass for the gates, their loss, then a pass for the gradients. */
import { ArgumentError, ClosedError } from "../../errors.ts";
import { gradientName, writeOnnx } from "../../graph/index.ts";
import {
  type CoupledArchitecture,
  FRAMES_PER_STEP,
  gateGraph,
  graphNames,
} from "../../networks/coupled/index.ts";
import type { FloatTensor, Runtime, Session } from "../../runtime/index.ts";
import type { StateDict } from "../../tensors/index.ts";
import {
  AdamW,
  type AdamWSettings,
  clippingFactor,
  globalNorm,
  originalAdamW,
} from "../optimiser.ts";
import { type Batch, batchOf, type Losses, type Trainee } from "../trainee.ts";
import type { CellBatch } from "./cellBatch.ts";
import { CoupledParameters } from "./coupledParameters.ts";
import { gateLoss } from "./gateLoss.ts";
import { gradientGraph, logitGradient } from "./gradientGraph.ts";

/** How steps are computed. */
export interface CoupledOptions {
  /** Threads of the tensor runtime; default 1. */
  readonly threads?: number;
  /** Default: the original's. */
  readonly optimiser?: AdamWSettings;
  /** Gradients are scaled so that their global norm does not exceed this; default: no limit. */
  readonly clipNorm?: number;
}

/**
 * A band-coupled network in training.
 *
 * One session gives the gates of a batch, from which the loss and its gradient by the logits are computed here; another
 * goes the way again and back, to the gradients by all weights.
 */
export class CoupledStep implements Trainee {
  readonly architecture: CoupledArchitecture;
  readonly parameters: CoupledParameters;
  readonly optimiser: AdamW;
  /** Sum of the gradients since the last update, in the order of the parameters. */
  readonly gradient: Float32Array;
  readonly #runtime: Runtime;
  readonly #threads: number;
  readonly #clipNorm: number;
  readonly #sessions = new Map<string, Promise<Session>>();
  #logitGradient = new Float32Array(0);
  #closed = false;
  #accumulated = 0;

  /** @throws WeightsError when the tensors do not fit the architecture */
  constructor(
    architecture: CoupledArchitecture,
    state: StateDict,
    runtime: Runtime,
    options: CoupledOptions = {},
  ) {
    this.architecture = architecture;
    this.parameters = CoupledParameters.from(architecture, state);
    const { length } = this.parameters.trained;
    this.optimiser = new AdamW(length, options.optimiser ?? originalAdamW);
    this.gradient = new Float32Array(length);
    this.#runtime = runtime;
    this.#threads = options.threads ?? 1;
    this.#clipNorm = options.clipNorm ?? Number.POSITIVE_INFINITY;
  }

  async accumulate(batch: Batch): Promise<Losses> {
    const own = batchOf("cells", batch);
    const gates = await this.#gates(own);
    if (this.#logitGradient.length !== gates.length) {
      this.#logitGradient = new Float32Array(gates.length);
    }
    const { grid } = this.architecture;
    const { loss } = gateLoss(grid, own.cells, gates, this.#logitGradient);
    const session = await this.#session("gradients", own);
    const dims = [grid.bands, 8 * grid.sizes.bandCells, own.cells.frames * own.items];
    const feeds = { ...this.#feeds(own), [logitGradient]: { dims, data: this.#logitGradient } };
    const target = this.#accumulated === 0 ? this.gradient : new Float32Array(this.gradient.length);
    await session.run(feeds, this.parameters.tensors(target, gradientName));
    if (this.#accumulated > 0) {
      for (let i = 0; i < target.length; i++) this.gradient[i] += target[i];
    }
    this.#accumulated++;
    return { loss, parts: { spectral: loss } };
  }

  update(learningRate: number): number {
    if (this.#accumulated === 0) throw new ArgumentError("There are no gradients to update with.");
    const share = 1 / this.#accumulated;
    const norm = share * globalNorm(this.gradient);
    const factor = share * clippingFactor(norm, this.#clipNorm);
    this.optimiser.step(this.parameters.trained, this.gradient, learningRate, factor);
    this.#accumulated = 0;
    return norm;
  }

  async evaluate(batch: Batch): Promise<Losses> {
    const own = batchOf("cells", batch);
    const { loss } = gateLoss(this.architecture.grid, own.cells, await this.#gates(own), undefined);
    return { loss, parts: { spectral: loss } };
  }

  /** Waits for runs under way, then frees the sessions. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const session of this.#sessions.values()) await (await session).close();
    this.#sessions.clear();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #gates(batch: CellBatch): Promise<Float32Array> {
    const session = await this.#session("gates", batch);
    return (await session.run(this.#feeds(batch)))[graphNames.gates].data;
  }

  #feeds({ features, cells, items }: CellBatch): Record<string, FloatTensor> {
    const width = cells.frames * items;
    const { bands } = this.architecture.grid;
    return {
      ...this.parameters.tensors(),
      [graphNames.features]: {
        dims: [bands, features.length / bands / width, width],
        data: features,
      },
    };
  }

  /** One session for each size of a batch: excerpts have one, and validation songs few. */
  async #session(kind: "gates" | "gradients", { cells, items }: CellBatch): Promise<Session> {
    const key = `${kind} ${cells.frames} ${items}`;
    if (this.#closed) throw new ClosedError("The training step was closed.");
    const known = this.#sessions.get(key);
    if (known) return known;
    const size = { items, steps: cells.frames / FRAMES_PER_STEP };
    const build = kind === "gates" ? gateGraph : gradientGraph;
    const made = this.#runtime.createSession(writeOnnx(build(this.architecture, size)), {
      threads: this.#threads,
      memory: kind === "gates" ? "returned" : "planned",
    });
    this.#sessions.set(key, made);
    return made;
  }
}
