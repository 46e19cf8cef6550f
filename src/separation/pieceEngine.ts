/**
 * The engine: samples of a piece to masks, then to stems. Joins transform, network and phase in one kernel memory,
 * four slices at a time; network inputs and masks are written in place, without copies.
 */
import { createKernels, type KernelInstance } from "../kernels/instance.ts";
import { ELEMENT_BYTES, LANES } from "../kernels/lanes.ts";
import { framesIn, inputName, maskName, targets } from "../networks/cdae/index.ts";
import type { PhaseSettings } from "../phase/index.ts";
import type { Device, DevicePreference, FloatTensor, Runtime, Session } from "../runtime/index.ts";
import { planSliCQT, type SliCQTPlan } from "../transforms/slicqt/index.ts";
import { SliceTransform } from "../transforms/slicqt/sliceTransform.ts";
import { checkAgreement, weightFeeds } from "./deviceAgreement.ts";
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
import { contextSlices, type PreparedModel } from "./preparedModel.ts";

export interface EngineOptions {
  readonly phase: PhaseSettings;
  /** Threads of the network within this engine. */
  readonly threads: number;
  /** Most slices of a piece, without its context. */
  readonly pieceSlices: number;
  /** Where the network computes. */
  readonly device: DevicePreference;
}

export class PieceEngine implements Engine {
  readonly #model: PreparedModel;
  readonly #phase: PhaseSettings;
  readonly #plan: SliCQTPlan;
  readonly #kernels: KernelInstance;
  readonly #transform: SliceTransform;
  readonly #memory: PieceMemory;
  readonly #forward: PieceForward;
  readonly #phaseStep: PiecePhase;
  readonly #session: Session;
  /** Stems of one bin: four targets, two channels. */
  readonly #bin: number;
  /** Spectra of four targets. */
  readonly #spectra: readonly number[];
  readonly #held = new Map<number, HeldPiece>();
  #last: Promise<unknown> = Promise.resolve();
  readonly #times: EngineTimes = { forward: 0, network: 0, phase: 0, inverse: 0 };

  /** Loads the network into `runtime` and plans the transform. */
  static async create(
    model: PreparedModel,
    runtime: Runtime,
    options: EngineOptions,
  ): Promise<PieceEngine> {
    const { threads, device } = options;
    const session = await runtime.createSession(model.onnx, { threads, device });
    if (session.device !== "cpu") {
      await checkAgreement(model, runtime, session).catch(async (error: unknown) => {
        await session.close();
        throw error;
      });
    }
    return new PieceEngine(model, session, options);
  }

