/** The engine of networks that see whole songs: joins transform, the network's parts and expectation maximisation. */
import { ClosedError } from "../errors.ts";
import { openSongNetwork, type SongNetwork } from "../networks/index.ts";
import type { FrameEm, FrameModel, MaskedFrames } from "../phase/index.ts";
import type { DevicePreference, Runtime } from "../runtime/index.ts";
import { FrameFilter } from "./frameFilter.ts";
import type { EngineTimes } from "./piece.ts";
import type { PreparedSongModel } from "./preparedModel.ts";
import type {
  EncodedPiece,
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

/** Runs one task after the other: they share the memory. */
export class SongPartEngine implements SongEngine {
  readonly #filter: FrameFilter;
  readonly #network: SongNetwork;
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
    this.#network = network;
    this.#width = model.recurrence.width;
    this.#filter = new FrameFilter(model.stft, phase, model.targets.length, network.input);
  }

  /** Where the network computes. */
  get device() {
    return this.#network.device;
  }

  encode(piece: EncodedPiece): Promise<Peaked<EncodedPiece>> {
    return this.#inTurn(async () => {
      const { frames } = piece;
      const { magnitudes, peak } = this.#timed("forward", () => {
        this.#filter.analyse(piece);
        return { magnitudes: this.#filter.magnitudes(frames), peak: this.#filter.peak(frames) };
      });
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
      const sums = this.#timed("phase", () => this.#filter.measure(masked, models));
      return { piece, sums };
    });
  }

  filter(piece: StemPiece, models: PieceModels): Promise<StemPiece> {
    return this.#inTurn(async () => {
      const masked = await this.#masked(piece);
      const start = performance.now();
      const all = this.#filter.modelsOf(masked, models);
      const inverse = this.#filter.fill(piece.stems, masked, all);
      this.#times.inverse += inverse / 1e3;
      this.#times.phase += (performance.now() - start - inverse) / 1e3;
      return piece;
    });
  }

  /** The part of an array that holds the rows of so many frames. */
  #rows(array: Float32Array, frames: number): Float32Array {
    return array.subarray(0, frames * this.#width);
  }

  /** Spectra of a piece, and the masks of all its sources. */
  async #masked(piece: KeptPiece): Promise<MaskedFrames> {
    const { frames } = piece;
    this.#filter.prepare(frames);
    this.#timed("forward", () => this.#filter.analyse(piece));
    const kept = piece.kept.map((rows) => this.#rows(rows, frames));
    await this.#running(() => this.#network.decode(kept, this.#filter.masks(frames)));
    return this.#timed("phase", () => this.#filter.masked(frames));
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
