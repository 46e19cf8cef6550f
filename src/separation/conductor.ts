/**
 * Leads one signal through the engines: cuts it into pieces, keeps all engines busy, completes Wiener windows, joins
 * the stems of the pieces. What comes out does not depend on the size of pieces or the number of engines, but for
 * rounding.
 */
import { orAborted, untilAborted } from "../abort.ts";
import { ArgumentError, throwIfAborted } from "../errors.ts";
import type { SliceContext } from "../networks/index.ts";
import type { PhaseSettings } from "../phase/index.ts";
import { spanOf, type Transform } from "../transforms/index.ts";
import type { Analysed, Engine, Piece, PieceSamples, PieceStems } from "./piece.ts";
import { SampleQueue, type StereoBlock } from "./sampleQueue.ts";
import { SliceLevels } from "./sliceLevels.ts";
import { WindowLedger } from "./windowLedger.ts";

export interface ConductorSettings {
  readonly transform: Transform;
  /** Slices that masks depend on. */
  readonly context: SliceContext;
  /** Fewest slices that the network can work on. */
  readonly leastSlices: number;
  /** Stems. */
  readonly targets: number;
  readonly phase: PhaseSettings;
  readonly engines: readonly Engine[];
  /** Slices per piece, a multiple of 4. */
  readonly pieceSlices: number;
  /**
   * Samples that may be read before the stems of what was read are given: pieces that engines may have in hand. With less
   * than a piece, each is cut as soon as a slice of it can be.
   */
  readonly readAhead: number;
  /** Root mean square that the network was trained at, dBFS; left out, it is shown the signal as it is. */
  readonly level?: number | undefined;
}

/** The stems' next samples: target-major, left and right. */
export type StemSamples = readonly Float32Array[];

type Outcome =
  | { readonly kind: "analysed"; readonly analysed: Analysed }
  | { readonly kind: "synthesised"; readonly stems: PieceStems };

/**
 * Separates one signal as a whole.
 * @returns blocks of stems in order, together as long as the signal. A block's arrays are overwritten when the next one
 * is asked for.
 * @throws {ArgumentError} if the signal has no samples; what source and engines throw;
 * {@link AbortError} at once, whatever they are at.
 */
export async function* conduct(
  settings: ConductorSettings,
  source: AsyncIterable<StereoBlock>,
  signal?: AbortSignal,
): AsyncGenerator<StemSamples> {
  const { engines, phase, transform, readAhead } = settings;
  // Two pieces per engine: one at work, one waiting, so that no engine idles while results are handled.
  const most = Math.min(2 * engines.length, piecesAhead(settings));
  const cutter = new PieceCutter(settings, untilAborted(source, signal));
  const ledger =
    phase.method === "mix"
      ? undefined
      : new WindowLedger(transform.blocks, phase, settings.targets);
  const joiner = new StemJoiner(settings);
  const engineOf = (piece: Piece) => engines[piece.id % engines.length];
  /** Pieces in the order of the song: being analysed, waiting for windows, being synthesised. */
  const analysing: Task[] = [];
  const waiting: Piece[] = [];
  const synthesising: Task[] = [];
  const inHand = () => analysing.length + (readAhead === Infinity ? 0 : synthesising.length);
  const hasReady = () => waiting.length > 0 && (ledger?.covers(waiting[0]) ?? true);
  const synthesise = () => {
    while (hasReady() && synthesising.length < 2 * engines.length) {
      const [piece] = waiting.splice(0, 1);
      const spatial = ledger?.take(piece) ?? [];
      const run = engineOf(piece).synthesise(piece.id, spatial, joiner.room());
      synthesising.push(
        task(
          piece,
          run.then((stems) => ({ kind: "synthesised", stems })),
        ),
      );
    }
  };
  let analysedAll = false;
  try {
    for (;;) {
      throwIfAborted(signal);
      synthesise();
      // Pieces that could be synthesised wait for whoever takes the stems: until then no more are analysed and held.
      while (!cutter.done && inHand() < most && !hasReady()) {
        const piece = await cutter.next();
        throwIfAborted(signal);
        const run = engineOf(piece).analyse(piece);
        analysing.push(
          task(
            piece,
            run.then((analysed) => ({ kind: "analysed", analysed })),
          ),
        );
      }
      if (cutter.done && analysing.length === 0 && !analysedAll) {
        analysedAll = true;
        ledger?.end();
        synthesise();
      }
      const heads = [analysing[0], synthesising[0]].filter((head) => head !== undefined);
      if (heads.length === 0) break;
      const first = Promise.race(heads.map((head) => head.result));
      const { piece, outcome } = await orAborted(first, signal);
      if (outcome.kind === "analysed") {
        analysing.shift();
        cutter.recycle(outcome.analysed.samples);
        ledger?.add(piece.slices, outcome.analysed.statistics);
        waiting.push(piece);
      } else {
        synthesising.shift();
        yield joiner.add(outcome.stems, piece.slices, cutter.samples);
        joiner.recycle(outcome.stems);
      }
    }
    yield joiner.end(cutter.samples);
  } finally {
    // Engines forget when they have done what they were given, and before whatever comes next; of those that cannot any
    // more, the next task tells.
    for (const engine of engines) engine.reset().catch(() => undefined);
    await cutter.close();
  }
}

