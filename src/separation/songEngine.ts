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
  frameModel,
  type MaskedFrames,
  sourceMasks,
} from "../phase/index.ts";
import type { DevicePreference, Runtime } from "../runtime/index.ts";
import { StftEngine, spanOfFrames } from "../transforms/stft/index.ts";
import type { EngineTimes } from "./piece.ts";
import type { PreparedSongModel } from "./preparedModel.ts";
import { SongMemory } from "./songMemory.ts";
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
  readonly #memory: SongMemory;
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

  encode(piece: FramePiece): Promise<EncodedPiece> {
    return this.#inTurn(async () => {
      const { frames } = piece;
      const places = this.#memory.forEncoding(frames);
      const peak = this.#timed("forward", () => {
        this.#analyse(piece);
        return this.#peak(frames);
      });
      const { channels, bins } = this.#network.input;
      this.#timed("forward", () =>
        this.#kernels.exports.planarMagnitudes(
          places.spectra,
          frames,
          this.#stft.bins,
          channels,
          bins,
          places.magnitudes,
        ),
      );
      const magnitudes = this.#kernels.f32(places.magnitudes, frames * channels * bins);
      const encoded = await this.#running(() => this.#network.encode(magnitudes, frames));
      return { encoded, peak };
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
      return this.#timed("phase", () => this.#wiener.measure(masked, models));
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
    await this.#running(() => this.#network.decode(piece.kept, masks));
    this.#timed("phase", () => {
      const sources = places.sources.map((place) => view(place, 2));
      sourceMasks(masks, view(places.spectra, 4), frames, this.#phase, sources);
    });
    return { frames, spectra: places.spectra, masks: places.sources };
  }

  /** Spectra of a piece. */
  #analyse({ frames, samples }: FramePiece): void {
    const { spectra, samples: places, room } = this.#memory.forEncoding(frames);
    places.forEach((place, c) => {
      const memory = this.#kernels.f32(place, room);
      memory.set(samples[c]);
      memory.fill(0, samples[c].length);
    });
    const { hop } = this.#stft.settings;
    for (let frame = 0; frame < frames; frame += LANES) {
      const [left, right] = places.map((place) => place + frame * hop * 4);
      const to = spectra + frame * this.#memory.spectrumBytes;
      this.#stft.analyse(left, right, Math.min(LANES, frames - frame), to);
    }
  }

  /** Stems of a piece. */
  #stems(masked: MaskedFrames, models: readonly FrameModel[]): Float32Array[] {
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
    return stems.map((place) => this.#kernels.f32(place, length).slice());
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
