/** From settings to losses, and to what these ask of a step. */
import { targets } from "../../networks/index.ts";
import type { LossSettings, TrainingPhase, WienerTraining } from "../settings.ts";
import { combinedWeights } from "./combinations.ts";
import { haaqiOfWaveforms } from "./haaqiLoss.ts";
import type { ErrorLoss, Loss, MaskLoss, WaveformLoss } from "./loss.ts";
import { maskSum } from "./maskSum.ts";
import { spectralSdr } from "./spectralSdr.ts";
import { sdrOfWaveforms } from "./waveformSdr.ts";

/** The losses of a training and how they are computed. */
export interface LossPlan {
  readonly masks: readonly MaskLoss[];
  readonly errors: ErrorLoss;
  readonly waveforms: readonly WaveformLoss[];
  /** All of them. */
  readonly all: readonly Loss[];
  /** Wiener-EM, where a loss stands after it: then graphs end at the masks. */
  readonly wiener: WienerTraining | undefined;
  /** Whether graphs have the squared errors; else they come after Wiener-EM. */
  readonly errorsInGraph: boolean;
}

/** How errors count, by the name that settings have for it. */
const errorLosses = {
  complex: { of: "stems", weighting: { kind: "fixed", weights: combinedWeights } },
  magnitude: {
    of: "magnitudes",
    weighting: {
      kind: "fixed",
      weights: (positions: number) => ({ each: 1 / (targets.length * positions), joint: 0 }),
    },
  },
  sdr: { of: "stems", weighting: { kind: "adaptive", measure: spectralSdr } },
} as const satisfies Record<LossSettings["spectral"], Pick<ErrorLoss, "of" | "weighting">>;

/** A new loss is a line here, and its weight one in the settings. */
export function lossPlan({
  phase,
  losses,
}: {
  readonly phase: TrainingPhase;
  readonly losses: LossSettings;
}): LossPlan {
  const { spectral, spectralWeight, maskSumWeight, sdrWeight, haaqi } = losses;
  const errors: ErrorLoss = {
    needs: "errors",
    name: "spectral",
    weight: spectralWeight,
    ...errorLosses[spectral],
  };
  const masks = [maskSum(maskSumWeight)];
  const waveforms = [
    ...(sdrWeight === 0 ? [] : [sdrOfWaveforms(sdrWeight)]),
    ...(haaqi ? [haaqiOfWaveforms(haaqi)] : []),
  ];
  const afterPhase = errors.of === "stems" || waveforms.length > 0;
  const wiener = phase.method === "wiener-em" && afterPhase ? phase : undefined;
  return {
    masks,
    errors,
    waveforms,
    all: [errors, ...masks, ...waveforms],
    wiener,
    errorsInGraph: errors.of === "magnitudes" || !wiener,
  };
}