/** A piece's run, tagged, so that whichever ends first can be told. */
interface Task {
  readonly result: Promise<{ readonly piece: Piece; readonly outcome: Outcome }>;
}

function task(piece: Piece, run: Promise<Outcome>): Task {
  const result = run.then((outcome) => ({ piece, outcome }));
  // A failure is reported when its turn comes; until then it must not count as unhandled.
  result.catch(() => undefined);
  return { result };
}

/** Whole pieces that may be read ahead; at least the one at work. */
function piecesAhead({ readAhead, pieceSlices, transform }: ConductorSettings): number {
  return Math.max(1, Math.floor(readAhead / (pieceSlices * transform.hop)));
}

/** Cuts the source into pieces with their context. */
class PieceCutter {
  readonly #settings: ConductorSettings;
  readonly #source: AsyncIterator<StereoBlock>;
  readonly #queue = new SampleQueue();
  readonly #levels: SliceLevels;
  readonly #spare: PieceSamples[] = [];
  #ended = false;
  #next = 0;
  #pieces = 0;

  constructor(settings: ConductorSettings, source: AsyncIterable<StereoBlock>) {
    this.#settings = settings;
    this.#levels = new SliceLevels(settings.transform, settings.level);
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Whether the last piece has been cut. */
  get done(): boolean {
    return this.#ended && this.#next >= this.#slices;
  }

  /** Length of the signal, once it has ended. */
  get samples(): number | undefined {
    return this.#ended ? this.#queue.end : undefined;
  }

  /** Slices of the signal, once it has ended. */
  get #slices(): number {
    const { transform, leastSlices } = this.#settings;
    return Math.max(leastSlices, transform.sliceCount(this.#queue.end));
  }

  /** Lets the source go, read to its end or not. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }

  /** Takes arrays back for a later piece. */
  recycle(samples: PieceSamples): void {
    this.#spare.push(samples);
  }

  #room(): PieceSamples {
    const { transform, pieceSlices, context } = this.#settings;
    const length = spanOf(transform, context.before + pieceSlices + context.after);
    return [new Float32Array(length), new Float32Array(length)];
  }

  /** Whether pieces are cut when they are there in full. */
  get #isWhole(): boolean {
    const { readAhead, pieceSlices, transform } = this.#settings;
    return readAhead >= pieceSlices * transform.hop;
  }

  /** Samples to the end of what the next whole piece reads. One slice more tells whether it is the last. */
  get #pieceNeeds(): number {
    const { transform, pieceSlices, context } = this.#settings;
    return spanOf(transform, this.#next + pieceSlices + context.after + 2) - transform.lead;
  }

