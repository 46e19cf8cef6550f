/** The engine of networks that see whole songs: joins transform, the network's parts and expectation maximisation. */
import { ClosedError } from "../errors.ts";
import { createKernels, type KernelInstance } from "../kernels/instance.ts";
import { LANES } from "../kernels/lanes.ts";
import { openSongNetwork, type SongNetwork } from "../networks/index.ts";
import {
  type FrameEm,
  type FrameModel,
  FrameWiener,
  frameModel,
  type MaskedFrames,
  sourceMasks,
} from "../phase/index.ts";
import type { DevicePreference, Runtime } from "../runtime/index.ts";
import { StftEngine, spanOfFrames } from "../transforms/stft/index.ts";
import type { EngineTimes } from "./piece.ts";
import type { PreparedSongModel } from "./preparedModel.ts";
import { SongMemory } from "./songMemory.ts";
import type {
  EncodedPiece,
  FramePiece,
  JoinedPiece,
  KeptPiece,
  Measured,
  Peaked,
  PieceModels,
  RecurrentPiece,
  SongEngine,
  StemPiece,
} from "./songPiece.ts";

export interface SongEngineOptions {
  readonly phase: FrameEm;
  /** Threads of the network within this engine. */
  readonly threads: number;
  readonly device: DevicePreference;
}

/** Stems that a phase step makes of so many masks. */
export function sourceCount(targets: number, { residual }: FrameEm): number {
  return targets + (residual ? 1 : 0);
}

/** Runs one task after the other: they share the memory. */
export class SongPartEngine implements SongEngine {
  readonly #phase: FrameEm;
  readonly #kernels: KernelInstance;
  readonly #stft: StftEngine;
  readonly #network: SongNetwork;
  readonly #wiener: FrameWiener;
  readonly #memory: SongMemory;
  /** Numbers of a frame between the recurrent layers. */
  readonly #width: number;
  #joined = new Float32Array(0);
  #last: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;
  readonly #times: EngineTimes = { forward: 0, network: 0, phase: 0, inverse: 0 };

  /** Loads the network into `runtime` and plans the transform. */
  static async create(
    model: PreparedSongModel,
    runtime: Runtime,
    { phase, threads, device }: SongEngineOptions,
  ): Promise<SongPartEngine> {
    const network = await openSongNetwork(model, { runtime, threads, device });
    return new SongPartEngine(model, network, phase);
  }

