/** The engine of networks that see whole songs: joins transform, the network's parts and expectation maximisation. */
import { ClosedError } from "../errors.ts";
import { createKernels, type KernelInstance } from "../kernels/instance.ts";
import { LANES } from "../kernels/lanes.ts";
import {
  openSongNetwork,
  type Recurred,
  type RecurrentPart,
  type SongNetwork,
} from "../networks/index.ts";
import {
  type FrameEm,
  type FrameModel,
  FrameWiener,
  type MaskedFrames,
  peakOf,
  sourceMasks,
} from "../phase/index.ts";
import type { DevicePreference, Runtime } from "../runtime/index.ts";
import { StftEngine, spanOfFrames, spectrumSize } from "../transforms/stft/index.ts";
import type { EngineTimes } from "./piece.ts";
import type { PreparedSongModel } from "./preparedModel.ts";
import type { EncodedPiece, FramePiece, KeptPiece, PieceModels, SongEngine } from "./songPiece.ts";

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
  readonly #sources: number;
  /** Spectra of four frames of all sources. */
  readonly #estimates: readonly Float32Array[];
  /** Samples in the kernels' memory, of so many frames: left, right. */
  #samples: { readonly frames: number; readonly places: readonly [number, number] } | undefined;
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
    this.#phase = phase;
    this.#network = network;
    this.#kernels = createKernels();
    this.#stft = new StftEngine(this.#kernels, model.stft);
    this.#sources = sourceCount(model.targets.length, phase);
    this.#wiener = new FrameWiener(this.#sources, this.#stft.bins);
    const size = LANES * spectrumSize(model.stft);
    this.#estimates = Array.from({ length: this.#sources }, () => new Float32Array(size));
  }

  /** Where the network computes. */
  get device() {
    return this.#network.device;
  }

  encode(piece: FramePiece): Promise<EncodedPiece> {
    return this.#inTurn(async () => {
      const spectra = this.#timed("forward", () => this.#analyse(piece));
      const magnitudes = this.#timed("forward", () => this.#magnitudes(spectra, piece.frames));
      const encoded = await this.#running(() => this.#network.encode(magnitudes, piece.frames));
      return { encoded, peak: peakOf(spectra, this.#stft.bins) };
    });
  }

  recur(part: RecurrentPart, rows: Float32Array, state: Float32Array): Promise<Recurred> {
    return this.#inTurn(() => this.#running(() => this.#network.recur(part, rows, state)));
  }

  join(target: number, encoded: Float32Array, memory: Float32Array): Promise<Float32Array> {
    return this.#inTurn(() => this.#running(() => this.#network.join(target, encoded, memory)));
  }

  measure(piece: KeptPiece, models: readonly FrameModel[]): Promise<Float64Array> {
    return this.#inTurn(async () => {
      const masked = await this.#masked(piece);
      return this.#timed("phase", () => this.#sums(masked, models));
    });
  }

  filter(piece: KeptPiece, models: PieceModels): Promise<readonly Float32Array[]> {
    return this.#inTurn(async () => {
      const masked = await this.#masked(piece);
      const all =
        models === "own window" ? this.#timed("phase", () => this.#models(masked)) : models;
      return this.#stems(masked, all);
    });
  }

  /** The models of all iterations on a window. */
  #models(masked: MaskedFrames): FrameModel[] {
    const peak = peakOf(masked.spectra, this.#stft.bins);
    const models: FrameModel[] = [];
    for (let i = 0; i < this.#phase.iterations; i++) {
      models.push(this.#wiener.model(this.#sums(masked, models), peak, this.#phase));
    }
    return models;
  }

  #sums(masked: MaskedFrames, models: readonly FrameModel[]): Float64Array {
    const sums = this.#wiener.sums();
    this.#wiener.measure(masked, models, sums);
    return sums;
  }

  async #masked(piece: KeptPiece): Promise<MaskedFrames> {
    const { frames } = piece;
    const spectra = this.#timed("forward", () => this.#analyse(piece));
    const masks = await this.#running(() => this.#network.decode(piece.kept));
    const sources = this.#timed("phase", () => sourceMasks(masks, spectra, frames, this.#phase));
    return { frames, spectra, masks: sources };
  }

  /** Spectra of a piece. */
  #analyse({ frames, samples }: FramePiece): Float32Array {
    const { settings } = this.#stft;
    const { places, room } = this.#place(frames);
    places.forEach((place, c) => {
      const memory = this.#kernels.f32(place, room);
      memory.set(samples[c]);
      memory.fill(0, samples[c].length);
    });
    const spectra = new Float32Array(frames * spectrumSize(settings));
    for (let frame = 0; frame < frames; frame += LANES) {
      const [left, right] = places.map((place) => place + frame * settings.hop * 4);
      this.#stft.analyse(left, right, spectra, frame, Math.min(LANES, frames - frame));
    }
    return spectra;
  }

  /** Room for the samples of so many frames, and of the lanes that reach beyond. */
  #place(frames: number) {
    if (!this.#samples || this.#samples.frames < frames) {
      const bytes = spanOfFrames(this.#stft.settings, frames + LANES) * 4;
      const places = [this.#kernels.allocate(bytes), this.#kernels.allocate(bytes)] as const;
      this.#samples = { frames, places };
    }
    const room = spanOfFrames(this.#stft.settings, this.#samples.frames + LANES);
    return { places: this.#samples.places, room };
  }

  /** Magnitudes of the bins that the network sees, of both channels or their mean. */
  #magnitudes(spectra: Float32Array, frames: number): Float32Array {
    const { channels, bins } = this.#network.input;
    const all = this.#stft.bins;
    const out = new Float32Array(frames * channels * bins);
    for (let frame = 0; frame < frames; frame++) {
      for (let channel = 0; channel < 2; channel++) {
        const from = (frame * 4 + 2 * channel) * all;
        const to = (frame * channels + (channels === 2 ? channel : 0)) * bins;
        for (let bin = 0; bin < bins; bin++) {
          const re = spectra[from + bin];
          const im = spectra[from + all + bin];
          const abs = Math.sqrt(re * re + im * im);
          out[to + bin] = channels === 2 ? abs : out[to + bin] + abs / 2;
        }
      }
    }
    return out;
  }

  #stems(masked: MaskedFrames, models: readonly FrameModel[]): Float32Array[] {
    const { frames } = masked;
    const { settings } = this.#stft;
    const { places, room } = this.#place(frames);
    const length = spanOfFrames(settings, frames);
    const stems = Array.from({ length: 2 * this.#sources }, () => new Float32Array(length));
    for (let frame = 0; frame < frames; frame += LANES) {
      const count = Math.min(LANES, frames - frame);
      this.#timed("phase", () =>
        this.#wiener.filter(masked, models, frame, count, this.#estimates),
      );
      this.#timed("inverse", () => {
        const span = spanOfFrames(settings, count);
        const at = frame * settings.hop;
        for (const [source, estimate] of this.#estimates.entries()) {
          for (const place of places) this.#kernels.f32(place, Math.min(room, span)).fill(0);
          this.#stft.synthesise(estimate, 0, count, places[0], places[1]);
          places.forEach((place, c) => {
            const to = stems[2 * source + c];
            const from = this.#kernels.f32(place, span);
            for (let i = 0; i < span; i++) to[at + i] += from[i];
          });
        }
      });
    }
    return stems;
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
