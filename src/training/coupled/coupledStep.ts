/** Training steps of a band-coupled network: a pass for the gates, their loss, then a pass for the gradients. */
import { type Graph, GraphBuilder, gradientName, gradients, writeOnnx } from "../../graph/index.ts";
import {
  type CoupledArchitecture,
  cellFeatures,
  coupledNetwork,
  coupledShapes,
  FEATURES,
  FRAMES_PER_STEP,
  featureShape,
  gateGraph,
  graphNames,
  isStatistic,
  tensorInputs,
} from "../../networks/coupled/index.ts";
import type { FloatTensor, Runtime, Session } from "../../runtime/index.ts";
import { elementCount, floatData, type StateDict, type Tensor } from "../../tensors/index.ts";
import { AdamW, type AdamWSettings, clippingFactor, globalNorm } from "../optimiser.ts";
import { type GateLoss, gateLoss } from "./gateLoss.ts";
import type { StemCells } from "./stemCells.ts";

/** A batch ready for the network. */
export interface CoupledBatch {
  readonly cells: StemCells;
  readonly features: Float32Array;
}

/** Sums and features of a batch. */
export function coupledBatch({ grid }: CoupledArchitecture, cells: StemCells): CoupledBatch {
  return { cells, features: cellFeatures(grid, cells) };
}

const logitGradient = "logitGradient";

/** The graph of the gradients by all trained tensors, where the gradient by the logits is fed. */
export function gradientGraph(
  architecture: CoupledArchitecture,
  size: { readonly items: number; readonly steps: number },
): Graph {
  const b = new GraphBuilder("coupledGradients");
  const { bands, sizes } = architecture.grid;
  const frames = FRAMES_PER_STEP * size.steps * size.items;
  const features = b.input(graphNames.features, featureShape(architecture, size));
  const tensor = tensorInputs(b, architecture);
  const logits = coupledNetwork(b, features, tensor, architecture, size);
  const fed = b.input(logitGradient, [bands, 8 * sizes.bandCells, frames]);
  const sum = b.reduceSum(b.mul(logits, fed), [0, 1, 2]);
  b.output("loss", b.reshape(sum, []));
  const trained = [...coupledShapes(architecture).keys()].filter((name) => !isStatistic(name));
  const graph = gradients(b.build(), "loss", trained);
  return { ...graph, outputs: graph.outputs.filter(({ name }) => name !== "loss") };
}

interface Place {
  readonly name: string;
  readonly dims: readonly number[];
  readonly offset: number;
  readonly length: number;
}

export class CoupledStep {
  readonly architecture: CoupledArchitecture;
  readonly weights: Float32Array;
  readonly gradient: Float32Array;
  readonly optimiser: AdamW;
  readonly statistics: ReadonlyMap<string, Float32Array>;
  readonly #places: readonly Place[];
  readonly #runtime: Runtime;
  readonly #threads: number;
  readonly #sessions = new Map<string, Promise<Session>>();
  #logitGradient = new Float32Array(0);

  constructor(
    architecture: CoupledArchitecture,
    state: StateDict,
    runtime: Runtime,
    options: { readonly threads: number; readonly optimiser: AdamWSettings },
  ) {
    this.architecture = architecture;
    this.#runtime = runtime;
    this.#threads = options.threads;
    const places: Place[] = [];
    const statistics = new Map<string, Float32Array>();
    let offset = 0;
    for (const [name, dims] of coupledShapes(architecture)) {
      if (isStatistic(name)) {
        statistics.set(name, floatData(state, name).slice());
        continue;
      }
      const length = elementCount(dims);
      places.push({ name, dims, offset, length });
      offset += length;
    }
    this.#places = places;
    this.statistics = statistics;
    this.weights = new Float32Array(offset);
    for (const place of places) this.weights.set(floatData(state, place.name), place.offset);
    this.gradient = new Float32Array(offset);
    this.optimiser = new AdamW(offset, options.optimiser);
  }

  /** Loss of a batch, with weights as they are, or others. */
  async evaluate(batch: CoupledBatch, weights: Float32Array = this.weights): Promise<GateLoss> {
    const gates = await this.gates(batch, weights);
    return gateLoss(this.architecture.grid, batch.cells, gates, undefined);
  }

  async gates({ cells, features }: CoupledBatch, weights = this.weights): Promise<Float32Array> {
    const session = await this.#session("gates", cells);
    const outputs = await session.run(this.#feeds(features, cells, weights));
    return outputs[graphNames.gates].data;
  }

  /** One step of AdamW. */
  async step(
    batch: CoupledBatch,
    learningRate: number,
    clip: number,
  ): Promise<GateLoss & { readonly norm: number }> {
    const { cells, features } = batch;
    const gates = await this.gates(batch);
    if (this.#logitGradient.length !== gates.length)
      this.#logitGradient = new Float32Array(gates.length);
    const found = gateLoss(this.architecture.grid, cells, gates, this.#logitGradient);
    const session = await this.#session("gradients", cells);
    const { bands, sizes } = this.architecture.grid;
    const dims = [bands, 8 * sizes.bandCells, cells.frames * cells.items];
    const feeds = {
      ...this.#feeds(features, cells, this.weights),
      [logitGradient]: { dims, data: this.#logitGradient },
    };
    const into = this.#tensors(this.gradient, gradientName);
    await session.run(feeds, into);
    const norm = globalNorm(this.gradient);
    this.optimiser.step(this.weights, this.gradient, learningRate, clippingFactor(norm, clip));
    return { ...found, norm };
  }

  /** The state dict, with copies of the weights, or others in their place. */
  state(weights: Float32Array = this.weights): StateDict {
    const state = new Map<string, Tensor>();
    for (const [name, shape] of coupledShapes(this.architecture)) {
      const place = this.#places.find((p) => p.name === name);
      const data = place
        ? weights.slice(place.offset, place.offset + place.length)
        : this.statistics.get(name);
      if (data) state.set(name, { dtype: "f32", shape, data });
    }
    return state;
  }

  async close(): Promise<void> {
    for (const session of this.#sessions.values()) await (await session).close();
  }

  #tensors(values: Float32Array, rename: (name: string) => string): Record<string, FloatTensor> {
    return Object.fromEntries(
      this.#places.map(({ name, dims, offset, length }) => [
        rename(name),
        { dims, data: values.subarray(offset, offset + length) },
      ]),
    );
  }

  #feeds(
    features: Float32Array,
    { frames, items }: StemCells,
    weights: Float32Array,
  ): Record<string, FloatTensor> {
    const { bands, sizes } = this.architecture.grid;
    const feeds = this.#tensors(weights, (name) => name);
    for (const [name, data] of this.statistics) {
      feeds[name] = { dims: coupledShapes(this.architecture).get(name) ?? [], data };
    }
    feeds[graphNames.features] = {
      dims: [bands, FEATURES * sizes.bandCells, frames * items],
      data: features,
    };
    return feeds;
  }

  #session(kind: "gates" | "gradients", { frames, items }: StemCells): Promise<Session> {
    const key = `${kind} ${frames} ${items}`;
    const known = this.#sessions.get(key);
    if (known) return known;
    const size = { items, steps: frames / FRAMES_PER_STEP };
    const graph =
      kind === "gates"
        ? gateGraph(this.architecture, size)
        : gradientGraph(this.architecture, size);
    const made = this.#runtime.createSession(writeOnnx(graph), {
      threads: this.#threads,
      memory: "planned",
    });
    this.#sessions.set(key, made);
    return made;
  }
}
