/**
 * The engine: samples of a piece to masks, then to stems. Joins transform, network and phase in one kernel memory,
 * four slices at a time; network inputs and masks are written in place, without copies.
 */
import { ClosedError } from "../errors.ts";
import { createKernels, type KernelInstance } from "../kernels/instance.ts";
import { LANES } from "../kernels/lanes.ts";
import { type MaskEngine, openNetwork } from "../networks/index.ts";
import { MaskLayout, type PhaseSettings } from "../phase/index.ts";
import type { Device, DevicePreference, Runtime } from "../runtime/index.ts";
import { type LaneTransform, planTransform, type Transform } from "../transforms/index.ts";
import type {
  Analysed,
  Engine,
  EngineTimes,
  Extent,
  Piece,
  PieceStems,
  WindowSpatial,
  WindowStatistics,
} from "./piece.ts";
import { PieceForward } from "./pieceForward.ts";
import { PieceMemory } from "./pieceMemory.ts";
import { type HeldPiece, modelKey, PiecePhase } from "./piecePhase.ts";
import type { PreparedSliceModel } from "./preparedModel.ts";
import { type RefinedPiece, type Refinement, StemRefiner } from "./stemRefiner.ts";
import { StemSynthesis } from "./stemSynthesis.ts";

export interface EngineOptions {
  readonly phase: PhaseSettings;
  /** A second filter of the stems. */
  readonly refinement?: Refinement | undefined;
  /** Threads of the network within this engine. */
  readonly threads: number;
  /** Most slices of a piece, without its context. */
  readonly pieceSlices: number;
  /** Where the network computes. */
  readonly device: DevicePreference;
}

/** An engine's parts, in one memory. */
interface Parts {
  readonly kernels: KernelInstance;
  readonly transform: Transform;
  readonly lanes: LaneTransform;
  readonly masks: MaskLayout;
  readonly memory: PieceMemory;
  readonly network: MaskEngine;
}

export class PieceEngine implements Engine {
  readonly #phase: PhaseSettings;
  readonly #memory: PieceMemory;
  readonly #forward: PieceForward;
  readonly #phaseStep: PiecePhase;
  readonly #network: MaskEngine;
  readonly #synthesis: StemSynthesis;
  readonly #refiner: StemRefiner | undefined;
  readonly #held = new Map<number, HeldPiece>();
  #last: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;
  readonly #times: EngineTimes = { forward: 0, network: 0, phase: 0, inverse: 0 };

  /** Loads the network into `runtime` and plans the transform. */
  static async create(
    model: PreparedSliceModel,
    runtime: Runtime,
    options: EngineOptions,
  ): Promise<PieceEngine> {
    const { threads, device, pieceSlices } = options;
    const kernels = createKernels();
    const transform = planTransform(model.transform);
    const lanes = transform.inLanes(kernels);
    const masks = new MaskLayout(transform.blocks, model.targets.length);
    const { before, after } = model.context;
    const slices = before + pieceSlices + after;
    const memory = new PieceMemory(kernels, transform, masks, slices);
    const { name } = model;
    const setup = { runtime, threads, device, kernels, transform, lanes, masks, slices, name };
    const network = await openNetwork(model, setup);
    return new PieceEngine({ kernels, transform, lanes, masks, memory, network }, options);
  }

  private constructor(
    parts: Parts,
    { phase, refinement }: Pick<EngineOptions, "phase" | "refinement">,
  ) {
    const { kernels, transform, lanes, masks, memory, network } = parts;
    this.#memory = memory;
    this.#network = network;
    this.#phase = phase;
    this.#forward = new PieceForward(kernels, transform, lanes, memory);
    this.#phaseStep = new PiecePhase(parts, phase);
    this.#synthesis = new StemSynthesis(parts);
    this.#refiner = refinement && new StemRefiner(refinement, masks.targets);
  }

  /** Where the network computes. */
  get device(): Device {
    return this.#network.device;
  }

  /** Takes the numbers of the network's weights, if its model came without. */
  weigh(numbers: Float32Array<ArrayBuffer>): void {
    this.#network.weigh(numbers);
  }

  analyse(piece: Piece): Promise<Analysed> {
    return this.#inTurn(() => this.#analyse(piece));
  }

