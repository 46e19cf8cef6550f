/** What is trained towards: the phase step, the losses and their weights. */
import type { Audiogram } from "../metrics/index.ts";

/** How stems get their phase while training. */
export type TrainingPhase = { readonly method: "mix" } | WienerTraining;

/** Wiener-EM while training. */
export interface WienerTraining {
  readonly method: "wiener-em";
  /** Coefficients per window; the original: 5000. */
  readonly window: number;
  /** Whether the scale c is taken over the whole batch, as in the original, or for each item alone. */
  readonly scale: "batch" | "item";
}

/** Losses and their weights. The loss is their weighted sum. */
export interface LossSettings {
  /**
   * "complex": squared errors of stems over the 14 combinations of targets. "magnitude": squared errors of mask
   * times magnitude, before the phase step (the first version's). "sdr": the signal-to-distortion ratio of every
   * stem in the transform's domain, see `losses/spectralSdr.ts`.
   */
  readonly spectral: "complex" | "magnitude" | "sdr";
  readonly spectralWeight: number;
  /** Weight of the mean of (Σ masks − 1)². */
  readonly maskSumWeight: number;
  /** Weight of the scale-dependent SDR loss of the waveforms; 0: not computed. */
  readonly sdrWeight: number;
  /** HAAQI of a few stem-channels a step; left out: not computed. */
  readonly haaqi?: HaaqiTraining;
}

/** HAAQI as a loss: who listens, and to how much. */
export interface HaaqiTraining {
  /** Weight of the mean of 1 − HAAQI. */
  readonly weight: number;
  /** Drawn from for every channel; "random": any sloping loss up to a moderately severe one. */
  readonly audiograms: readonly Audiogram[] | "random";
  /** Stem-channels a step, drawn anew each time. */
  readonly channels: number;
  /** Level of the true stem, dB SPL. */
  readonly level: number;
}

/** The original's losses; its SDR term, where it was used, had weight 10. */
export const originalLosses: LossSettings = {
  spectral: "complex",
  spectralWeight: 1,
  maskSumWeight: 1,
  sdrWeight: 0,
};

/** The original's phase step while training. */
export function originalPhase(realtime: boolean): TrainingPhase {
  return realtime ? { method: "mix" } : { method: "wiener-em", window: 5000, scale: "batch" };
}
