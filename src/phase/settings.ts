/** How masks become complex stems. */
import { ArgumentError } from "../errors.ts";

/** The phase of the mixture for every stem (docs/mathematics.md, 3.1). */
export interface MixPhase {
  readonly method: "mix";
  /** Whether masks are divided by their sum over the targets, so that the stems sum to the mixture. Default: not. */
  readonly normalised?: boolean;
}

/** One iteration of Wiener-EM per block and window (docs/mathematics.md, 3.2). */
export interface WienerEm {
  readonly method: "wiener-em";
  /**
   * Window length, counted from the song's start: coefficients of a block, so that blocks have windows of different
   * durations (the original: 5000), or slices, the same duration for all.
   */
  readonly window: WienerWindow;
  readonly regularisation: Regularisation;
}

/** Length of a Wiener window: coefficients of a block, or slices; see {@link WienerEm}. */
export type WienerWindow = number | { readonly slices: number };

/** Whether the stems are to sum to the mixture, and masks are to be prepared for it. */
export function isComplete(settings: PhaseSettings): boolean {
  return settings.method === "mix"
    ? settings.normalised === true
    : settings.regularisation.kind === "relative";
}

/** Length of a window in coefficients of a block with `coefs` per slice. */
export function windowLength(window: WienerWindow, coefs: number): number {
  return typeof window === "number" ? window : window.slices * coefs;
}

/**
 * What keeps the mix covariance invertible. "fixed" is the original's ρ = √ε of coefficients scaled to at most 10,
 * which attenuates quiet passages; "relative" is `amount` times the window's mean power per coefficient.
 */
export type Regularisation =
  | FixedRegularisation
  | { readonly kind: "relative"; readonly amount: number };

/** The originals' regularisation. */
export interface FixedRegularisation {
  readonly kind: "fixed";
  /** ε; default that of float32, 2⁻²³. */
  readonly epsilon?: number;
  /** Whether all blocks of a window are scaled alike, and not each alone (the default); windows are then so many slices. */
  readonly shared?: boolean;
}

/** A phase step: the mixture's phase, or Wiener-EM. */
export type PhaseSettings = MixPhase | WienerEm;

/** Mix phase as the original has it: masks are not divided by their sum. */
export const mixPhase: MixPhase = { method: "mix" };

/** Wiener-EM with the original's settings. */
export const originalWienerEm: WienerEm = {
  method: "wiener-em",
  window: 5000,
  regularisation: { kind: "fixed" },
};

/**
 * Version 1's Wiener-EM of sliCQ coefficients. Its windows are its hard chunks, of 2621440 samples; here they are as long, and
 * the song is whole.
 */
export const firstWienerEm: WienerEm = {
  method: "wiener-em",
  window: { slices: 290 },
  regularisation: { kind: "fixed", epsilon: 1e-10, shared: true },
};

/** Seconds of a window of {@link completePhase}. */
const WINDOW_SECONDS = 10;

/**
 * The phase step of models trained here: the stems sum to the mixture, beyond 100 dB, however soft it is.
 *
 * @param method by which the model was trained
 * @param sliceSeconds time between slices
 */
export function completePhase(
  method: PhaseSettings["method"],
  sliceSeconds: number,
): PhaseSettings {
  if (method === "mix") return { method, normalised: true };
  return {
    method: "wiener-em",
    window: { slices: Math.max(1, Math.round(WINDOW_SECONDS / sliceSeconds)) },
    regularisation: { kind: "relative", amount: 1e-12 },
  };
}

/**
 * Longest windows. Slices are held until all windows that they touch are complete, at 0.4 MB each; the shortest blocks
 * have 16 coefficients a slice, so so many coefficients come to 1000 slices, three minutes and 400 MB. Trainings of small
 * transforms have windows of more slices than that: as many as a batch has.
 */
const LONGEST = { coefficients: 16_000, slices: 2000 } as const;

/** @throws {ArgumentError} if a setting is out of its range. */
export function checkPhase(settings: PhaseSettings): void {
  if (settings.method === "mix") return;
  const { window, regularisation } = settings;
  const unit = typeof window === "number" ? "coefficients" : "slices";
  const length = typeof window === "number" ? window : window.slices;
  const most = LONGEST[unit];
  if (!Number.isInteger(length) || length < 1 || length > most) {
    throw new ArgumentError(
      `A Wiener window must be a whole number of ${unit} from 1 to ${most}, not ${length}.`,
    );
  }
  if (regularisation.kind === "fixed") {
    const { epsilon = 1, shared = false } = regularisation;
    if (!(epsilon > 0 && epsilon <= 1)) {
      throw new ArgumentError(`epsilon must be above 0 and at most 1, not ${epsilon}.`);
    }
    if (shared && unit === "coefficients") {
      throw new ArgumentError(
        "Blocks that are scaled alike need windows of the same duration.",
        'Give the window in slices, e.g. "290slices".',
      );
    }
    return;
  }
  const { amount } = regularisation;
  if (!(amount > 0 && amount <= 1)) {
    throw new ArgumentError(
      `A relative regularisation must be above 0 and at most 1, not ${amount}.`,
      "1e-6 is a good start.",
    );
  }
}