  /** Samples to the end of all that the stems of a slice depend on. */
  #sliceNeeds(slice: number): number {
    const { transform, context } = this.#settings;
    return (slice + context.after) * transform.hop - transform.lead + transform.windowEnd;
  }

  /** Slices from the next one on that are there with all that they depend on. */
  get #ready(): number {
    const spare = this.#queue.end - this.#sliceNeeds(this.#next);
    return 1 + Math.floor(spare / this.#settings.transform.hop);
  }

  /** Reads until so many samples are there, or the signal ends. */
  async #read(samples: number): Promise<void> {
    while (!this.#ended && this.#queue.end < samples) {
      const block = await this.#source.next();
      if (block.done) this.#ended = true;
      else {
        this.#queue.push(block.value);
        this.#levels.push(block.value);
      }
    }
  }

  async next(): Promise<Piece> {
    const { transform, pieceSlices, context } = this.#settings;
    const { before: most, after: ahead } = context;
    const { hop, lead } = transform;
    const first = this.#next;
    await this.#read(this.#isWhole ? this.#pieceNeeds : this.#sliceNeeds(first));
    if (this.#queue.end === 0) {
      throw new ArgumentError("The signal has no samples.", "Give at least one sample.");
    }
    const total = this.#ended ? this.#slices : Number.POSITIVE_INFINITY;
    const ready = this.#isWhole || this.#ended ? pieceSlices : this.#ready;
    const slices = Math.min(pieceSlices, ready, total - first);
    const before = Math.min(most, first);
    const after = Math.min(ahead, total - first - slices);
    const from = (first - before) * hop - lead;
    const samples = this.#spare.pop() ?? this.#room();
    this.#queue.read(from, samples);
    const all = { length: before + slices + after };
    const gains = Float32Array.from(all, (_, i) => this.#levels.gain(first - before + i));
    const alike = Uint8Array.from(all, (_, i) => (this.#levels.alike(first - before + i) ? 1 : 0));
    this.#next += slices;
    this.#levels.dropBefore(this.#next - most);
    this.#queue.dropBefore((this.#next - most) * hop - lead);
    return { id: this.#pieces++, first, slices, before, after, samples, gains, alike };
  }
}

/** Overlap-adds the pieces' stems and cuts them to the signal's length. */
class StemJoiner {
  readonly #hop: number;
  /** Samples of a piece's stems, at most. */
  readonly #length: number;
  readonly #spare: PieceStems[] = [];
  /** The last samples so far, to which the next piece adds. */
  readonly #tails: readonly Float32Array[];
  /** Position of the next sample; the first piece begins before the song. */
  #position: number;

  constructor({ transform, pieceSlices, targets }: ConductorSettings) {
    const { hop, sliceLength, lead } = transform;
    this.#hop = hop;
    this.#length = spanOf(transform, pieceSlices);
    this.#tails = Array.from({ length: 2 * targets }, () => new Float32Array(sliceLength - hop));
    this.#position = -lead;
  }

  /** Arrays for a piece's stems. */
  room(): PieceStems {
    return this.#spare.pop() ?? this.#tails.map(() => new Float32Array(this.#length));
  }

  /** Takes arrays back for a later piece. */
  recycle(stems: PieceStems): void {
    this.#spare.push(stems);
  }

  add(stems: PieceStems, slices: number, length: number | undefined): StemSamples {
    const finished = slices * this.#hop;
    const begin = Math.min(finished, Math.max(0, -this.#position));
    const end = Math.min(finished, (length ?? Number.POSITIVE_INFINITY) - this.#position);
    this.#position += finished;
    return stems.map((stem, row) => {
      const tail = this.#tails[row];
      for (let i = 0; i < tail.length; i++) stem[i] += tail[i];
      tail.set(stem.subarray(finished, finished + tail.length));
      return stem.subarray(begin, Math.max(begin, end));
    });
  }

  end(length: number | undefined): StemSamples {
    const left = Math.max(0, (length ?? 0) - this.#position);
    return this.#tails.map((tail) => tail.subarray(0, left));
  }
}
