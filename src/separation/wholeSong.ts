/**
 * Leads one signal through the engines of a network whose recurrent layers see all of it (docs/mathematics.md, 7.4).
 *
 * Only what these layers read and give spans the song: a row of numbers for each frame, in scratch files as the samples are. All
 * else flows in pieces, of which engines have few in hand: first the encoders, as the signal comes; then the recurrent layers,
 * which hand their state from piece to piece; then decoders, expectation maximisation and inverse transforms. What comes out does
 * not depend on the size of pieces or the number of engines.
 */
import { follow, orAborted, untilAborted } from "../abort.ts";
import { ArgumentError } from "../errors.ts";
import type { Direction, SongNetworkFacts } from "../networks/index.ts";
import { type FrameEm, type FrameModel, frameModel } from "../phase/index.ts";
import { FrameJoiner } from "../transforms/stft/index.ts";
import type { StemSamples } from "./conductor.ts";
import { PieceArrays } from "./pieceArrays.ts";
import { Rows } from "./rows.ts";
import type { StereoBlock } from "./sampleQueue.ts";
import { type OpenDisk, Scratch } from "./scratch.ts";
import { sourceCount } from "./songEngine.ts";
import type { PieceModels, SongEngine } from "./songPiece.ts";
import { EarlyProgress, type EarlyWork } from "./songProgress.ts";
import { SongSamples } from "./songSamples.ts";
import { inOrder, TaskQueue } from "./taskQueue.ts";

export interface SongConductorSettings {
  readonly network: SongNetworkFacts;
  readonly phase: FrameEm;
  readonly engines: readonly SongEngine[];
  /** Where what spans long songs lies; left out in memory. */
  readonly openDisk?: OpenDisk | undefined;
  /** Frames of a piece; about six seconds by default. */
  readonly pieceFrames?: number;
}

/** What the conductor is told, and tells. */
export interface SongConductorOptions {
  readonly signal?: AbortSignal;
  readonly early?: EarlyWork;
}

const PIECE_FRAMES = 256;

/** Frames of a piece by default: where windows are of a similar size, theirs. */
function usualFrames({ window }: FrameEm): number {
  const isSimilar = window !== "song" && window >= PIECE_FRAMES && window <= 2 * PIECE_FRAMES;
  return isSimilar ? window : PIECE_FRAMES;
}

/**
 * Separates one signal as a whole.
 * @returns blocks of stems in order, together as long as the signal, the residual's last if there is one. Their arrays are
 * overwritten when the next one is asked for.
 * @throws {ArgumentError} if the signal has no samples; what source and engines throw; {@link FileError} if the disk of
 * temporary files is full; {@link AbortError} at once.
 */
export async function* conductSong(
  settings: SongConductorSettings,
  source: AsyncIterable<StereoBlock>,
  { signal, early }: SongConductorOptions = {},
): AsyncGenerator<StemSamples> {
  // Ends the chains of tasks that are under way, too, when one fails or nobody wants the stems any more.
  const work = new AbortController();
  using _tie = follow(work, signal);
  await using scratch = new Scratch(settings.openDisk);
  const song = new SongWork(settings, scratch, work.signal, early);
  try {
    await song.encode(source);
    await song.recur();
    const models = await song.models();
    yield* song.stems(models);
  } finally {
    work.abort();
    for (const engine of settings.engines) engine.reset().catch(() => undefined);
  }
}

class SongWork {
  readonly #settings: SongConductorSettings;
  readonly #scratch: Scratch;
  readonly #signal: AbortSignal;
  readonly #progress: EarlyProgress;
  readonly #samples: SongSamples;
  readonly #pieceFrames: number;
  readonly #arrays: PieceArrays;
  /** What the recurrent layers read, and, when they are through, what decoders read. */
  #kept: Rows[];
  #peak = 0;

