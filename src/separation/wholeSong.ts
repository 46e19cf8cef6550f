/**
 * Leads one signal through the engines of a network whose recurrent layers see all of it (docs/mathematics.md, 7.4).
 *
 * Only what these layers read and give spans the song: a row of numbers for each frame. All else flows in pieces, of which
 * engines have few in hand: first the encoders, as the signal comes; then the recurrent layers, which hand their state from
 * piece to piece; then decoders, expectation maximisation and inverse transforms. What comes out does not depend on the size of
 * pieces or the number of engines.
 */
import { follow, orAborted, untilAborted } from "../abort.ts";
import { ArgumentError, throwIfAborted } from "../errors.ts";
import type { RecurrentPart, SongNetworkFacts } from "../networks/index.ts";
import type { FrameEm, FrameModel } from "../phase/index.ts";
import { frameModel } from "../phase/index.ts";
import { FrameJoiner } from "../transforms/stft/index.ts";
import type { StemSamples } from "./conductor.ts";
import { Rows } from "./rows.ts";
import type { StereoBlock } from "./sampleQueue.ts";
import { sourceCount } from "./songEngine.ts";
import type { KeptPiece, PieceModels, SongEngine } from "./songPiece.ts";
import { SongSamples } from "./songSamples.ts";

export interface SongConductorSettings {
  readonly network: SongNetworkFacts;
  readonly phase: FrameEm;
  readonly engines: readonly SongEngine[];
  /** Frames of a piece; about six seconds by default. */
  readonly pieceFrames?: number;
}

const PIECE_FRAMES = 256;

/** In the place of a block that is no longer needed. */
const nothing = new Float32Array(0);

/**
 * Separates one signal as a whole.
 * @returns blocks of stems in order, together as long as the signal, the residual's last if there is one.
 * @throws {ArgumentError} if the signal has no samples; what source and engines throw; {@link AbortError} at once.
 */
