/**
 * A stretch of frames on its way through the engines of a network with recurrent layers: the whole song, or a part of it with what
 * these layers see before and after it.
 */
import { orAborted, untilAborted } from "../abort.ts";
import type { Direction, SongNetworkFacts } from "../networks/index.ts";
import { type FrameEm, type FrameModel, frameModel } from "../phase/index.ts";
import type { FrameJoiner } from "../transforms/stft/index.ts";
import type { StemSamples } from "./conductor.ts";
import { sourceCount } from "./frameFilter.ts";
import type { PieceArrays } from "./pieceArrays.ts";
import { Rows } from "./rows.ts";
import type { Scratch } from "./scratch.ts";
import type { PieceModels, SongEngine } from "./songPiece.ts";
import type { EarlyProgress } from "./songProgress.ts";
import type { SongSamples } from "./songSamples.ts";
import { inOrder, TaskQueue } from "./taskQueue.ts";

/** What a stretch needs to be separated. */
export interface StretchSettings {
  readonly network: SongNetworkFacts;
  readonly phase: FrameEm;
  readonly engines: readonly SongEngine[];
  readonly pieceFrames: number;
}

/** What all stretches of a song share. */
export interface SongParts {
  readonly samples: SongSamples;
  readonly scratch: Scratch;
  readonly arrays: PieceArrays;
  readonly joiner: FrameJoiner;
  readonly progress: EarlyProgress;
  readonly signal: AbortSignal;
}

/** The frames of a stretch whose stems are wanted, counted from its first. */
export interface Core {
  readonly first: number;
  readonly end: number;
}

export class SongStretch {
  readonly #settings: StretchSettings;
  readonly #song: SongParts;
  /** The stretch's first frame in the song; all other frames are counted from it. */
  readonly #offset: number;
  /** What the recurrent layers read, and, when they are through, what decoders read. */
  #kept: Rows[];
  #frames = 0;
  #peak = 0;

  /** @param offset the song's frame that it begins with */
  constructor(settings: StretchSettings, song: SongParts, offset: number) {
    const { recurrence, targets } = settings.network;
    this.#settings = settings;
    this.#song = song;
    this.#offset = offset;
    const count = recurrence.bridged ? 1 : targets.length;
    this.#kept = Array.from({ length: count }, () => new Rows(song.scratch, recurrence.width));
  }