  constructor(
    settings: SongConductorSettings,
    scratch: Scratch,
    signal: AbortSignal,
    early: EarlyWork | undefined,
  ) {
    const { network, phase, pieceFrames = usualFrames(phase) } = settings;
    const { recurrence, targets, stft } = network;
    this.#settings = settings;
    this.#scratch = scratch;
    this.#signal = signal;
    this.#pieceFrames = pieceFrames;
    this.#progress = new EarlyProgress(this.#measuredIterations > 0, early);
    this.#samples = new SongSamples(stft, scratch);
    const count = recurrence.bridged ? 1 : targets.length;
    this.#kept = Array.from({ length: count }, () => new Rows(scratch, recurrence.width));
    this.#arrays = new PieceArrays({
      stft,
      width: recurrence.width,
      kept: recurrence.bridged ? 2 : targets.length,
      stems: 2 * sourceCount(targets.length, phase),
    });
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

  /** The signal's samples, and what the recurrent layers read of its frames. */
  async encode(source: AsyncIterable<StereoBlock>): Promise<void> {
    const { engines } = this.#settings;
    const tasks = new TaskQueue(this.#signal);
    let index = 0;
    const cut = async () => {
      const own = index++;
      const first = own * this.#pieceFrames;
      const frames = Math.min(this.#pieceFrames, this.#samples.frames - first);
      await tasks.room(this.#inHand);
      const arrays = this.#arrays.take(this.#pieceFrames);
      await this.#samples.piece(first, frames, arrays.samples);
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
        this.#arrays.give({ ...arrays, samples: piece.samples, kept });
      });
    };
    for await (const block of untilAborted(source, this.#signal)) {
      await this.#samples.push(block);
      this.#progress.encoded(this.#samples.samples);
      while (this.#samples.frames >= (index + 1) * this.#pieceFrames) await cut();
    }
    if (this.#samples.samples === 0) {
      throw new ArgumentError("The signal has no samples.", "Give at least one sample.");
    }
    this.#samples.end();
    while (index * this.#pieceFrames < this.#samples.frames) await cut();
    await tasks.room(0);
  }

  /** The recurrent layers of all targets, each on the engine that has its weights. */
  async recur(): Promise<void> {
    const { network, engines } = this.#settings;
    const { targets, recurrence } = network;
    const memories: Rows[] = [];
    const { layers, directions, bridged } = recurrence;
    const steps = targets.length * layers * directions.length;
    this.#progress.recurs(steps * [...this.#pieces(this.#pieceFrames)].length);
    const ofEngine = engines.map(async (engine, e) => {
      for (let target = e; target < targets.length; target += engines.length) {
        const read = this.#kept[bridged ? 0 : target];
        const memory = await this.#stack(engine, target, read);
        memories[target] = memory;
        if (!bridged) await this.#join(engine, target, read, memory);
      }
    });
    await orAborted(allOrFirst(ofEngine), this.#signal);
    if (bridged) this.#kept = [...this.#kept, await this.#mean(memories)];
  }

  /** What is kept of a target, in the place of what its recurrent layers read. */
  async #join(engine: SongEngine, target: number, read: Rows, memory: Rows): Promise<void> {
    let arrays = [read, memory].map(({ width }) => new Float32Array(width * this.#pieceFrames));
    for (const { first, frames } of this.#pieces(this.#pieceFrames)) {
      this.#signal.throwIfAborted();
      const rows = arrays.map((array) => array.subarray(0, frames * read.width));
      await Promise.all([read.read(first, rows[0]), memory.read(first, rows[1])]);
      const [encoded, own] = arrays;
      const joined = await engine.join({ target, frames, encoded, memory: own });
      arrays = [joined.encoded, joined.memory];
      await read.write(first, joined.encoded.subarray(0, rows[0].length));
    }
    await memory.close();
  }

  /** The mean of what the recurrent layers of all targets give. */
  async #mean(memories: readonly Rows[]): Promise<Rows> {
    const { width } = this.#settings.network.recurrence;
    const mean = new Rows(this.#scratch, width);
    const [sum, one] = [0, 1].map(() => new Float32Array(width * this.#pieceFrames));
    for (const { first, frames } of this.#pieces(this.#pieceFrames)) {
      this.#signal.throwIfAborted();
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
      const given = new Rows(this.#scratch, width, directions.length);
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
    let rows = new Float32Array(read.width * this.#pieceFrames);
    let outputs = new Float32Array(units * (this.#pieceFrames + 1));
    let state = new Float32Array(2 * units);
    const pieces = [...this.#pieces(this.#pieceFrames)];
    for (const { first, frames } of part.direction === "forward" ? pieces : pieces.reverse()) {
      this.#signal.throwIfAborted();
      await read.read(first, rows.subarray(0, frames * read.width));
      ({ rows, outputs, state } = await engine.recur({ part, frames, rows, outputs, state }));
      await write(first, outputs.subarray(0, frames * units));
      this.#progress.recurred();
    }
  }

  /** The models of a window that is the song; windows of their own have theirs made with them. */
  async models(): Promise<PieceModels> {
    const { phase, network, engines } = this.#settings;
    if (phase.iterations === 0) return [];
    if (phase.window !== "song") return "own window";
    const sources = sourceCount(network.targets.length, phase);
    const models: FrameModel[] = [];
    const pieces = [...this.#pieces(this.#pieceFrames)];
    this.#progress.measures(this.#measuredIterations * pieces.length);
    for (let i = 0; i < phase.iterations; i++) {
      let sums: Float64Array | undefined;
      const measured = inOrder(pieces, this.#inHand, async ({ index, first, frames }) => {
        const arrays = await this.#filled(first, frames, this.#pieceFrames);
        const engine = engines[index % engines.length];
        const { samples, kept } = arrays;
        const done = await engine.measure({ frames, samples, kept }, models);
        this.#arrays.give({ ...arrays, ...done.piece });
        return done.sums;
      });
      for await (const own of untilAborted(measured, this.#signal)) {
        if (sums) for (let k = 0; k < own.length; k++) sums[k] += own[k];
        else sums = own;
        this.#progress.measured();
      }
      if (sums) models.push(frameModel(sums, sources, this.#peak, phase));
    }
    return models;
  }

  /** The song's stems. */
  async *stems(models: PieceModels): AsyncGenerator<StemSamples> {
    const { phase, network, engines } = this.#settings;
    const size = models === "own window" ? Number(phase.window) : this.#pieceFrames;
    const rows = 2 * sourceCount(network.targets.length, phase);
    const joiner = new FrameJoiner(network.stft, rows);
    const filtered = inOrder(this.#pieces(size), this.#inHand, async ({ index, first, frames }) => {
      const { samples, kept, stems } = await this.#filled(first, frames, size);
      return engines[index % engines.length].filter({ frames, samples, kept, stems }, models);
    });
    const { samples, transformed } = this.#samples;
    let left = samples;
    for await (const piece of untilAborted(filtered, this.#signal)) {
      const block = joiner.add(piece.stems, piece.frames, this.#samples.frames, transformed);
      const length = Math.min(left, block[0].length);
      left -= length;
      yield length < block[0].length ? block.map((row) => row.subarray(0, length)) : block;
      this.#arrays.give(piece);
    }
  }

  /** Arrays with the samples of some frames and what is kept of them. */
  async #filled(first: number, frames: number, most: number) {
    const arrays = this.#arrays.take(most);
    await Promise.all([
      this.#samples.piece(first, frames, arrays.samples),
      ...this.#kept.map((rows, i) =>
        rows.read(first, arrays.kept[i].subarray(0, frames * rows.width)),
      ),
    ]);
    return arrays;
  }

  /** The song in pieces of so many frames. */
  *#pieces(size: number) {
    const total = this.#samples.frames;
    for (let first = 0, index = 0; first < total; first += size, index++) {
      yield { index, first, frames: Math.min(size, total - first) };
    }
  }
}

/** All of them, or the first failure; of the others' failures nothing is said. */
async function allOrFirst(tasks: readonly Promise<void>[]): Promise<void> {
  for (const task of tasks) task.catch(() => undefined);
  await Promise.all(tasks);
}
