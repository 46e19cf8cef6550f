/**
 * The engine: samples of a piece to masks, then to stems. Joins transform, network and phase in one kernel memory,
 * four slices at a time; network inputs and masks are written in place, without copies.
 */
import { createKernels, type KernelInstance } from "../kernels/instance.ts";
import { ELEMENT_BYTES, LANES } from "../kernels/lanes.ts";
import { framesIn, inputName, maskName, targets } from "../network/index.ts";
import {
  type BinLanes,
  type BinMasks,
  type PhaseSettings,
  PhaseStep,
  POWER_BYTES,
  SPATIAL,
  STATISTICS,
} from "../phase/index.ts";
import type { FloatTensor, Runtime, Session } from "../runtime/index.ts";
import { planSliCQT, type SliCQTPlan } from "../slicqt/index.ts";
import { SliceTransform } from "../slicqt/sliceTransform.ts";
import type {
  Analysed,
  Engine,
  EngineTimes,
  Piece,
  PieceSamples,
  PieceStems,
  WindowSpatial,
  WindowStatistics,
} from "./piece.ts";
import { PieceMemory } from "./pieceMemory.ts";
import { contextSlices, type PreparedModel } from "./preparedModel.ts";

export interface EngineOptions {
  readonly phase: PhaseSettings;
  /** Threads of the network within this engine. */
  readonly threads: number;
  /** Most slices of a piece, without its context. */
  readonly pieceSlices: number;
}

/** The extent of a piece. */
type Extent = Omit<Piece, "samples">;

/** A piece between analysis and synthesis. */
interface HeldPiece {
  readonly piece: Extent;
  readonly samples: number;
  readonly kind: "masks" | "power";
  readonly place: number;
}

