/**
 * A signal separated several times, each a part of a hop later than before, and the mean of the stems.
 *
 * Slices and what a network takes for one frame begin anywhere in a song, and its errors depend on where: their mean is smaller
 * (as Demucs does with its shifts, Défossez and others 2019). All passes go on together, on the same engines.
 */
import type { StemSamples } from "./conductor.ts";
import type { Analysed, Engine, Piece, PieceStems, WindowSpatial } from "./piece.ts";
import type { StereoBlock } from "./sampleQueue.ts";
import type { RefinedPiece } from "./stemRefiner.ts";

/** Most passes; more than three are hardly better. */
export const MOST_SHIFTS = 16;

/** What all passes share. */
export interface ShiftSettings {
  readonly engines: readonly Engine[];
  /** Samples from slice to slice. */
  readonly hop: number;
  /** How many passes, spread evenly over a hop. */
  readonly shifts: number;
}

/**
 * Conducts the passes of a signal.
 *
 * @param pass conducts one of the passes, on these engines, which have pieces of all
 * @returns as the passes do: blocks whose arrays are overwritten when the next one is asked for, together as long as the signal
 * @throws what a pass throws
 */
export async function* conductShifted(
  { engines, hop, shifts }: ShiftSettings,
  source: AsyncIterable<StereoBlock>,
  pass: (
    engines: readonly Engine[],
    source: AsyncIterable<StereoBlock>,
  ) => AsyncGenerator<StemSamples>,
): AsyncGenerator<StemSamples> {
  const shared = new SharedSource(source, shifts);
  const passes = Array.from({ length: shifts }, (_, i) => {
    const late = Math.round((i * hop) / shifts);
    const own = engines.map((engine) => new PassEngine(engine, i, shifts));
    return { stems: pass(own, shared.late(i, late)), late };
  });
  const mean = new StemMean(passes.map(({ late }) => late));
  try {
    for (;;) {
      // All at once, so that the engines are busy with whichever there is.
      const blocks = await Promise.all(passes.map(({ stems }) => stems.next()));
      for (const [i, block] of blocks.entries()) if (!block.done) mean.add(i, block.value);
      yield mean.take();
      if (blocks.every(({ done }) => done)) return;
    }
  } finally {
    await Promise.allSettled(passes.map(({ stems }) => stems.return(undefined)));
    for (const engine of engines) engine.reset().catch(() => undefined);
    await shared.close();
  }
}

/** One source for several readers: blocks wait until all have read them. */
class SharedSource {
  readonly #source: AsyncIterator<StereoBlock>;
  /** Blocks that each reader has yet to read. */
  readonly #waiting: StereoBlock[][];
  #reading: Promise<void> | undefined;
  #ended = false;

  constructor(source: AsyncIterable<StereoBlock>, readers: number) {
    this.#source = source[Symbol.asyncIterator]();
    this.#waiting = Array.from({ length: readers }, () => []);
  }

  /** What a reader gets: so many samples of silence first. */
  async *late(reader: number, samples: number): AsyncGenerator<StereoBlock> {
    let isFirst = true;
    for (;;) {
      const block = this.#waiting[reader].shift();
      if (block) {
        // Not before a signal without samples, which is an error in every pass.
        if (isFirst && samples > 0) yield [new Float32Array(samples), new Float32Array(samples)];
        isFirst = false;
        yield block;
      } else if (this.#ended) return;
      else await this.#read();
    }
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }

  /** Reads one block for all; those who ask meanwhile wait for the same. */
  #read(): Promise<void> {
    this.#reading ??= this.#source
      .next()
      .then(({ done, value }) => {
        if (done) this.#ended = true;
        else if (value[0].length > 0) for (const blocks of this.#waiting) blocks.push(value);
      })
      .finally(() => {
        this.#reading = undefined;
      });
    return this.#reading;
  }
}

/** Adds up the stems of passes of which each is late, until all have come. */
class StemMean {
  /** Position of the next sample of each pass, before the signal at first. */
  readonly #positions: number[];
  #sums: Float32Array[] = [];
  #given: Float32Array[] = [];
  /** Position of the first sum. */
  #start = 0;

  constructor(late: readonly number[]) {
    this.#positions = late.map((samples) => -samples);
  }

  add(pass: number, stems: StemSamples): void {
    const position = this.#positions[pass];
    const skipped = Math.min(stems[0].length, Math.max(0, -position));
    const begin = position + skipped - this.#start;
    const end = position + stems[0].length - this.#start;
    this.#makeRoom(stems.length, end);
    const share = 1 / this.#positions.length;
    for (const [row, stem] of stems.entries()) {
      const sum = this.#sums[row];
      for (let i = begin, from = skipped; i < end; i++, from++) sum[i] += share * stem[from];
    }
    this.#positions[pass] += stems[0].length;
  }

  /** The means that are whole. */
  take(): StemSamples {
    const count = Math.max(0, Math.min(...this.#positions) - this.#start);
    if (this.#given[0]?.length !== count) {
      this.#given = this.#sums.map(() => new Float32Array(count));
    }
    for (const [row, sum] of this.#sums.entries()) {
      this.#given[row].set(sum.subarray(0, count));
      sum.copyWithin(0, count);
      sum.fill(0, sum.length - count);
    }
    this.#start += count;
    return this.#given;
  }

  #makeRoom(rows: number, length: number): void {
    if (this.#sums.length === rows && this.#sums[0].length >= length) return;
    this.#sums = Array.from({ length: rows }, (_, row) => {
      const sum = new Float32Array(length);
      sum.set(this.#sums[row] ?? []);
      return sum;
    });
  }
}

/** An engine as one pass has it: its pieces are told apart from the others', and it is reset when all have ended. */
class PassEngine implements Engine {
  readonly #engine: Engine;
  readonly #pass: number;
  readonly #passes: number;

  constructor(engine: Engine, pass: number, passes: number) {
    this.#engine = engine;
    this.#pass = pass;
    this.#passes = passes;
  }

  get alive(): boolean {
    return this.#engine.alive;
  }

  analyse(piece: Piece): Promise<Analysed> {
    return this.#engine.analyse({ ...piece, id: this.#id(piece.id) });
  }

  refine(piece: RefinedPiece): Promise<RefinedPiece> {
    return this.#engine.refine(piece);
  }

  synthesise(id: number, spatial: readonly WindowSpatial[], into: PieceStems): Promise<PieceStems> {
    return this.#engine.synthesise(this.#id(id), spatial, into);
  }

  reset(): Promise<void> {
    return Promise.resolve();
  }

  times() {
    return this.#engine.times();
  }

  close(): Promise<void> {
    return this.#engine.close();
  }

  #id(piece: number): number {
    return piece * this.#passes + this.#pass;
  }
}
