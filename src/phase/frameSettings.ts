/** How masks of a short-time transform become complex stems (docs/mathematics.md, 7.3). */
import { ArgumentError } from "../errors.ts";
import type { PhaseSettings } from "./settings.ts";

/** Wiener filtering by expectation maximisation, as Open-Unmix and its relatives have it. */
export interface FrameEm {
  readonly method: "frame-em";
  /** 0 leaves the mixture's phase. */
  readonly iterations: number;
  /** Frames of a window, counted from the song's start, or the song as one. */
  readonly window: number | "song";
  /** ε; ρ = √ε. Of coefficients scaled to at most 10. */
  readonly epsilon: number;
  /** Whether masks are divided by their sum before. Default: not. */
  readonly softmask?: boolean;
  /**
   * A stem more, of what the others leave of the mixture: "complex", the mixture less their first estimates; "magnitude",
   * its magnitude less theirs, at least 0. Default: none.
   */
  readonly residual?: "complex" | "magnitude";
}

/** Any phase step. */
export type AnyPhase = PhaseSettings | FrameEm;

/** The settings of Open-Unmix. */
export const openUnmixEm: FrameEm = {
  method: "frame-em",
  iterations: 1,
  window: 300,
  epsilon: 1e-10,
};

/** The settings of the programs that use norbert: X-UMX. */
export const norbertEm: FrameEm = {
  method: "frame-em",
  iterations: 1,
  window: "song",
  epsilon: 2 ** -52,
};

/** Longest window, frames: all of its spectra are held at once, 200 kB a frame. */
const LONGEST_WINDOW = 3000;
const MOST_ITERATIONS = 100;

/** @throws {ArgumentError} if a setting is out of its range. */
export function checkFrameEm({ iterations, window, epsilon }: FrameEm): void {
  if (!Number.isInteger(iterations) || iterations < 0 || iterations > MOST_ITERATIONS) {
    throw new ArgumentError(
      `Iterations must be a whole number from 0 to ${MOST_ITERATIONS}, not ${iterations}.`,
    );
  }
  const fits = Number.isInteger(window) && Number(window) >= 1 && Number(window) <= LONGEST_WINDOW;
  if (window !== "song" && !fits) {
    throw new ArgumentError(
      `A window must be "song" or a whole number of frames from 1 to ${LONGEST_WINDOW}, not ${window}.`,
    );
  }
  if (!(epsilon > 0 && epsilon <= 1)) {
    throw new ArgumentError(`epsilon must be above 0 and at most 1, not ${epsilon}.`);
  }
}