export class PieceEngine implements Engine {
  readonly #model: PreparedModel;
  readonly #phase: PhaseSettings;
  readonly #plan: SliCQTPlan;
  readonly #kernels: KernelInstance;
  readonly #transform: SliceTransform;
  readonly #phaseStep: PhaseStep;
  readonly #memory: PieceMemory;
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
    const session = await runtime.createSession(model.onnx, { threads: options.threads });
    return new PieceEngine(model, session, options);
  }

  private constructor(model: PreparedModel, session: Session, options: EngineOptions) {
    this.#model = model;
    this.#session = session;
    this.#phase = options.phase;
    this.#plan = planSliCQT(model.scale);
    this.#kernels = createKernels();
    this.#transform = new SliceTransform(this.#plan, this.#kernels);
    this.#phaseStep = new PhaseStep(this.#kernels);
    const { before, after } = contextSlices(model.architecture);
    this.#memory = new PieceMemory(
      this.#kernels,
      this.#plan,
      model.architecture,
      before + options.pieceSlices + after,
    );
    const widest = this.#plan.coefs.reduce((a, b) => Math.max(a, b));
    this.#bin = this.#kernels.allocate(2 * targets.length * widest * ELEMENT_BYTES);
    this.#spectra = targets.map(() => this.#kernels.allocate(this.#transform.spectrumBytes));
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
    this.#loadSamples(piece, samples, place);
    this.#forward(piece, place, frames);
    const masks = this.#memory.take("masks");
    const forwarded = performance.now();
    await this.#runNetwork(slices, frames, masks);
    const ran = performance.now();
    const statistics = this.#keep(piece, place, masks);
    this.#times.forward += (forwarded - start) / 1e3;
    this.#times.network += (ran - forwarded) / 1e3;
    this.#times.phase += (performance.now() - ran) / 1e3;
    return { statistics, samples };
  }

  /** Keeps what synthesis will need of a piece's masks; returns its statistics. */
  #keep(piece: Extent, samples: number, masks: number): WindowStatistics[] {
    if (this.#phase.method === "mix") {
      this.#held.set(piece.id, { piece, samples, kind: "masks", place: masks });
      return [];
    }
    const power = this.#memory.take("power");
    const statistics = this.#statistics(piece, masks, power, this.#phase.window);
    this.#memory.release("masks", masks);
    this.#held.set(piece.id, { piece, samples, kind: "power", place: power });
    return statistics;
  }

  /** Coefficients of the piece's own slices, and the network's input for all. */
  #forward(piece: Extent, samples: number, frames: number): void {
    const { before, slices, after } = piece;
    if (this.#model.architecture.realtime) {
      const { input } = this.#memory;
      this.#kernels.f32(input, this.#plan.coefsPerSlice * frames).fill(0);
    }
    // Context first: what its lanes write into the piece's frames and coefficients, the piece's own groups replace.
    const context = [before > 0 ? 0 : [], after > 0 ? before + slices : []].flat();
    for (const slice of context)
      this.#fillInput(this.#analyseGroup(samples, slice, 0), slice, frames);
    for (let s = 0; s < slices; s += LANES) {
      this.#fillInput(this.#analyseGroup(samples, before + s, s / LANES), before + s, frames);
    }
  }

  /** Copies a piece's samples to their place, zeros behind them for the lanes that reach beyond. */
  #loadSamples({ before, slices, after }: Extent, samples: PieceSamples, place: number): void {
    const length = (before + slices + after + 1) * this.#plan.hop;
    const { channelBytes } = this.#memory;
    samples.forEach((channel, c) => {
      const target = this.#kernels.f32(place + c * channelBytes, channelBytes / 4);
      target.set(channel.subarray(0, length));
      target.fill(0, length);
    });
  }

  /** Forward transform of four slices of the samples at a place, to the place of slice group `group`. */
  #analyseGroup(samples: number, slice: number, group: number): number {
    const { channelBytes } = this.#transform;
    const left = samples + slice * this.#plan.hop * 4;
    const to = this.#memory.coefficients + group * 2 * channelBytes;
    this.#transform.analyse(left, left + this.#memory.channelBytes, to, to + channelBytes);
    return to;
  }

  #fillInput(coefficients: number, slice: number, frames: number): void {
    const { exports } = this.#kernels;
    const advance = this.#model.architecture.realtime ? 1 : 0;
    const frame = 2 * slice + 2 * advance;
    const count = Math.min(2 * LANES, frames - frame);
    this.#plan.blocks.forEach(({ first, bins, coefs }, b) => {
      const { mean, scale } = this.#model.normalisation[b];
      const input = this.#memory.input + this.#memory.inputOffset(b, frames);
      const stride = bins * frames * 4;
      for (let f = 0; f < bins; f++) {
        const c = coefficients + this.#transform.bins[first + f].offset;
        const to = input + f * frames * 4;
        const half = coefs / 2;
        exports.frameMagnitudes(c, half, mean[f], scale[f], advance, to, stride, frame, count);
        exports.frameMagnitudes(
          c + this.#transform.channelBytes,
          half,
          mean[f],
          scale[f],
          advance,
          to + half * stride,
          stride,
          frame,
          count,
        );
      }
    });
  }

  async #runNetwork(slices: number, frames: number, masks: number): Promise<void> {
    const feeds: Record<string, FloatTensor> = {};
    const { places, data } = this.#model.weights;
    for (const { name, shape, offset, length } of places) {
      feeds[name] = { dims: shape, data: data.subarray(offset, offset + length) };
    }
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

  /** Bin number `bin` of the slice group whose coefficients lie at `x`. */
  #lanes(bin: number, x: number): BinLanes {
    const { offset, coefs } = this.#transform.bins[bin];
    return { x0: x + offset, x1: x + this.#transform.channelBytes + offset, coefs };
  }

  /** Masks of bin f of a block in a slice group of a piece. */
  #masks(piece: Extent, masks: number, block: number, f: number, group: number): BinMasks {
    const { bins } = this.#plan.blocks[block];
    const frames = 2 * (piece.before + piece.slices + piece.after);
    const column = f * frames + 2 * (piece.before + group * LANES);
    return {
      first: masks + this.#memory.maskOffset(block, frames) + column * 4,
      stride: bins * frames * 4,
    };
  }

  /** Powers of bin number `bin` in a slice group. */
  #power(power: number, bin: number, group: number): number {
    const { offset } = this.#transform.bins[bin];
    const before = group * this.#plan.coefsPerSlice + offset / ELEMENT_BYTES;
    return power + before * POWER_BYTES;
  }

  #statistics(piece: Extent, masks: number, power: number, length: number): WindowStatistics[] {
    const found: WindowStatistics[] = [];
    this.#plan.blocks.forEach(({ first, bins, coefs }, block) => {
      const windows = new Map<number, Float64Array>();
      for (let group = 0; group * LANES < piece.slices; group++) {
        const slice = piece.first + group * LANES;
        const used = Math.min(LANES, piece.slices - group * LANES);
        const x = this.#memory.coefficients + group * 2 * this.#transform.channelBytes;
        for (const window of windowsOf(slice, used, coefs, length)) {
          const sums = windows.get(window) ?? new Float64Array(bins * STATISTICS);
          windows.set(window, sums);
          const place = { first: slice * coefs - window * length, length };
          for (let f = 0; f < bins; f++) {
            this.#phaseStep.addStatistics(
              this.#lanes(first + f, x),
              this.#masks(piece, masks, block, f, group),
              place,
              used,
              sums.subarray(f * STATISTICS, (f + 1) * STATISTICS),
              this.#power(power, first + f, group),
            );
          }
        }
      }
      for (const [window, sums] of windows) found.push({ block, window, sums });
    });
    return found;
  }

  #synthesise(id: number, spatial: readonly WindowSpatial[], into: PieceStems): PieceStems {
    const held = this.#held.get(id);
    if (!held) throw new RangeError(`piece ${id} is not held`);
    const { slices, before } = held.piece;
    const length = (slices + 1) * this.#plan.hop;
    for (const stem of this.#memory.stems) this.#kernels.f32(stem, length).fill(0);
    const models = new Map(spatial.map((s) => [`${s.block}.${s.window}`, s.spatial]));
    for (let group = 0; group * LANES < slices; group++) {
      const start = performance.now();
      const x = this.#analyseGroup(held.samples, before + group * LANES, 0);
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
        this.#binStems(held, group, block, f, x, models);
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

  /** Complex stems of bin f of a block, to the place of one bin. */
  #binStems(
    { piece, place }: HeldPiece,
    group: number,
    block: number,
    f: number,
    x: number,
    models: ReadonlyMap<string, Float64Array>,
  ): void {
    const { first, coefs } = this.#plan.blocks[block];
    const lanes = this.#lanes(first + f, x);
    if (this.#phase.method === "mix") {
      this.#phaseStep.mix(lanes, this.#masks(piece, place, block, f, group), this.#bin);
      return;
    }
    const length = this.#phase.window;
    const slice = piece.first + group * LANES;
    const used = Math.min(LANES, piece.slices - group * LANES);
    for (const window of windowsOf(slice, used, coefs, length)) {
      const model = models.get(`${block}.${window}`);
      if (!model) throw new RangeError(`window ${window} of block ${block} is not there`);
      const own = model.subarray(f * SPATIAL, (f + 1) * SPATIAL);
      const range = { first: slice * coefs - window * length, length };
      const power = this.#power(place, first + f, group);
      this.#phaseStep.filter(lanes, power, range, own, this.#bin);
    }
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

/** Numbers of the windows that coefficients of slices first..first+count−1 lie in. */
function* windowsOf(
  first: number,
  count: number,
  coefs: number,
  length: number,
): Generator<number> {
  const last = Math.floor(((first + count) * coefs - 1) / length);
  for (let w = Math.floor((first * coefs) / length); w <= last; w++) yield w;
}
