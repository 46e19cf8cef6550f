/** What separates the slices of a live signal: frame by frame from memory, or piece by piece with their context. */
import { ClosedError } from "../errors.ts";
import { createKernels } from "../kernels/instance.ts";
import { LANES } from "../kernels/lanes.ts";
import { type FrameEngine, familyOf } from "../networks/index.ts";
import { MaskLayout, type PhaseSettings } from "../phase/index.ts";
import type { Runtime } from "../runtime/index.ts";
import type { Piece, PieceStems } from "../separation/piece.ts";
import { PieceEngine } from "../separation/pieceEngine.ts";
import { PieceForward } from "../separation/pieceForward.ts";
import { PieceMemory } from "../separation/pieceMemory.ts";
import { PiecePhase } from "../separation/piecePhase.ts";
import type { PreparedModel } from "../separation/preparedModel.ts";
import { StemSynthesis, type SynthesisSetup } from "../separation/stemSynthesis.ts";
import { planTransform } from "../transforms/index.ts";

/** Separates the pieces of a signal, a few slices each, one after the other. */
export interface HopEngine {
  /** Stems of the next piece, written to `into`. Its context is the network's, fewer slices only at the signal's ends. */
  separate(piece: Piece, into: PieceStems): Promise<PieceStems>;
  /** Begins another signal. */
  reset(): void;
  /** Frees everything, after what it is at. */
  close(): Promise<void>;
}

/** Piece by piece: what lies around is computed again for each. */
export class PieceHops implements HopEngine {
  readonly #engine: PieceEngine;

  /** @throws RuntimeError */
  static async open(
    model: PreparedModel,
    phase: PhaseSettings,
    slices: number,
    runtime: Runtime,
  ): Promise<PieceHops> {
    const options = { phase, threads: 1, pieceSlices: slices, device: "cpu" } as const;
    return new PieceHops(await PieceEngine.create(model, runtime, options));
  }

  private constructor(engine: PieceEngine) {
    this.#engine = engine;
  }

  async separate(piece: Piece, into: PieceStems): Promise<PieceStems> {
    await this.#engine.analyse(piece);
    return this.#engine.synthesise(piece.id, [], into);
  }

  reset(): void {}

  close(): Promise<void> {
    return this.#engine.close();
  }
}

/** Mix phase has none. */
const noModels: ReadonlyMap<string, Float64Array> = new Map();

/** Frame by frame: a network that remembers what it has seen, and a transform of each slice or two. */
export class FrameHops implements HopEngine {
  readonly #setup: SynthesisSetup;
  readonly #forward: PieceForward;
  readonly #network: FrameEngine;
  readonly #phase: PiecePhase;
  readonly #synthesis: StemSynthesis;
  readonly #samples: number;
  readonly #masks: number;
  readonly #after: number;
  #closed = false;

  /** @returns undefined for a model whose family has no such network */
  static open(model: PreparedModel, phase: PhaseSettings, slices: number): FrameHops | undefined {
    const kernels = createKernels();
    const transform = planTransform(model.transform);
    const lanes = transform.inLanes(kernels);
    const masks = new MaskLayout(transform.blocks, model.targets.length);
    const setup = { kernels, transform, lanes, masks, slices };
    const network = familyOf(model.family).openFrames?.(model, setup);
    if (!network) return undefined;
    const memory = new PieceMemory(kernels, transform, masks, slices + model.context.after);
    return new FrameHops({ kernels, transform, lanes, masks, memory }, network, phase, model);
  }

  private constructor(
    setup: SynthesisSetup,
    network: FrameEngine,
    phase: PhaseSettings,
    { context }: PreparedModel,
  ) {
    const { kernels, transform, lanes, memory } = setup;
    this.#setup = setup;
    this.#network = network;
    this.#after = context.after;
    this.#forward = new PieceForward(kernels, transform, lanes, memory);
    this.#phase = new PiecePhase(setup, phase);
    this.#synthesis = new StemSynthesis(setup);
    this.#samples = memory.take("samples");
    this.#masks = memory.take("masks");
  }

  async separate(piece: Piece, into: PieceStems): Promise<PieceStems> {
    if (this.#closed) throw new ClosedError("The engine was closed.");
    const { first, slices, before, after, samples, gains, alike } = piece;
    const from = before * this.#setup.transform.hop;
    const own = { id: first, first, slices, before: 0, after };
    const [left, right] = samples;
    this.#forward.load(own, [left.subarray(from), right.subarray(from)], this.#samples);
    const groups: number[] = [];
    for (let slice = 0; slice < slices + after; slice += LANES) {
      const place = this.#forward.group(this.#samples, slice, groups.length);
      groups.push(place);
      const end = Math.min(slice + LANES, slices + after);
      for (let s = Math.max(slice, this.#network.taken - first); s < end; s++) {
        this.#network.take(place, s - slice, gains[before + s]);
      }
    }
    if (after < this.#after) this.#network.end();
    this.#network.run(slices, this.#masks);
    this.#phase.equaliseSides(this.#masks, alike.subarray(before, before + slices));
    this.#phase.complete(this.#masks, slices);
    const masked = { ...own, after: 0 };
    const held = {
      piece: masked,
      samples: { place: this.#samples, before: 0 },
      kind: "masks" as const,
      place: this.#masks,
    };
    this.#synthesis.begin(slices);
    for (let slice = 0; slice < slices; slice += LANES) {
      const group = slice / LANES;
      this.#synthesis.group(slice, Math.min(LANES, slices - slice), (block, f, out) =>
        this.#phase.binStems(held, group, block, f, groups[group], noModels, out),
      );
    }
    return this.#synthesis.read(slices, into);
  }

  reset(): void {
    this.#network.reset();
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}
