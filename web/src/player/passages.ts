/** The order in which a song's frames are played: on and on, or round a loop without a seam that can be heard. */

/** A region that is played again and again: frames, the end is not part of it. */
export interface Loop {
  readonly start: number;
  readonly end: number;
}

/** Frames that are played one after the other. */
export interface Passage {
  readonly start: number;
  readonly frames: number;
  /** Where it goes on; undefined at the song's end. */
  readonly next: number | undefined;
}

/**
 * The passage that begins at a place.
 * @param position 0 to `length`
 * @param length frames of the song
 * @param most frames of a passage
 */
export function passageAt(
  position: number,
  length: number,
  loop: Loop | undefined,
  most: number,
): Passage {
  if (loop && position < loop.end) {
    const end = Math.min(position + most, loop.end);
    return { start: position, frames: end - position, next: end === loop.end ? loop.start : end };
  }
  const end = Math.min(position + most, length);
  return {
    start: position,
    frames: Math.max(0, end - position),
    next: end >= length ? undefined : end,
  };
}

/** Part of a passage that fades into what leads to the loop's start, so that the jump back is heard as no jump. */
export interface Seam {
  /** The first frame of the passage that fades. */
  readonly at: number;
  /** The frame of the song, perhaps before its beginning, that is faded in there. */
  readonly from: number;
  readonly frames: number;
  /** Frames of the fade before `at`. */
  readonly done: number;
}

/** The seam within a passage, of a fade that lasts `fade` frames; undefined if there is none. */
export function seamOf(
  { start, frames }: Passage,
  loop: Loop | undefined,
  fade: number,
): Seam | undefined {
  if (!loop || start >= loop.end) return undefined;
  const length = fadeWithin(loop, fade);
  const begin = Math.max(start, loop.end - length);
  const end = Math.min(start + frames, loop.end);
  if (end <= begin) return undefined;
  return {
    at: begin - start,
    from: begin - (loop.end - loop.start),
    frames: end - begin,
    done: begin - (loop.end - length),
  };
}

/** Fades samples of a passage into those before the loop's start. */
export function blendSeam(
  passage: Float32Array,
  lead: Float32Array,
  { at, frames, done }: Seam,
  loop: Loop,
  fade: number,
): void {
  const parts = fadeWithin(loop, fade) + 1;
  for (let i = 0; i < frames; i++) {
    const weight = (done + i + 1) / parts;
    passage[at + i] += weight * (lead[i] - passage[at + i]);
  }
}

/** A fade lasts half of a loop at most. */
function fadeWithin({ start, end }: Loop, fade: number): number {
  return Math.min(fade, Math.floor((end - start) / 2));
}
