/** How masks become complex stems. */
import { ArgumentError } from "../errors.ts";

/** The phase of the mixture for every stem (model section 3.1). */
export interface MixPhase {
  readonly method: "mix";
}

/** One iteration of Wiener-EM per block and window (model section 3.2). */
export interface WienerEm {
  readonly method: "wiener-em";
  /** Window length in coefficients of a block, counted from the song's start. The original: 5000. */
  readonly window: number;
  readonly regularisation: Regularisation;
}

/**
 * What keeps the mix covariance invertible. "fixed" is the original's ρ = √ε of coefficients scaled to at most 10,
 * which attenuates quiet passages; "relative" is `amount` times the window's mean power per coefficient.
 */
export type Regularisation =
  | { readonly kind: "fixed" }
  | { readonly kind: "relative"; readonly amount: number };

export type PhaseSettings = MixPhase | WienerEm;

export const mixPhase: MixPhase = { method: "mix" };

/** Wiener-EM with the original's settings. */
export const originalWienerEm: WienerEm = {
  method: "wiener-em",
  window: 5000,
  regularisation: { kind: "fixed" },
};

/** @throws {ArgumentError} if a setting is out of its range. */
export function checkPhase(settings: PhaseSettings): void {
  if (settings.method === "mix") return;
  const { window, regularisation } = settings;
  if (!Number.isInteger(window) || window < 1 || window > 1e8) {
    throw new ArgumentError(
      `A Wiener window must be a whole number of coefficients from 1 to 1e8, not ${window}.`,
    );
  }
  if (regularisation.kind === "relative" && !(regularisation.amount > 0)) {
    throw new ArgumentError(
      `A relative regularisation must be above 0, not ${regularisation.amount}.`,
      "1e-6 is a good start.",
    );
  }
}
