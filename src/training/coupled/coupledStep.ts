/** Training steps of a band-coupled network: one pass, to the loss and its gradients by all weights. */
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
import type { Block } from "../../transforms/index.ts";
import { GradientSum } from "../gradientSum.ts";
import { AdamW, type AdamWSettings, originalAdamW } from "../optimiser.ts";
import type { PreparedBatch } from "../preparedBatch.ts";
import type { WienerTraining } from "../settings.ts";
import { type Batch, batchOf, type Losses, type Trainee } from "../trainee.ts";
import type { CellBatch } from "./cellBatch.ts";
import { CoupledParameters } from "./coupledParameters.ts";
import { errorWeights, gateLoss } from "./gateLoss.ts";
import { gradientGraph, logitGradient, lossNames } from "./gradientGraph.ts";
import { WienerLoss } from "./wienerLoss.ts";

/** Wiener-EM over these blocks. */
export type WienerBlocks = WienerTraining & { readonly blocks: readonly Block[] };

/** How steps are computed. */
export interface CoupledOptions {
  /** Threads of the tensor runtime; default 1. */
  readonly threads?: number;
  /** How stems get their phase; for Wiener-EM with the transform's blocks. Default: mix phase. */
  readonly phase?: { readonly method: "mix" } | WienerBlocks;
  /** Default: the original's. */
  readonly optimiser?: AdamWSettings;
  /** Gradients are scaled so that their global norm does not exceed this; default: no limit. */
  readonly clipNorm?: number;
}

/**
 * A band-coupled network in training.
 *
 * One session has the loss and the gradients of a batch; another gives the gates alone, where only the loss is wanted.
 */
export class CoupledStep implements Trainee {
  readonly architecture: CoupledArchitecture;
  readonly parameters: CoupledParameters;
  readonly optimiser: AdamW;
  /** Sum of the gradients since the last update, in the order of the parameters. */
  readonly gradient: Float32Array;
  readonly #runtime: Runtime;
  readonly #threads: number;
  readonly #sum: GradientSum;
  readonly #sessions = new Map<string, Promise<Session>>();
  readonly #wiener: WienerLoss | undefined;
  #byLogits = new Float32Array(0);
  #closed = false;

  /** @throws WeightsError when the tensors do not fit the architecture */
  constructor(
    architecture: CoupledArchitecture,
    state: StateDict,
    runtime: Runtime,
    options: CoupledOptions = {},
  ) {
    this.architecture = architecture;
    this.parameters = CoupledParameters.from(architecture, state);
    const { trained: weights } = this.parameters;
    const optimiser = new AdamW(weights.length, options.optimiser ?? originalAdamW);
    this.optimiser = optimiser;
    this.#sum = new GradientSum({ weights, optimiser, clipNorm: options.clipNorm });
    this.gradient = this.#sum.values;
    this.#runtime = runtime;
    this.#threads = options.threads ?? 1;
    const { phase } = options;
    if (phase?.method === "wiener-em") {
      this.#wiener = new WienerLoss(architecture.grid, phase.blocks, phase.window);
    }
  }

  async accumulate(batch: Batch): Promise<Losses> {
    const own = batchOf("cells", batch);
    const loss = await this.#sum.add((gradient) => {
      const into = this.parameters.tensors(gradient, gradientName);
      return this.#wiener
        ? this.#wienerGradients(own, this.#wiener, into)
        : this.#gradients(own, into);
    });
    return { loss, parts: { spectral: loss } };
  }

  update(learningRate: number): number {
    return this.#sum.update(learningRate);
  }

  async evaluate(batch: Batch): Promise<Losses> {
    const own = batchOf("cells", batch);
    const gates = await this.#gates(own);
    const loss = this.#wiener
      ? this.#wiener.loss(preparedForWiener(own), gates, undefined)
      : gateLoss(this.architecture.grid, own.cells, gates).loss;
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

  /** By mix phase: the graph has the loss. */
  async #gradients(batch: CellBatch, into: Record<string, FloatTensor>): Promise<number> {
    const session = await this.#session("loss", batch);
    const { feeds, constant } = this.#judged(batch);
    const given = await session.run({ ...this.#feeds(batch), ...feeds }, into);
    return given[lossNames.loss].data[0] + constant;
  }

  /** Through Wiener-EM: a run gives the gates, kernels the gradient by the logits, and another run goes on with it. */
  async #wienerGradients(
    batch: CellBatch,
    wiener: WienerLoss,
    into: Record<string, FloatTensor>,
  ): Promise<number> {
    const gates = await this.#gates(batch);
    if (this.#byLogits.length !== gates.length) this.#byLogits = new Float32Array(gates.length);
    const loss = wiener.loss(preparedForWiener(batch), gates, this.#byLogits);
    const session = await this.#session("fed", batch);
    const { grid } = this.architecture;
    const dims = [grid.bands, 8 * grid.sizes.bandCells, batch.cells.frames * batch.items];
    const feeds = { ...this.#feeds(batch), [logitGradient]: { dims, data: this.#byLogits } };
    await session.run(feeds, into);
    return loss;
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

  /** What the graph judges a batch by, and what is to be added to its loss. */
  #judged({ cells, items }: CellBatch): {
    readonly feeds: Record<string, FloatTensor>;
    readonly constant: number;
  } {
    const { bands, sizes } = this.architecture.grid;
    const rows = 2 * sizes.bandCells;
    const width = cells.frames * items;
    const { least, weights } = errorWeights(cells);
    const perTarget = (values: Float64Array) => ({
      dims: [1, 4, 1, 1, items],
      data: Float32Array.from(values, (_, i) => values[(i % items) * 4 + Math.floor(i / items)]),
    });
    const feeds = {
      [lossNames.power]: { dims: [bands, 1, rows, width], data: cells.power },
      [lossNames.inPhase]: { dims: [bands, 4, rows, width], data: cells.inPhase },
      [lossNames.energies]: perTarget(cells.energies),
      [lossNames.least]: perTarget(least),
      [lossNames.weights]: perTarget(weights),
    };
    const silent = weights.reduce(
      (sum, w, i) => sum + w * Math.log(cells.energies[i] + least[i]),
      0,
    );
    return { feeds, constant: -silent };
  }

  /** One session for each size of a batch: excerpts have one, and validation songs few. */
  async #session(kind: "gates" | "loss" | "fed", { cells, items }: CellBatch): Promise<Session> {
    const key = `${kind} ${cells.frames} ${items}`;
    if (this.#closed) throw new ClosedError("The training step was closed.");
    const known = this.#sessions.get(key);
    if (known) return known;
    const size = { items, steps: cells.frames / FRAMES_PER_STEP };
    const graph =
      kind === "gates"
        ? gateGraph(this.architecture, size)
        : gradientGraph(this.architecture, size, kind);
    const made = this.#runtime.createSession(writeOnnx(graph), {
      threads: this.#threads,
      memory: kind === "gates" ? "returned" : "planned",
    });
    this.#sessions.set(key, made);
    return made;
  }
}

function preparedForWiener({ wiener }: CellBatch): PreparedBatch {
  if (!wiener) throw new ArgumentError("The batch was prepared for another phase.");
  return wiener;
}