export async function* conductSong(
  settings: SongConductorSettings,
  source: AsyncIterable<StereoBlock>,
  signal?: AbortSignal,
): AsyncGenerator<StemSamples> {
  // Ends the chains of tasks that are under way, too, when one fails or nobody wants the stems any more.
  const work = new AbortController();
  using _tie = follow(work, signal);
  const song = new SongWork(settings, work.signal);
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
  readonly #signal: AbortSignal | undefined;
  readonly #samples: SongSamples;
  readonly #pieceFrames: number;
  /** What the recurrent layers read, and, when they are through, what decoders read. */
  #kept: Rows[];
  #peak = 0;

  constructor(settings: SongConductorSettings, signal: AbortSignal | undefined) {
    const { network, pieceFrames = PIECE_FRAMES } = settings;
    this.#settings = settings;
    this.#signal = signal;
    this.#pieceFrames = pieceFrames;
    this.#samples = new SongSamples(network.stft);
    const count = network.recurrence.bridged ? 1 : network.targets.length;
    this.#kept = Array.from({ length: count }, () => this.#rows());
  }

  #rows(): Rows {
    return new Rows(this.#settings.network.recurrence.width, this.#pieceFrames);
  }

  /** The signal's samples, and what the recurrent layers read of its frames. */
  async encode(source: AsyncIterable<StereoBlock>): Promise<void> {
    const { engines } = this.#settings;
    const tasks = new TaskQueue(this.#signal);
    let index = 0;
    const cut = async () => {
      const first = index * this.#pieceFrames;
      const frames = Math.min(this.#pieceFrames, this.#samples.frames - first);
      const samples = this.#samples.piece(first, frames);
      const own = index++;
      await tasks.room(2 * engines.length);
      tasks.add(async () => {
        const { encoded, peak } = await engines[own % engines.length].encode({ frames, samples });
        this.#peak = Math.max(this.#peak, peak);
        encoded.forEach((rows, i) => {
          this.#kept[i].set(own, rows);
        });
      });
    };
    for await (const block of untilAborted(source, this.#signal)) {
      this.#samples.push(block);
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
    const { bridged } = recurrence;
    const memories: Rows[] = [];
    const ofEngine = engines.map(async (engine, e) => {
      for (let target = e; target < targets.length; target += engines.length) {
        const read = this.#kept[bridged ? 0 : target];
        const memory = await this.#stack(engine, target, read);
        memories[target] = memory;
        for (let i = 0; i < read.blocks && !bridged; i++) {
          throwIfAborted(this.#signal);
          read.set(i, await engine.join(target, read.block(i), memory.block(i)));
          memory.set(i, nothing);
        }
      }
    });
    await orAborted(allOrFirst(ofEngine), this.#signal);
    if (bridged) this.#kept = [...this.#kept, this.#mean(memories)];
  }

  /** The mean of what the recurrent layers of all targets give. */
  #mean(memories: readonly Rows[]): Rows {
    const mean = this.#rows();
    for (let i = 0; i < memories[0].blocks; i++) {
      const block = new Float32Array(memories[0].block(i).length);
      for (const memory of memories) {
        const own = memory.block(i);
        for (let k = 0; k < block.length; k++) block[k] += own[k];
        memory.set(i, nothing);
      }
      mean.set(
        i,
        block.map((sum) => sum / memories.length),
      );
    }
    return mean;
  }

  /** All recurrent layers of a target. */
  async #stack(engine: SongEngine, target: number, encoded: Rows): Promise<Rows> {
    const { layers, directions, width } = this.#settings.network.recurrence;
    let read = encoded;
    for (let layer = 0; layer < layers; layer++) {
      const given = this.#rows();
      for (let i = 0; i < read.blocks; i++) given.set(i, new Float32Array(read.block(i).length));
      const units = width / directions.length;
      const chains = directions.map(async (direction, d) => {
        let state = new Float32Array(2 * units);
        for (let step = 0; step < read.blocks; step++) {
          throwIfAborted(this.#signal);
          const index = direction === "forward" ? step : read.blocks - 1 - step;
          const part: RecurrentPart = { target, layer, direction };
          const { outputs, cell } = await engine.recur(part, read.block(index), state);
          const frames = outputs.length / units;
          const to = given.block(index);
          for (let row = 0; row < frames; row++) {
            to.set(outputs.subarray(row * units, (row + 1) * units), row * width + d * units);
          }
          const last = direction === "forward" ? frames - 1 : 0;
          state = new Float32Array(2 * units);
          state.set(outputs.subarray(last * units, (last + 1) * units));
          state.set(cell, units);
        }
      });
      await allOrFirst(chains);
      read = given;
    }
    return read;
  }

  /** The models of a window that is the song; windows of their own have theirs made with them. */
  async models(): Promise<PieceModels> {
    const { phase, network, engines } = this.#settings;
    if (phase.iterations === 0) return [];
    if (phase.window !== "song") return "own window";
    const sources = sourceCount(network.targets.length, phase);
    const models: FrameModel[] = [];
    for (let i = 0; i < phase.iterations; i++) {
      let sums: Float64Array | undefined;
      const ordered = inOrder(this.#pieces(this.#pieceFrames), engines, (engine, piece) =>
        engine.measure(piece, models),
      );
      for await (const own of untilAborted(ordered, this.#signal)) {
        sums = sums ? sums.map((sum, k) => sum + own[k]) : own;
      }
      if (sums) models.push(frameModel(sums, sources, this.#peak, phase));
    }
    return models;
  }

  /** The song's stems. */
  async *stems(models: PieceModels): AsyncGenerator<StemSamples> {
    const { phase, network, engines } = this.#settings;
    const frames = models === "own window" ? Number(phase.window) : this.#pieceFrames;
    const rows = 2 * sourceCount(network.targets.length, phase);
    const joiner = new FrameJoiner(network.stft, rows);
    const ordered = inOrder(this.#pieces(frames), engines, (engine, piece) =>
      engine.filter(piece, models).then((stems) => ({ stems, frames: piece.frames })),
    );
    const { samples, transformed } = this.#samples;
    let left = samples;
    for await (const piece of untilAborted(ordered, this.#signal)) {
      const block = joiner.add(piece.stems, piece.frames, this.#samples.frames, transformed);
      const length = Math.min(left, block[0].length);
      left -= length;
      yield length < block[0].length ? block.map((row) => row.subarray(0, length)) : block;
    }
  }

  /** The song in pieces of so many frames, with what is kept of them. */
  *#pieces(frames: number): Generator<KeptPiece> {
    const total = this.#samples.frames;
    for (let first = 0; first < total; first += frames) {
      const count = Math.min(frames, total - first);
      yield {
        frames: count,
        samples: this.#samples.piece(first, count),
        kept: this.#kept.map((rows) => rows.read(first, count)),
      };
    }
  }
}

/** All of them, or the first failure; of the others' failures nothing is said. */
async function allOrFirst(tasks: readonly Promise<void>[]): Promise<void> {
  for (const task of tasks) task.catch(() => undefined);
  await Promise.all(tasks);
}

/** What engines make of pieces, in the order of these; each engine has two in hand. */
async function* inOrder<P, T>(
  pieces: Iterable<P>,
  engines: readonly SongEngine[],
  work: (engine: SongEngine, piece: P) => Promise<T>,
): AsyncGenerator<T> {
  const pending: Promise<T>[] = [];
  let next = 0;
  for (const piece of pieces) {
    if (pending.length >= 2 * engines.length) {
      const [first] = pending.splice(0, 1);
      yield await first;
    }
    const run = work(engines[next++ % engines.length], piece);
    run.catch(() => undefined);
    pending.push(run);
  }
  for (const run of pending) yield await run;
}

/** Tasks of which a few are under way. */
class TaskQueue {
  readonly #signal: AbortSignal | undefined;
  readonly #pending: Promise<void>[] = [];

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  add(task: () => Promise<void>): void {
    const run = task();
    run.catch(() => undefined);
    this.#pending.push(run);
  }

  /** Waits until fewer than so many are under way, or none for 0. @throws what the oldest threw */
  async room(most: number): Promise<void> {
    while (this.#pending.length > 0 && this.#pending.length >= most) {
      const [first] = this.#pending.splice(0, 1);
      await orAborted(first, this.#signal);
    }
  }
}