  private constructor(model: PreparedSongModel, network: SongNetwork, phase: FrameEm) {
    const sources = sourceCount(model.targets.length, phase);
    this.#phase = phase;
    this.#network = network;
    this.#width = model.recurrence.width;
    this.#kernels = createKernels();
    this.#stft = new StftEngine(this.#kernels, model.stft);
    this.#wiener = new FrameWiener(this.#kernels, sources, this.#stft.bins, phase.iterations);
    this.#memory = new SongMemory(this.#kernels, model.stft, {
      targets: model.targets.length,
      sources,
      input: network.input,
    });
  }

  /** Where the network computes. */
  get device() {
    return this.#network.device;
  }

  encode(piece: EncodedPiece): Promise<Peaked<EncodedPiece>> {
    return this.#inTurn(async () => {
      const { frames } = piece;
      const places = this.#memory.forEncoding(frames);
      const { channels, bins } = this.#network.input;
      const peak = this.#timed("forward", () => {
        this.#analyse(piece);
        const { spectra, magnitudes } = places;
        const all = this.#stft.bins;
        const { exports } = this.#kernels;
        exports.planarMagnitudes(spectra, frames, all, channels, bins, magnitudes);
        return this.#peak(frames);
      });
      const magnitudes = this.#kernels.f32(places.magnitudes, frames * channels * bins);
      const encoded = piece.encoded.map((rows) => this.#rows(rows, frames));
      await this.#running(() => this.#network.encode(magnitudes, frames, encoded));
      return { piece, peak };
    });
  }

  recur(piece: RecurrentPiece): Promise<RecurrentPiece> {
    const { part, frames, rows, outputs, state } = piece;
    return this.#inTurn(async () => {
      const units = state.length / 2;
      const into = outputs.subarray(0, (frames + 1) * units);
      const read = this.#rows(rows, frames);
      await this.#running(() => this.#network.recur(part, read, state, into));
      const last = part.direction === "forward" ? frames - 1 : 0;
      state.set(into.subarray(last * units, (last + 1) * units));
      state.set(into.subarray(frames * units), units);
      return piece;
    });
  }

  join(piece: JoinedPiece): Promise<JoinedPiece> {
    const { target, frames } = piece;
    return this.#inTurn(async () => {
      const [encoded, memory] = [piece.encoded, piece.memory].map((r) => this.#rows(r, frames));
      if (this.#joined.length < encoded.length) this.#joined = new Float32Array(encoded.length);
      const joined = this.#rows(this.#joined, frames);
      await this.#running(() => this.#network.join(target, encoded, memory, joined));
      encoded.set(joined);
      return piece;
    });
  }

  measure(piece: KeptPiece, models: readonly FrameModel[]): Promise<Measured<KeptPiece>> {
    return this.#inTurn(async () => {
      const masked = await this.#masked(piece);
      const sums = this.#timed("phase", () => this.#wiener.measure(masked, models));
      return { piece, sums };
    });
  }

  filter(piece: StemPiece, models: PieceModels): Promise<StemPiece> {
    return this.#inTurn(async () => {
      const masked = await this.#masked(piece);
      const all =
        models === "own window" ? this.#timed("phase", () => this.#models(masked)) : models;
      this.#fill(piece.stems, masked, all);
      return piece;
    });
  }

  /** The part of an array that holds the rows of so many frames. */
  #rows(array: Float32Array, frames: number): Float32Array {
    return array.subarray(0, frames * this.#width);
  }

  /** The models of all iterations on a window. */
  #models(masked: MaskedFrames): FrameModel[] {
    const peak = this.#peak(masked.frames);
    const models: FrameModel[] = [];
    for (let i = 0; i < this.#phase.iterations; i++) {
      const sums = this.#wiener.measure(masked, models);
      models.push(frameModel(sums, masked.masks.length, peak, this.#phase));
    }
    return models;
  }

  /** The largest |x|² of the spectra at hand. */
  #peak(frames: number): number {
    const { spectra } = this.#memory.forEncoding(frames);
    return this.#kernels.exports.planarPeak(spectra, frames, this.#stft.bins);
  }

  /** Spectra of a piece, and the masks of all its sources. */
  async #masked(piece: KeptPiece): Promise<MaskedFrames> {
    const { frames } = piece;
    const places = this.#memory.forMasks(frames);
    this.#timed("forward", () => this.#analyse(piece));
    const view = (place: number, channels: number) =>
      this.#kernels.f32(place, frames * channels * this.#stft.bins);
    const masks = places.masks.map((place) => view(place, this.#network.input.channels));
    const kept = piece.kept.map((rows) => this.#rows(rows, frames));
    await this.#running(() => this.#network.decode(kept, masks));
    this.#timed("phase", () => {
      const sources = places.sources.map((place) => view(place, 2));
      sourceMasks(masks, view(places.spectra, 4), frames, this.#phase, sources);
    });
    return { frames, spectra: places.spectra, masks: places.sources };
  }

  /** Spectra of a piece. */
  #analyse({ frames, samples }: FramePiece): void {
    const { spectra, samples: places, room } = this.#memory.forEncoding(frames);
    const span = spanOfFrames(this.#stft.settings, frames);
    places.forEach((place, c) => {
      const memory = this.#kernels.f32(place, room);
      memory.set(samples[c].subarray(0, span));
      memory.fill(0, span);
    });
    const { hop } = this.#stft.settings;
    for (let frame = 0; frame < frames; frame += LANES) {
      const [left, right] = places.map((place) => place + frame * hop * 4);
      const to = spectra + frame * this.#memory.spectrumBytes;
      this.#stft.analyse(left, right, Math.min(LANES, frames - frame), to);
    }
  }

  /** Fills arrays with the stems of a piece. */
  #fill(into: readonly Float32Array[], masked: MaskedFrames, models: readonly FrameModel[]): void {
    const { frames } = masked;
    const { settings } = this.#stft;
    const { stems, estimates, room } = this.#memory.forStems(frames);
    for (const place of stems) this.#kernels.f32(place, room).fill(0);
    const start = performance.now();
    let inverse = 0;
    this.#wiener.filter(masked, models, LANES, estimates, (first, count) => {
      const begin = performance.now();
      for (const [source, estimate] of estimates.entries()) {
        const [left, right] = [0, 1].map((c) => stems[2 * source + c] + first * settings.hop * 4);
        this.#stft.synthesise(estimate, count, left, right);
      }
      inverse += performance.now() - begin;
    });
    this.#times.inverse += inverse / 1e3;
    this.#times.phase += (performance.now() - start - inverse) / 1e3;
    const length = spanOfFrames(settings, frames);
    for (const [row, place] of stems.entries()) into[row].set(this.#kernels.f32(place, length));
  }

  /** Runs a task when all earlier ones have ended. */
  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const run = this.#last.then(() => {
      if (this.#closing) throw new ClosedError("The engine was closed.");
      return task();
    });
    this.#last = run.catch(() => undefined);
    return run;
  }

  #timed<T>(what: keyof EngineTimes, action: () => T): T {
    const start = performance.now();
    const value = action();
    this.#times[what] += (performance.now() - start) / 1e3;
    return value;
  }

  async #running<T>(action: () => Promise<T>): Promise<T> {
    const start = performance.now();
    const value = await action();
    this.#times.network += (performance.now() - start) / 1e3;
    return value;
  }

  reset(): Promise<void> {
    return this.#inTurn(async () => undefined);
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
