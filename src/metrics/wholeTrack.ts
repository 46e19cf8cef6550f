/** Scores of whole tracks: one number for all samples and channels. */
import { decibels, type Source } from "./bss/criteria.ts";
import { requireSameShape } from "./sameShape.ts";

/**
 * Global SDR ("uSDR" of the MDX and SDX challenges): 10·log10(Σs² / Σ(s−ŝ)²), sums over all samples and channels.
 * @returns dB; NaN for a silent reference, whose SDR means nothing; Infinity for a perfect estimate.
 * @throws ArgumentError if the shapes differ.
 */
export function globalSdr(reference: Source, estimate: Source): number {
  const { reference: power, error } = energies(reference, estimate, 1);
  return power === 0 ? Number.NaN : decibels(power, error);
}

/**
 * Scale-invariant SDR (Le Roux and others 2019): as {@link globalSdr} against α·s with α = ⟨ŝ,s⟩/⟨s,s⟩. One α for all
 * channels; the mean is not removed.
 * @returns dB; NaN for a silent reference or estimate.
 * @throws ArgumentError if the shapes differ.
 */
export function siSdr(reference: Source, estimate: Source): number {
  const { reference: power, estimate: own, product } = energies(reference, estimate, 1);
  if (power === 0 || own === 0) return Number.NaN;
  const alpha = product / power;
  const { error } = energies(reference, estimate, alpha);
  return decibels(alpha * alpha * power, error);
}

/** Sums over all channels; `error` is Σ(α·s−ŝ)². */
function energies(reference: Source, estimate: Source, alpha: number) {
  requireSameShape(reference, estimate);
  const sums = { reference: 0, estimate: 0, product: 0, error: 0 };
  reference.forEach((s, c) => {
    const e = estimate[c];
    for (let i = 0; i < s.length; i++) {
      sums.reference += s[i] * s[i];
      sums.estimate += e[i] * e[i];
      sums.product += s[i] * e[i];
      sums.error += (alpha * s[i] - e[i]) ** 2;
    }
  });
  return sums;
}