  refine(piece: RefinedPiece): Promise<RefinedPiece> {
    return this.#inTurn(() => {
      if (!this.#refiner) throw new RangeError("the phase step has no second filter");
      const { phase, inverse } = this.#refiner.refine(piece);
      this.#times.phase += phase;
      this.#times.inverse += inverse;
      return piece;
    });
  }

  synthesise(id: number, spatial: readonly WindowSpatial[], into: PieceStems): Promise<PieceStems> {
    return this.#inTurn(() => this.#synthesise(id, spatial, into));
  }

  /** Runs a task when all earlier ones have ended: they share the memory. */
  #inTurn<T>(task: () => T | Promise<T>): Promise<T> {
    const run = this.#last.then(() => {
      if (this.#closing) throw new ClosedError("The engine was closed.");
      return task();
    });
    this.#last = run.catch(() => undefined);
    return run;
  }

  async #analyse({ samples, gains, alike, ...piece }: Piece): Promise<Analysed> {
    const start = performance.now();
    const place = this.#memory.take("samples");
    this.#forward.load(piece, samples, place);
    const leftOut = this.#forward.analyse(piece, place, gains, this.#network);
    const masks = this.#memory.take("masks");
    const forwarded = performance.now();
    try {
      await this.#network.run(masks);
    } catch (error) {
      this.#memory.release("samples", place);
      this.#memory.release("masks", masks);
      throw error;
    }
    const ran = performance.now();
    const { before, after } = leftOut;
    this.#phaseStep.equaliseSides(masks, alike.subarray(before, alike.length - after));
    const masked = { ...piece, before: piece.before - before, after: piece.after - after };
    const statistics = this.#keep(masked, { place, before: piece.before }, masks);
    this.#times.forward += (forwarded - start) / 1e3;
    this.#times.network += (ran - forwarded) / 1e3;
    this.#times.phase += (performance.now() - ran) / 1e3;
    return { statistics, samples };
  }

  /** Keeps what synthesis will need of a piece's masks; returns its statistics. */
  #keep(piece: Extent, samples: HeldPiece["samples"], masks: number): WindowStatistics[] {
    this.#phaseStep.complete(masks, piece.before + piece.slices + piece.after);
    if (this.#phase.method === "mix") {
      this.#held.set(piece.id, { piece, samples, kind: "masks", place: masks });
      return [];
    }
    const power = this.#memory.take("power");
    const statistics = this.#phaseStep.statistics(piece, masks, power);
    this.#memory.release("masks", masks);
    this.#held.set(piece.id, { piece, samples, kind: "power", place: power });
    return statistics;
  }

  #synthesise(id: number, spatial: readonly WindowSpatial[], into: PieceStems): PieceStems {
    const held = this.#held.get(id);
    if (!held) throw new RangeError(`piece ${id} is not held`);
    const { slices } = held.piece;
    const { before, place } = held.samples;
    this.#synthesis.begin(slices);
    const models = new Map(spatial.map((s) => [modelKey(s.block, s.window), s.spatial]));
    for (let group = 0; group * LANES < slices; group++) {
      const start = performance.now();
      const slice = group * LANES;
      const x = this.#forward.group(place, before + slice, 0);
      const forwarded = performance.now();
      const phase = this.#synthesis.group(slice, Math.min(LANES, slices - slice), (block, f, out) =>
        this.#phaseStep.binStems(held, group, block, f, x, models, out),
      );
      this.#times.forward += (forwarded - start) / 1e3;
      this.#times.phase += phase / 1e3;
      this.#times.inverse += (performance.now() - forwarded - phase) / 1e3;
    }
    this.#forget(held);
    return this.#synthesis.read(slices, into);
  }

  #forget({ piece, samples, kind, place }: HeldPiece): void {
    this.#memory.release("samples", samples.place);
    this.#memory.release(kind, place);
    this.#held.delete(piece.id);
  }

  reset(): Promise<void> {
    return this.#inTurn(() => {
      for (const held of this.#held.values()) this.#forget(held);
    });
  }

  times(): EngineTimes {
    return { ...this.#times };
  }

  get alive(): boolean {
    return this.#closing === undefined;
  }

  close(): Promise<void> {
    this.#closing ??= this.#last.then(() => this.#network.close());
    return this.#closing;
  }
}
