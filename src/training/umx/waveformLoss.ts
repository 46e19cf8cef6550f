/** X-UMX's loss of waveforms by the masks: through the inverse transform with the mixture's phase, and back. */
import { binCount } from "../../transforms/stft/index.ts";
import type { Spectra } from "./spectra.ts";
import { type BatchWaves, rowsOfItem } from "./spectraBatch.ts";
import type { WeightedSdr } from "./weightedSdr.ts";

/**
 * Mean over items and channels of the weighted SDR.
 *
 * @param masks of each target, [rows, 2·bins]
 * @param gradients to which the gradients by the masks are added, times `weight`; undefined: they are not wanted
 */
export function waveformLoss(
  { spectra, sdr }: { readonly spectra: Spectra; readonly sdr: WeightedSdr },
  items: number,
  waves: BatchWaves,
  masks: readonly Float32Array[],
  weight: number,
  gradients?: readonly Float32Array[],
): number {
  const bins = binCount(spectra.settings);
  const share = 1 / (2 * items);
  let loss = 0;
  for (let item = 0; item < items; item++) {
    const place = { items, item };
    const mixture = rowsOfItem(waves.mixture, { ...place, width: 4 * bins });
    const estimates = masks.map((mask) => {
      const own = rowsOfItem(mask, { ...place, width: 2 * bins });
      return spectra.synthesise(masked(mixture, own, bins));
    });
    const back = gradients && estimates.map((stem) => stem.map((c) => new Float32Array(c.length)));
    for (const channel of [0, 1]) {
      const stems = estimates.map((stem) => stem[channel]);
      const truths = masks.map((_, j) => waves.stems[2 * (item * masks.length + j) + channel]);
      const into = back?.map((stem) => stem[channel]);
      loss += share * sdr.compute(stems, truths, weight * share, into);
    }
    if (!gradients || !back) continue;
    for (const [j, gradient] of gradients.entries()) {
      addByMasks(mixture, spectra.synthesiseBack(back[j]), gradient, { ...place, bins });
    }
  }
  return loss;
}

/** Spectra of an item, times masks. */
function masked(mixture: Float32Array, mask: Float32Array, bins: number): Float32Array {
  const out = new Float32Array(mixture.length);
  for (let from = 0, at = 0; at < mask.length; at += bins, from += 2 * bins) {
    for (let bin = 0; bin < bins; bin++) {
      out[from + bin] = mixture[from + bin] * mask[at + bin];
      out[from + bins + bin] = mixture[from + bins + bin] * mask[at + bin];
    }
  }
  return out;
}

/** Adds an item's Re(X*·∂) to the gradient by the masks. */
function addByMasks(
  mixture: Float32Array,
  bySpectra: Float32Array,
  gradient: Float32Array,
  { items, item, bins }: { readonly items: number; readonly item: number; readonly bins: number },
): void {
  for (let from = 0, row = item; from < mixture.length; from += 4 * bins, row += items) {
    for (let channel = 0; channel < 2; channel++) {
      const re = from + channel * 2 * bins;
      const im = re + bins;
      const to = (2 * row + channel) * bins;
      for (let bin = 0; bin < bins; bin++) {
        gradient[to + bin] +=
          mixture[re + bin] * bySpectra[re + bin] + mixture[im + bin] * bySpectra[im + bin];
      }
    }
  }
}
