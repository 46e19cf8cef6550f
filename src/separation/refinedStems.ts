/**
 * Leads one signal through networks that see slices, and its stems through a second filter in a short-time transform
 * (docs/mathematics.md, 8.2). Mixture and stems flow in windows of frames, which begin at the song's first: what comes out does not
 * depend on the size of pieces or the number of engines.
 */
import { follow, untilAborted } from "../abort.ts";
import { FrameJoiner, leastSamples } from "../transforms/stft/index.ts";
import { type ConductorSettings, conduct, type StemSamples } from "./conductor.ts";
import { sourceCount } from "./frameFilter.ts";
import { PieceArrays } from "./pieceArrays.ts";
import type { StereoBlock } from "./sampleQueue.ts";
import { Scratch } from "./scratch.ts";
import { SongSamples } from "./songSamples.ts";
import type { RefinedPiece, Refinement } from "./stemRefiner.ts";
import { inOrder } from "./taskQueue.ts";

export interface RefinedSettings {
  /** How stems are made that are refined: by mix phase. */
  readonly slices: ConductorSettings;
  readonly refinement: Refinement;
}

/**
 * Separates one signal as a whole.
 * @returns blocks of stems in order, together as long as the signal, the residual's last if there is one. Their arrays are
 * overwritten when the next one is asked for.
 * @throws as {@link conduct}
 */
export async function* conductRefined(
  settings: RefinedSettings,
  source: AsyncIterable<StereoBlock>,
  signal?: AbortSignal,
): AsyncGenerator<StemSamples> {
  const { slices, refinement } = settings;
  const { stft, phase } = refinement;
  const work = new AbortController();
  using _tie = follow(work, signal);
  await using scratch = new Scratch();
  const rows = 2 * sourceCount(slices.targets, phase);
  const joiner = new FrameJoiner(stft, rows);
  const arrays = new PieceArrays({ stft, width: 0, kept: 0, stems: rows });
  const flow = new StemFlow(settings, scratch, arrays, work.signal);
  const refine = (piece: RefinedWindow) =>
    slices.engines[piece.index % slices.engines.length].refine(piece);
  // Of signals that come at their own pace each window is given when it is there.
  const refined =
    slices.readAhead === Infinity
      ? inOrder(flow.windows(source), 2 * slices.engines.length, refine)
      : oneByOne(flow.windows(source), refine);
  let done = 0;
  try {
    for await (const piece of untilAborted(refined, work.signal)) {
      const block = joiner.add(piece.stems, piece.frames, flow.total, flow.transformed);
      const length = Math.min(block[0].length, flow.samples - done);
      done += length;
      yield length < block[0].length ? block.map((row) => row.subarray(0, length)) : block;
      arrays.give({ ...piece, kept: [] });
    }
  } finally {
    work.abort();
    for (const engine of slices.engines) engine.reset().catch(() => undefined);
  }
}

interface RefinedWindow extends RefinedPiece {
  readonly index: number;
}

async function* oneByOne(
  windows: AsyncIterable<RefinedWindow>,
  refine: (piece: RefinedWindow) => Promise<RefinedPiece>,
): AsyncGenerator<RefinedPiece> {
  for await (const piece of windows) yield await refine(piece);
}

/** The mixture and its stems on their way from slices to frames. */
class StemFlow {
  readonly #settings: RefinedSettings;
  readonly #arrays: PieceArrays;
  readonly #signal: AbortSignal;
  readonly #mixture: SongSamples;
  readonly #stems: readonly SongSamples[];
  /** Samples of the signal so far, and whether that is all. */
  #samples = 0;
  #ended = false;

  constructor(
    settings: RefinedSettings,
    scratch: Scratch,
    arrays: PieceArrays,
    signal: AbortSignal,
  ) {
    const { slices, refinement } = settings;
    this.#settings = settings;
    this.#arrays = arrays;
    this.#signal = signal;
    const make = () => new SongSamples(refinement.stft, scratch);
    this.#mixture = make();
    this.#stems = Array.from({ length: slices.targets }, make);
  }

  /** Frames in all, as far as is known. */
  get total(): number {
    const [first] = this.#stems;
    return first.ended ? first.frames : Number.POSITIVE_INFINITY;
  }

  /** Samples that frames are of, as far as is known. */
  get transformed(): number {
    return this.#stems[0].transformed;
  }

  /** Samples of the signal, as far as is known: short ones are transformed as if zeros followed. */
  get samples(): number {
    return this.#ended ? this.#samples : Number.POSITIVE_INFINITY;
  }

  /** Windows of frames with samples of the mixture and of its stems, in order; the last one may be shorter. */
  async *windows(source: AsyncIterable<StereoBlock>): AsyncGenerator<RefinedWindow> {
    const { slices, refinement } = this.#settings;
    const size = Number(refinement.phase.window);
    let index = 0;
    for await (const block of conduct(slices, this.#padded(source), this.#signal)) {
      for (const [j, stem] of this.#stems.entries()) {
        await stem.push([block[2 * j], block[2 * j + 1]]);
      }
      while (this.#stems[0].frames >= (index + 1) * size) yield this.#cut(index++, size, size);
    }
    for (const song of [this.#mixture, ...this.#stems]) song.end();
    // There are always frames left, whose samples come from the song's end mirrored.
    for (; index * size < this.total; index++) {
      yield this.#cut(index, Math.min(size, this.total - index * size), size);
    }
  }

  /** The signal as it is given to the networks, zeros after it where it is shorter than they and the transform need. */
  async *#padded(source: AsyncIterable<StereoBlock>): AsyncGenerator<StereoBlock> {
    const { slices, refinement } = this.#settings;
    for await (const block of source) {
      this.#samples += block[0].length;
      await this.#mixture.push(block);
      yield block;
    }
    this.#ended = true;
    const ofSlices = (slices.leastSlices - 2) * slices.transform.hop + 1;
    const missing = Math.max(ofSlices, leastSamples(refinement.stft)) - this.#samples;
    if (this.#samples === 0 || missing <= 0) return;
    const zeros: StereoBlock = [new Float32Array(missing), new Float32Array(missing)];
    await this.#mixture.push(zeros);
    yield zeros;
  }

  async #cut(index: number, frames: number, size: number): Promise<RefinedWindow> {
    const { samples, stems } = this.#arrays.take(size);
    const first = index * size;
    await this.#mixture.piece(first, frames, samples);
    for (const [j, stem] of this.#stems.entries()) {
      await stem.piece(first, frames, [stems[2 * j], stems[2 * j + 1]]);
    }
    for (const song of [this.#mixture, ...this.#stems]) song.forgetBefore(first + frames);
    return { index, frames, samples, stems };
  }
}
