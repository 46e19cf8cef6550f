/** Learning rates over time, as pure functions. */

/** A rate that rises in a line over `warmUp` steps, then falls along a half cosine to `least` at step `total`. */
export interface WarmUpCosine {
  readonly peak: number;
  readonly least: number;
  readonly warmUp: number;
  readonly total: number;
}

/** Learning rate of step 0, 1, 2, …; `least` from `total` on. */
export function warmUpCosine({ peak, least, warmUp, total }: WarmUpCosine, step: number): number {
  if (step < warmUp) return (peak * (step + 1)) / warmUp;
  const progress = total > warmUp ? Math.min(1, (step - warmUp) / (total - warmUp)) : 1;
  return least + (peak - least) * (0.5 + 0.5 * Math.cos(Math.PI * progress));
}

/** Lowers the rate when the loss has stopped falling (PyTorch's ReduceLROnPlateau, mode "min"). */
export interface PlateauSettings {
  /** Multiplies the rate. */
  readonly factor: number;
  /** Epochs without improvement that are borne. */
  readonly patience: number;
  /** Epochs after a reduction that are not counted. */
  readonly cooldown: number;
  /** Relative improvement that counts. */
  readonly threshold: number;
  /** The rate is not lowered further than this. */
  readonly least: number;
}

/** The original's settings. */
export const originalPlateau: PlateauSettings = {
  factor: 0.3,
  patience: 80,
  cooldown: 10,
  threshold: 1e-4,
  least: 0,
};

/** Where a plateau schedule is. */
export interface PlateauState {
  readonly rate: number;
  readonly best: number;
  readonly badEpochs: number;
  readonly cooldownLeft: number;
}

/** The beginning of a plateau schedule. */
export function plateauStart(rate: number): PlateauState {
  return { rate, best: Number.POSITIVE_INFINITY, badEpochs: 0, cooldownLeft: 0 };
}

/** The state after an epoch of this loss. */
export function plateauStep(
  { factor, patience, cooldown, threshold, least }: PlateauSettings,
  state: PlateauState,
  loss: number,
): PlateauState {
  const better = loss < state.best * (1 - threshold);
  const best = better ? loss : state.best;
  const cooling = state.cooldownLeft > 0;
  const badEpochs = better || cooling ? 0 : state.badEpochs + 1;
  const cooldownLeft = cooling ? state.cooldownLeft - 1 : 0;
  if (badEpochs <= patience) return { rate: state.rate, best, badEpochs, cooldownLeft };
  const lowered = Math.max(state.rate * factor, least);
  // PyTorch does not bother with changes below 1e-8.
  const rate = state.rate - lowered > 1e-8 ? lowered : state.rate;
  return { rate, best, badEpochs: 0, cooldownLeft: cooldown };
}
