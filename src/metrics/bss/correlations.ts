/** Correlations of references with each other and with estimates, for the lags that distortion filters need. */
import { addConjugateProduct, Fft, type HalfSpectrum, halfSpectrum, powerOfTwo } from "../fft.ts";
import type { Pace } from "../pace.ts";

/** Samples of one channel. */
export type Samples = Float32Array | Float64Array;

/** Largest transform; the sums of all pairs must stay in the cache's reach. */
const LARGEST = 8192;

/** What the normal equations of filters with `taps` taps are made of. */
export interface Correlations {
  readonly taps: number;
  /**
   * `references[i][j][d + taps − 1]` = Σₜ sᵢ[t]·sⱼ[t+d], |d| < taps, the signals being zero outside of their samples.
   */
  readonly references: readonly (readonly Float64Array[])[];
  /** `estimates[i][e][d]` = Σₜ sᵢ[t]·ê[t+d], 0 ≤ d < taps. */
  readonly estimates: readonly (readonly Float64Array[])[];
}

/**
 * Correlations by overlapping blocks: each block of a reference is transformed with zeros after it, and times the
 * spectra of the same stretch of all signals, `taps − 1` samples longer at both ends; the products of all blocks add
 * up before one inverse transform per pair.
 * @param references channels of all references, in any order; @param estimates likewise. All equally long.
 */
export async function correlate(
  references: readonly Samples[],
  estimates: readonly Samples[],
  taps: number,
  pace: Pace,
): Promise<Correlations> {
  const samples = references[0].length;
  const margin = taps - 1;
  const n = Math.max(
    powerOfTwo(4 * margin + 2),
    Math.min(LARGEST, powerOfTwo(samples + 2 * margin)),
  );
  const step = n - 2 * margin;
  const fft = new Fft(n);
  const all = [...references, ...estimates];
  const blocks = references.map(() => halfSpectrum(n));
  const stretches = all.map(() => halfSpectrum(n));
  // Pairs of references with i ≤ j; the others are their mirror images.
  const sums = references.map((_, i) => all.map((__, j) => (j >= i ? halfSpectrum(n) : undefined)));
  for (let start = 0; start < samples; start += step) {
    inPairs(references, blocks, (a, b, A, B) => fft.forward(a, b, start, step, A, B));
    inPairs(all, stretches, (a, b, A, B) => fft.forward(a, b, start - margin, n, A, B));
    for (let i = 0; i < references.length; i++) {
      for (let j = i; j < all.length; j++) {
        const sum = sums[i][j];
        if (sum) addConjugateProduct(blocks[i], stretches[j], sum);
      }
    }
    await pace.step();
  }
  const zero = halfSpectrum(n);
  const lags = (i: number, j: number): Float64Array => {
    const sum = sums[i][j];
    // Lag d lies at d + margin, since the stretch begins `margin` samples before the block.
    if (sum) return fft.inverse(sum, zero)[0].slice(0, 2 * margin + 1);
    return lags(j, i).reverse();
  };
  return {
    taps,
    references: references.map((_, i) => references.map((__, j) => lags(i, j))),
    estimates: references.map((_, i) =>
      estimates.map((__, e) => lags(i, references.length + e).slice(margin)),
    ),
  };
}

/** Visits channels two at a time; an odd last one is paired with itself. */
function inPairs(
  signals: readonly Samples[],
  spectra: readonly HalfSpectrum[],
  visit: (a: Samples, b: Samples, A: HalfSpectrum, B: HalfSpectrum) => void,
): void {
  for (let i = 0; i < signals.length; i += 2) {
    const j = Math.min(i + 1, signals.length - 1);
    visit(signals[i], signals[j], spectra[i], spectra[j]);
  }
}
