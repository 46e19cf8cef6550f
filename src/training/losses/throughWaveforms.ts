/** Losses of waveforms: what stands outside of the graphs, between the stems and the gradients by them. */
import {
  type Coefficients,
  inverse,
  inverseAdjoint,
  type SliCQTPlan,
} from "../../transforms/slicqt/index.ts";
import type { WaveformLoss } from "./loss.ts";

/** What losses of waveforms give. */
export interface WaveformResult {
  /** Values without their weights. */
  readonly parts: Readonly<Record<string, number>>;
  /** Gradient of the weighted sum by the stems' coefficients. */
  readonly gradient: Coefficients;
}

/**
 * Weighted losses of stems given as coefficients, through the inverse transform and back through its adjoint
 * (docs/mathematics.md, 1.8).
 *
 * @param draw the batch's random number, for losses that draw
 */
export function throughWaveforms(
  plan: SliCQTPlan,
  stems: Coefficients,
  references: readonly Float32Array[],
  losses: readonly WaveformLoss[],
  draw: number,
): WaveformResult {
  const estimates = inverse(plan, stems, references[0].length);
  const sum = estimates.map((samples) => new Float32Array(samples.length));
  const parts: Record<string, number> = {};
  for (const one of losses) {
    const { name, weight } = one;
    const { loss, gradient } = one.compute(estimates, references, draw);
    parts[name] = loss;
    for (const [c, own] of gradient.entries()) {
      for (let i = 0; i < own.length; i++) sum[c][i] += weight * own[i];
    }
  }
  return { parts, gradient: inverseAdjoint(plan, sum) };
}
