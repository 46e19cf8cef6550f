/**
 * Leads one signal through the engines of a network whose recurrent layers see all of it (docs/mathematics.md, 7.4).
 *
 * Only what these layers read and give spans the song: a row of numbers for each frame, in scratch files as the samples are. All
 * else flows in pieces, of which engines have few in hand: first the encoders, as the signal comes; then the recurrent layers,
 * which hand their state from piece to piece; then decoders, expectation maximisation and inverse transforms. What comes out does
 * not depend on the size of pieces or the number of engines.
 *
 * With a bounded context the song is led through in stretches, one after the other, and nothing spans it.
 */
/**
 * Leads one signal through the engines of a network whose recurrent layers see all of it (docs/mathematics.md, 7.4).
 *
 * Only what these layers read and give spans the song: a row of numbers for each frame, in scratch files as the samples are. All
 * else flows in pieces, of which engines have few in hand: first the encoders, as the signal comes; then the recurrent layers,
 * which hand their state from piece to piece; then decoders, expectation maximisation and inverse transforms. What comes out does
 * not depend on the size of pieces or the number of engines.
 */
import { follow, untilAborted } from "../abort.ts";
import { ArgumentError } from "../errors.ts";
import type { SongNetworkFacts } from "../networks/index.ts";
import type { FrameEm } from "../phase/index.ts";
import { FrameJoiner } from "../transforms/stft/index.ts";
import type { StemSamples } from "./conductor.ts";
import { sourceCount } from "./frameFilter.ts";
import { PieceArrays } from "./pieceArrays.ts";
import type { StereoBlock } from "./sampleQueue.ts";
import { type OpenDisk, Scratch } from "./scratch.ts";
import type { SongEngine } from "./songPiece.ts";
import { EarlyProgress, type EarlyWork } from "./songProgress.ts";
import { SongSamples } from "./songSamples.ts";
import { type SongParts, SongStretch, type StretchSettings } from "./songStretch.ts";

export interface SongConductorSettings {
  readonly network: SongNetworkFacts;
  readonly phase: FrameEm;
  readonly engines: readonly SongEngine[];
  /** Where what spans long songs lies; left out in memory. */
  readonly openDisk?: OpenDisk | undefined;
  /** Frames of a piece; about six seconds by default. */
  readonly pieceFrames?: number;
  /**
   * Frames that the recurrent layers see before and after those whose stems are wanted; left out, all of the song. Then windows of
   * expectation maximisation are no longer than what is separated at once.
   */
  readonly contextFrames?: number | undefined;
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
  const { network, phase, engines, openDisk, contextFrames } = settings;
  const { pieceFrames = usualFrames(phase) } = settings;
  const { recurrence, targets, stft } = network;
  // Ends the chains of tasks that are under way, too, when one fails or nobody wants the stems any more.
  const work = new AbortController();
  using _tie = follow(work, signal);
  await using scratch = new Scratch(openDisk);
  const stems = 2 * sourceCount(targets.length, phase);
  const kept = recurrence.bridged ? 2 : targets.length;
  const isMeasured = phase.window === "song" && phase.iterations > 0;
  const song: SongParts = {
    samples: new SongSamples(stft, scratch),
    scratch,
    arrays: new PieceArrays({ stft, width: recurrence.width, kept, stems }),
    joiner: new FrameJoiner(stft, stems),
    progress: new EarlyProgress(isMeasured, contextFrames === undefined ? early : undefined),
    signal: work.signal,
  };
  const parts = { network, phase, engines, pieceFrames };
  const blocks = untilAborted(source, work.signal);
  try {
    const given =
      contextFrames === undefined
        ? wholeStems(parts, song, blocks)
        : stretchStems(parts, song, blocks, contextFrames);
    let done = 0;
    for await (const block of given) {
      const { samples } = song;
      const left = samples.ended ? samples.samples - done : block[0].length;
      const length = Math.min(left, block[0].length);
      done += length;
      yield length < block[0].length ? block.map((row) => row.subarray(0, length)) : block;
    }
  } finally {
    await blocks.return();
    work.abort();
    for (const engine of engines) engine.reset().catch(() => undefined);
  }
}

/** The song as one stretch. */
async function* wholeStems(
  settings: StretchSettings,
  song: SongParts,
  blocks: AsyncGenerator<StereoBlock>,
): AsyncGenerator<StemSamples> {
  const stretch = new SongStretch(settings, song, 0);
  await stretch.encode(framesOf(song, blocks));
  const core = { first: 0, end: song.samples.frames };
  await stretch.recur();
  const models = await stretch.models(core);
  yield* stretch.stems(models, core, song.samples.frames);
}

/** The song in stretches, each as if there were nothing beyond its context. */
async function* stretchStems(
  settings: StretchSettings,
  song: SongParts,
  blocks: AsyncGenerator<StereoBlock>,
  context: number,
): AsyncGenerator<StemSamples> {
  const { samples } = song;
  const size = stretchFrames(settings.phase, context);
  const more = framesOf(song, blocks);
  for (let first = 0; ; first += size) {
    while (!samples.ended && samples.frames < first + size + context) await more.next();
    // Where it ends is known later than that there are frames, so that the last of them always come last.
    if (first > 0 && first >= samples.frames) return;
    const total = samples.ended ? samples.frames : Number.POSITIVE_INFINITY;
    const offset = Math.max(0, first - context);
    const end = Math.min(samples.frames, first + size);
    const core = { first: first - offset, end: end - offset };
    const stretch = new SongStretch(settings, song, offset);
    await stretch.encode([Math.min(samples.frames, first + size + context)]);
    await stretch.recur();
    const models = await stretch.models(core);
    yield* stretch.stems(models, core, total);
    await stretch.close();
    if (!samples.ended) samples.forgetBefore(first + size - context);
  }
}

/** Frames of a stretch without its context: whole windows, at least twice as many as the context on a side. */
function stretchFrames({ window }: FrameEm, context: number): number {
  const unit = window === "song" ? PIECE_FRAMES : window;
  return unit * Math.max(1, Math.ceil(Math.max(PIECE_FRAMES, 2 * context) / unit));
}

/**
 * Takes the signal in.
 * @returns how many frames are there, each time that there are more
 * @throws {ArgumentError} if it has no samples
 */
async function* framesOf(
  { samples, progress }: SongParts,
  blocks: AsyncGenerator<StereoBlock>,
): AsyncGenerator<number> {
  for await (const block of blocks) {
    await samples.push(block);
    progress.encoded(samples.samples);
    yield samples.frames;
  }
  if (samples.samples === 0) {
    throw new ArgumentError("The signal has no samples.", "Give at least one sample.");
  }
  samples.end();
  yield samples.frames;
}