  /** Iterations whose models are of the whole song. */
  get #measuredIterations(): number {
    const { window, iterations } = this.#settings.phase;
    return window === "song" ? iterations : 0;
  }

  /** Pieces under way: those that engines are at, and as many that are read, wait or are written. */
  get #inHand(): number {
    return 2 * this.#settings.engines.length;
  }

  /**
   * What the recurrent layers read of the stretch's frames.
   * @param ends for each time that more frames are there, the frame after them; the last one is the stretch's end
   */
  async encode(ends: AsyncIterable<number> | Iterable<number>): Promise<void> {
    const { engines, pieceFrames } = this.#settings;
    const { signal, samples } = this.#song;
    const tasks = new TaskQueue(signal);
    let index = 0;
    const cut = async () => {
      const own = index++;
      const first = own * pieceFrames;
      const frames = Math.min(pieceFrames, this.#frames - first);
      await tasks.room(this.#inHand);
      const arrays = this.#song.arrays.take(pieceFrames);
      await samples.piece(this.#offset + first, frames, arrays.samples);
      const encoded = arrays.kept.slice(0, this.#kept.length);
      const given = { frames, samples: arrays.samples, encoded };
      const engine = engines[own % engines.length];
      tasks.add(async () => {
        const { piece, peak } = await engine.encode(given);
        this.#peak = Math.max(this.#peak, peak);
        for (const [i, rows] of piece.encoded.entries()) {
          await this.#kept[i].write(first, rows.subarray(0, frames * this.#kept[i].width));
        }
        const kept = [...piece.encoded, ...arrays.kept.slice(this.#kept.length)];
        this.#song.arrays.give({ ...arrays, samples: piece.samples, kept });
      });
    };
    for await (const end of ends) {
      this.#frames = end - this.#offset;
      while (this.#frames >= (index + 1) * pieceFrames) await cut();
    }
    while (index * pieceFrames < this.#frames) await cut();
    await tasks.room(0);
  }

  /** The recurrent layers of all targets, each on the engine that has its weights. */
  async recur(): Promise<void> {
    const { network, engines } = this.#settings;
    const { targets, recurrence } = network;
    const memories: Rows[] = [];
    const { layers, directions, bridged } = recurrence;
    const steps = targets.length * layers * directions.length;
    this.#song.progress.recurs(steps * [...this.#pieces(this.#settings.pieceFrames)].length);
    const ofEngine = engines.map(async (engine, e) => {
      for (let target = e; target < targets.length; target += engines.length) {
        const read = this.#kept[bridged ? 0 : target];
        const memory = await this.#stack(engine, target, read);
        memories[target] = memory;
        if (!bridged) await this.#join(engine, target, read, memory);
      }
    });
    await orAborted(allOrFirst(ofEngine), this.#song.signal);
    if (bridged) this.#kept = [...this.#kept, await this.#mean(memories)];
  }

  /** What is kept of a target, in the place of what its recurrent layers read. */
  async #join(engine: SongEngine, target: number, read: Rows, memory: Rows): Promise<void> {
    let arrays = [read, memory].map(
      ({ width }) => new Float32Array(width * this.#settings.pieceFrames),
    );
    for (const { first, frames } of this.#pieces(this.#settings.pieceFrames)) {
      this.#song.signal.throwIfAborted();
      const rows = arrays.map((array) => array.subarray(0, frames * read.width));
      await Promise.all([read.read(first, rows[0]), memory.read(first, rows[1])]);
      const [encoded, own] = arrays;
      const joined = await engine.join({ target, frames, encoded, memory: own });
      arrays = [joined.encoded, joined.memory];
      await read.write(first, joined.encoded.subarray(0, frames * read.width));
    }
    await memory.close();
  }

  /** The mean of what the recurrent layers of all targets give. */
  async #mean(memories: readonly Rows[]): Promise<Rows> {
    const { width } = this.#settings.network.recurrence;
    const mean = new Rows(this.#song.scratch, width);
    const [sum, one] = [0, 1].map(() => new Float32Array(width * this.#settings.pieceFrames));
    for (const { first, frames } of this.#pieces(this.#settings.pieceFrames)) {
      this.#song.signal.throwIfAborted();
      const [rows, own] = [sum, one].map((array) => array.subarray(0, frames * width));
      rows.fill(0);
      for (const memory of memories) {
        await memory.read(first, own);
        for (let k = 0; k < rows.length; k++) rows[k] += own[k];
      }
      for (let k = 0; k < rows.length; k++) rows[k] /= memories.length;
      await mean.write(first, rows);
    }
    for (const memory of memories) await memory.close();
    return mean;
  }

  /** All recurrent layers of a target. */
  async #stack(engine: SongEngine, target: number, encoded: Rows): Promise<Rows> {
    const { layers, directions, width } = this.#settings.network.recurrence;
    let read = encoded;
    for (let layer = 0; layer < layers; layer++) {
      const given = new Rows(this.#song.scratch, width, directions.length);
      const chains = directions.map((direction, part) =>
        this.#chain(engine, { target, layer, direction }, read, (first, rows) =>
          given.write(first, rows, part),
        ),
      );
      await allOrFirst(chains);
      if (read !== encoded) await read.close();
      read = given;
    }
    return read;
  }

  /** A direction of a recurrent layer, from piece to piece. */
  async #chain(
    engine: SongEngine,
    part: { readonly target: number; readonly layer: number; readonly direction: Direction },
    read: Rows,
    write: (first: number, rows: Float32Array) => Promise<void>,
  ): Promise<void> {
    const units = read.width / this.#settings.network.recurrence.directions.length;
    let rows = new Float32Array(read.width * this.#settings.pieceFrames);
    let outputs = new Float32Array(units * (this.#settings.pieceFrames + 1));
    let state = new Float32Array(2 * units);
    const pieces = [...this.#pieces(this.#settings.pieceFrames)];
    for (const { first, frames } of part.direction === "forward" ? pieces : pieces.reverse()) {
      this.#song.signal.throwIfAborted();
      await read.read(first, rows.subarray(0, frames * read.width));
      ({ rows, outputs, state } = await engine.recur({ part, frames, rows, outputs, state }));
      await write(first, outputs.subarray(0, frames * units));
      this.#song.progress.recurred();
    }
  }

  /** The models of a window that is the song; windows of their own have theirs made with them. */
  async models(core: Core): Promise<PieceModels> {
    const { phase, network, engines } = this.#settings;
    if (phase.iterations === 0) return [];
    if (phase.window !== "song") return "own window";
    const sources = sourceCount(network.targets.length, phase);
    const models: FrameModel[] = [];
    const pieces = [...this.#pieces(this.#settings.pieceFrames, core)];
    this.#song.progress.measures(this.#measuredIterations * pieces.length);
    for (let i = 0; i < phase.iterations; i++) {
      let sums: Float64Array | undefined;
      const measured = inOrder(pieces, this.#inHand, async ({ index, first, frames }) => {
        const arrays = await this.#filled(first, frames, this.#settings.pieceFrames);
        const engine = engines[index % engines.length];
        const { samples, kept } = arrays;
        const done = await engine.measure({ frames, samples, kept }, models);
        this.#song.arrays.give({ ...arrays, ...done.piece });
        return done.sums;
      });
      for await (const own of untilAborted(measured, this.#song.signal)) {
        if (sums) for (let k = 0; k < own.length; k++) sums[k] += own[k];
        else sums = own;
        this.#song.progress.measured();
      }
      if (sums) models.push(frameModel(sums, sources, this.#peak, phase));
    }
    return models;
  }

  /**
   * The stems of the stretch's core: blocks of samples that no later frame adds to.
   * @param total frames of the song, as far as is known
   */
  async *stems(models: PieceModels, core: Core, total: number): AsyncGenerator<StemSamples> {
    const { phase, engines, pieceFrames } = this.#settings;
    const { joiner, samples, signal, arrays } = this.#song;
    const size = models === "own window" ? Number(phase.window) : pieceFrames;
    const pieces = this.#pieces(size, core);
    const filtered = inOrder(pieces, this.#inHand, async ({ index, first, frames }) => {
      const { samples, kept, stems } = await this.#filled(first, frames, size);
      return engines[index % engines.length].filter({ frames, samples, kept, stems }, models);
    });
    for await (const piece of untilAborted(filtered, signal)) {
      yield joiner.add(piece.stems, piece.frames, total, samples.transformed);
      arrays.give(piece);
    }
  }

  /** Arrays with the samples of some frames and what is kept of them. */
  async #filled(first: number, frames: number, most: number) {
    const arrays = this.#song.arrays.take(most);
    await Promise.all([
      this.#song.samples.piece(this.#offset + first, frames, arrays.samples),
      ...this.#kept.map((rows, i) =>
        rows.read(first, arrays.kept[i].subarray(0, frames * rows.width)),
      ),
    ]);
    return arrays;
  }

  /** The stretch, or its core, in pieces of so many frames. */
  *#pieces(size: number, core: Core = { first: 0, end: this.#frames }) {
    for (let { first } = core, index = 0; first < core.end; first += size, index++) {
      yield { index, first, frames: Math.min(size, core.end - first) };
    }
  }

  /** Gives scratch files back. */
  async close(): Promise<void> {
    for (const rows of this.#kept) await rows.close();
  }
}

/** All of them, or the first failure; of the others' failures nothing is said. */
async function allOrFirst(tasks: readonly Promise<void>[]): Promise<void> {
  for (const task of tasks) task.catch(() => undefined);
  await Promise.all(tasks);
}
