/** Which part of a song comes out, and how much around it is separated with it. */
import { ArgumentError } from "../errors.ts";

/** A part of a song, in seconds. */
export interface Part {
  /** Where it begins; 0 by default. */
  readonly start?: number;
  /** How long it is, or less if the song ends before; by default the rest of the song. */
  readonly duration?: number;
}

/** A part in frames at the song's rate, and what is separated for its sake. */
export interface PartFrames {
  readonly from: number;
  /** Infinity: to the end. */
  readonly to: number;
  readonly separatedFrom: number;
  readonly separatedTo: number;
}

/** Where a model's slices or frames begin. */
export interface SliceGrid {
  /** Samples from one to the next. */
  readonly hop: number;
  /** Of these samples, Hz. */
  readonly sampleRate: number;
}

/** Music before and after the part that is separated with it, seconds: more than masks and transform look around. */
const CONTEXT = 3;

/**
 * Turns a part into frames. The separated stretch begins where a slice of the whole song would begin, at a sample of
 * both rates, so that with mix phase the part's stems are those of the whole song. (Wiener windows are counted from
 * the beginning of what is separated.)
 *
 * @param sampleRate of the song, Hz.
 * @param grid of the model's slices.
 * @throws {ArgumentError} for times that are not finite, negative, or a part shorter than a frame.
 */
export function partFrames(part: Part, sampleRate: number, grid: SliceGrid): PartFrames {
  const { start = 0, duration } = part;
  if (!Number.isFinite(start) || start < 0) {
    throw new ArgumentError(`A part of a song cannot start at ${start} s.`, "Give 0 s or more.");
  }
  const from = Math.round(start * sampleRate);
  const to =
    duration === undefined ? Number.POSITIVE_INFINITY : from + Math.round(duration * sampleRate);
  if (!(to > from) || (duration !== undefined && !Number.isFinite(duration))) {
    throw new ArgumentError(
      `A part of a song cannot last ${duration} s.`,
      "Give at least the length of one sample.",
    );
  }
  const context = CONTEXT * sampleRate;
  const step = alignedFrames(sampleRate, grid);
  return {
    from,
    to,
    separatedFrom: Math.floor(Math.max(0, from - context) / step) * step,
    separatedTo: to + context,
  };
}

/** Fewest frames that last a whole number of slices. */
function alignedFrames(sampleRate: number, { hop, sampleRate: rate }: SliceGrid): number {
  // k·hop samples at the model's rate are k·hop·sampleRate/rate frames: the smallest k that makes them whole.
  const slices = rate / greatestDivisor(hop * sampleRate, rate);
  return (slices * hop * sampleRate) / rate;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