  private constructor(model: PreparedModel, session: Session, options: EngineOptions) {
    this.#model = model;
    this.#session = session;
    this.#phase = options.phase;
    this.#plan = planSliCQT(model.scale);
    this.#kernels = createKernels();
    this.#transform = new SliceTransform(this.#plan, this.#kernels);
    const { before, after } = contextSlices(model.architecture);
    this.#memory = new PieceMemory(
      this.#kernels,
      this.#plan,
      model.architecture,
      before + options.pieceSlices + after,
    );
    this.#forward = new PieceForward(this.#transform, this.#memory, model);
    this.#phaseStep = new PiecePhase(this.#transform, this.#memory, options.phase);
    const widest = this.#plan.coefs.reduce((a, b) => Math.max(a, b));
    this.#bin = this.#kernels.allocate(2 * targets.length * widest * ELEMENT_BYTES);
    this.#spectra = targets.map(() => this.#kernels.allocate(this.#transform.spectrumBytes));
  }

  /** Where the network computes. */
  get device(): Device {
    return this.#session.device;
  }

  analyse(piece: Piece): Promise<Analysed> {
    return this.#inTurn(() => this.#analyse(piece));
  }

  synthesise(id: number, spatial: readonly WindowSpatial[], into: PieceStems): Promise<PieceStems> {
    return this.#inTurn(() => this.#synthesise(id, spatial, into));
  }

  /** Runs a task when all earlier ones have ended: they share the memory. */
  #inTurn<T>(task: () => T | Promise<T>): Promise<T> {
    const run = this.#last.then(task);
    this.#last = run.catch(() => undefined);
    return run;
  }

  async #analyse({ samples, ...piece }: Piece): Promise<Analysed> {
    const slices = piece.before + piece.slices + piece.after;
    const start = performance.now();
    const frames = framesIn(this.#model.architecture, slices);
    const place = this.#memory.take("samples");
    this.#forward.load(piece, samples, place);
    this.#forward.analyse(piece, place, frames);
    const masks = this.#memory.take("masks");
    const forwarded = performance.now();
    try {
      await this.#runNetwork(slices, frames, masks);
    } catch (error) {
      this.#memory.release("samples", place);
      this.#memory.release("masks", masks);
      throw error;
    }
    const ran = performance.now();
    const statistics = this.#keep(piece, place, masks);
    this.#times.forward += (forwarded - start) / 1e3;
    this.#times.network += (ran - forwarded) / 1e3;
    this.#times.phase += (performance.now() - ran) / 1e3;
    return { statistics, samples };
  }

  /** Keeps what synthesis will need of a piece's masks; returns its statistics. */
  #keep(piece: Extent, samples: number, masks: number): WindowStatistics[] {
    this.#phaseStep.complete(masks, 2 * (piece.before + piece.slices + piece.after));
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

  async #runNetwork(slices: number, frames: number, masks: number): Promise<void> {
    const feeds = weightFeeds(this.#model.weights);
    const into: Record<string, FloatTensor> = {};
    this.#plan.blocks.forEach(({ bins, coefs }, b) => {
      const input = this.#memory.input + this.#memory.inputOffset(b, frames);
      const output = masks + this.#memory.maskOffset(b, 2 * slices);
      feeds[inputName(b)] = {
        dims: [1, coefs, bins, frames],
        data: this.#kernels.f32(input, coefs * bins * frames),
      };
      into[maskName(b)] = {
        dims: [1, targets.length * coefs, bins, 2 * slices],
        data: this.#kernels.f32(output, targets.length * coefs * bins * 2 * slices),
      };
    });
    await this.#session.run(feeds, into);
  }

  #synthesise(id: number, spatial: readonly WindowSpatial[], into: PieceStems): PieceStems {
    const held = this.#held.get(id);
    if (!held) throw new RangeError(`piece ${id} is not held`);
    const { slices, before } = held.piece;
    const length = (slices + 1) * this.#plan.hop;
    for (const stem of this.#memory.stems) this.#kernels.f32(stem, length).fill(0);
    const models = new Map(spatial.map((s) => [modelKey(s.block, s.window), s.spatial]));
    for (let group = 0; group * LANES < slices; group++) {
      const start = performance.now();
      const x = this.#forward.group(held.samples, before + group * LANES, 0);
      this.#times.forward += (performance.now() - start) / 1e3;
      this.#synthesiseGroup(held, group, x, models);
    }
    this.#forget(held);
    this.#memory.stems.forEach((stem, row) => {
      into[row].set(this.#kernels.f32(stem, length));
    });
    return into;
  }

  #forget({ piece, samples, kind, place }: HeldPiece): void {
    this.#memory.release("samples", samples);
    this.#memory.release(kind, place);
    this.#held.delete(piece.id);
  }

  #synthesiseGroup(
    held: HeldPiece,
    group: number,
    x: number,
    models: ReadonlyMap<string, Float64Array>,
  ): void {
    const slice = group * LANES;
    const used = Math.min(LANES, held.piece.slices - slice);
    const start = performance.now();
    let phase = 0;
    for (const spectrum of this.#spectra) this.#transform.beginSynthesis(spectrum);
    this.#plan.blocks.forEach(({ first, bins, coefs }, block) => {
      const bytes = coefs * ELEMENT_BYTES;
      for (let f = 0; f < bins; f++) {
        const begun = performance.now();
        this.#phaseStep.binStems(held, group, block, f, x, models, this.#bin);
        phase += performance.now() - begun;
        this.#spectra.forEach((spectrum, j) => {
          const c = this.#bin + 2 * j * bytes;
          this.#transform.synthesiseBin(first + f, c, c + bytes, spectrum);
        });
      }
    });
    const at = slice * this.#plan.hop * 4;
    this.#spectra.forEach((spectrum, j) => {
      const [left, right] = [this.#memory.stems[2 * j], this.#memory.stems[2 * j + 1]];
      this.#transform.endSynthesis(spectrum, used, left + at, right + at);
    });
    this.#times.phase += phase / 1e3;
    this.#times.inverse += (performance.now() - start - phase) / 1e3;
  }

  reset(): Promise<void> {
    return this.#inTurn(() => {
      for (const held of this.#held.values()) this.#forget(held);
    });
  }

  async times(): Promise<EngineTimes> {
    return { ...this.#times };
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.#session.close());
  }
}
