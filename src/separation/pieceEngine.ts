/**
 * The engine: samples of a piece to masks, then to stems. Joins transform, network and phase in one kernel memory,
 * four slices at a time; network inputs and masks are written in place, without copies.
 */
import { createKernels, type KernelInstance } from "../kernels/instance.ts";
import { ELEMENT_BYTES, LANES } from "../kernels/lanes.ts";
import { framesIn, inputName, maskName, targets } from "../network/index.ts";
import {
  type BinLanes,
  type PhaseSettings,
  PhaseStep,
  SPATIAL,
  STATISTICS,
} from "../phase/index.ts";
import type { FloatTensor, Runtime, Session } from "../runtime/index.ts";
import { planSliCQT, type SliCQTPlan } from "../slicqt/index.ts";
import { SliceTransform } from "../slicqt/sliceTransform.ts";
import type {
  Engine,
  EngineTimes,
  Piece,
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

/** A piece whose masks wait for their windows. */
interface HeldPiece {
  readonly piece: Piece;
  readonly masks: number;
  readonly frames: number;
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

  analyse(piece: Piece): Promise<readonly WindowStatistics[]> {
    return this.#inTurn(() => this.#analyse(piece));
  }

  synthesise(id: number, spatial: readonly WindowSpatial[]): Promise<PieceStems> {
    return this.#inTurn(() => this.#synthesise(id, spatial));
  }

  /** Runs a task when all earlier ones have ended: they share the memory. */
  #inTurn<T>(task: () => T | Promise<T>): Promise<T> {
    const run = this.#last.then(task);
    this.#last = run.catch(() => undefined);
    return run;
  }

  async #analyse(piece: Piece): Promise<readonly WindowStatistics[]> {
    const slices = piece.before + piece.slices + piece.after;
    const start = performance.now();
    const frames = framesIn(this.#model.architecture, slices);
    this.#forward(piece, frames);
    const masks = this.#memory.takeMasks();
    const forwarded = performance.now();
    await this.#runNetwork(slices, frames, masks);
    const ran = performance.now();
    const held = { piece, masks, frames: 2 * slices };
    this.#held.set(piece.id, held);
    const statistics =
      this.#phase.method === "mix" ? [] : this.#statistics(held, this.#phase.window);
    this.#times.forward += (forwarded - start) / 1e3;
    this.#times.network += (ran - forwarded) / 1e3;
    this.#times.phase += (performance.now() - ran) / 1e3;
    return statistics;
  }

  /** Coefficients of the piece's own slices, and the network's input for all. */
  #forward(piece: Piece, frames: number): void {
    const { before, slices, after } = piece;
    if (this.#model.architecture.realtime) {
      const { input } = this.#memory;
      this.#kernels.f32(input, this.#plan.coefsPerSlice * frames).fill(0);
    }
    this.#loadSamples(piece);
    // Context first: what its lanes write into the piece's frames and coefficients, the piece's own groups replace.
    const context = [before > 0 ? 0 : [], after > 0 ? before + slices : []].flat();
    for (const slice of context) this.#fillInput(this.#analyseGroup(slice, 0), slice, frames);
    for (let s = 0; s < slices; s += LANES) {
      this.#fillInput(this.#analyseGroup(before + s, s / LANES), before + s, frames);
    }
  }

  #loadSamples({ samples }: Piece): void {
    for (const channel of [0, 1] as const) {
      const target = this.#kernels.f32(
        this.#memory.samples[channel],
        samples[channel].length + LANES * this.#plan.hop,
      );
      target.set(samples[channel]);
      target.fill(0, samples[channel].length);
    }
  }

  /** Forward transform of four slices into the place of slice group `group`. */
  #analyseGroup(slice: number, group: number): number {
    const { channelBytes } = this.#transform;
    const at = slice * this.#plan.hop * 4;
    const to = this.#memory.coefficients + group * 2 * channelBytes;
    const [left, right] = this.#memory.samples;
    this.#transform.analyse(left + at, right + at, to, to + channelBytes);
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

  /** Bin f of block b in slice group `group` of a held piece, coefficients at `x`. */
  #lanes(held: HeldPiece, block: number, f: number, group: number, x: number): BinLanes {
    const { first, bins, coefs } = this.#plan.blocks[block];
    const offset = this.#transform.bins[first + f].offset;
    const column = f * held.frames + 2 * (held.piece.before + group * LANES);
    return {
      x0: x + offset,
      x1: x + this.#transform.channelBytes + offset,
      masks: held.masks + this.#memory.maskOffset(block, held.frames) + column * 4,
      maskStride: bins * held.frames * 4,
      coefs,
    };
  }

  #statistics(held: HeldPiece, length: number): WindowStatistics[] {
    const { first, slices } = held.piece;
    const found: WindowStatistics[] = [];
    this.#plan.blocks.forEach(({ bins, coefs }, block) => {
      const windows = new Map<number, Float64Array>();
      for (let s = 0; s < slices; s += LANES) {
        const used = Math.min(LANES, slices - s);
        const x = this.#memory.coefficients + (s / LANES) * 2 * this.#transform.channelBytes;
        for (const window of windowsOf(first + s, used, coefs, length)) {
          const sums = windows.get(window) ?? new Float64Array(bins * STATISTICS);
          windows.set(window, sums);
          const place = { first: (first + s) * coefs - window * length, length };
          for (let f = 0; f < bins; f++) {
            const lanes = this.#lanes(held, block, f, s / LANES, x);
            const own = sums.subarray(f * STATISTICS, (f + 1) * STATISTICS);
            this.#phaseStep.addStatistics(lanes, place, used, own);
          }
        }
      }
      for (const [window, sums] of windows) found.push({ block, window, sums });
    });
    return found;
  }

  #synthesise(id: number, spatial: readonly WindowSpatial[]): PieceStems {
    const held = this.#held.get(id);
    if (!held) throw new RangeError(`piece ${id} is not held`);
    const { piece } = held;
    const length = (piece.slices + 1) * this.#plan.hop;
    for (const stem of this.#memory.stems) this.#kernels.f32(stem, length).fill(0);
    const models = new Map(spatial.map((s) => [`${s.block}.${s.window}`, s.spatial]));
    this.#loadSamples(piece);
    for (let s = 0; s < piece.slices; s += LANES) {
      const start = performance.now();
      const x = this.#analyseGroup(piece.before + s, 0);
      const analysed = performance.now();
      this.#times.forward += (analysed - start) / 1e3;
      this.#synthesiseGroup(held, s, x, models);
    }
    this.#held.delete(id);
    this.#memory.release(held.masks);
    return this.#memory.stems.map((stem) => this.#kernels.f32(stem, length).slice());
  }

  #synthesiseGroup(
    held: HeldPiece,
    slice: number,
    x: number,
    models: ReadonlyMap<string, Float64Array>,
  ): void {
    const { piece } = held;
    const used = Math.min(LANES, piece.slices - slice);
    const start = performance.now();
    let phase = 0;
    for (const spectrum of this.#spectra) this.#transform.beginSynthesis(spectrum);
    this.#plan.blocks.forEach(({ first, bins, coefs }, block) => {
      const bytes = coefs * ELEMENT_BYTES;
      for (let f = 0; f < bins; f++) {
        const begun = performance.now();
        const lanes = this.#lanes(held, block, f, slice / LANES, x);
        if (this.#phase.method === "mix") {
          this.#phaseStep.mix(lanes, this.#bin);
        } else {
          const length = this.#phase.window;
          for (const window of windowsOf(piece.first + slice, used, coefs, length)) {
            const model = models.get(`${block}.${window}`);
            if (!model) throw new RangeError(`window ${window} of block ${block} is not there`);
            const place = { first: (piece.first + slice) * coefs - window * length, length };
            const own = model.subarray(f * SPATIAL, (f + 1) * SPATIAL);
            this.#phaseStep.filter(lanes, place, own, this.#bin);
          }
        }
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
      for (const held of this.#held.values()) this.#memory.release(held.masks);
      this.#held.clear();
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
