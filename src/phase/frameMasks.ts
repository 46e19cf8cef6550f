/**
 * First estimates of all sources from the masks of a network: each is a mask on the mixture, since its magnitude is one on
 * the mixture's magnitude and its phase the mixture's.
 */
import type { FrameEm } from "./frameSettings.ts";

/**
 * Masks of all sources, the residual last if there is one: for each [frames, 2, bins].
 *
 * @param masks of the network's targets, each [frames, channels, bins]. One channel's are on the mean magnitude of both, and the
 * product is both channels' magnitude
 * @param spectra frames of re and im of the left channel, then of the right; of a silent channel beside one that is not
 * they get a trace, for one channel's masks to be on
 * @param sources take the masks; the targets' may be `masks` themselves if these are of two channels
 */
export function sourceMasks(
  masks: readonly Float32Array[],
  spectra: Float32Array,
  frames: number,
  { softmask = false, residual, epsilon }: FrameEm,
  sources: readonly Float32Array[],
): void {
  const size = (spectra.length / 4 / frames) * 2;
  const isMono = masks[0].length < frames * size;
  const targets = sources.slice(0, masks.length);
  const [rest] = sources.slice(masks.length);
  if (isMono) inStereo(masks, spectra, frames, size, targets);
  else for (const [j, mask] of masks.entries()) if (mask !== targets[j]) targets[j].set(mask);
  if (residual === "magnitude") leftOver(targets, rest, true);
  if (softmask) {
    const divided = residual === "magnitude" ? sources : targets;
    divideBySum(divided, spectra, frames, size / 2, epsilon);
  }
  if (residual === "complex") leftOver(targets, rest, false);
}

/** Stands in for a coefficient of 0, so that a magnitude estimated there still counts, with phase 0 as in the original. */
const TRACE = 1e-15;

/** Masks on both channels that give them the magnitudes of one channel's masks on their mean magnitude. */
function inStereo(
  masks: readonly Float32Array[],
  spectra: Float32Array,
  frames: number,
  size: number,
  sources: readonly Float32Array[],
): void {
  const bins = size / 2;
  for (let frame = 0; frame < frames; frame++) {
    for (let bin = 0; bin < bins; bin++) {
      const at = frame * 4 * bins + bin;
      const to = frame * size + bin;
      let left = Math.hypot(spectra[at], spectra[at + bins]);
      let right = Math.hypot(spectra[at + 2 * bins], spectra[at + 3 * bins]);
      const mean = (left + right) / 2;
      if (mean === 0) {
        for (const source of sources) source[to] = source[to + bins] = 0;
        continue;
      }
      if (left === 0) left = spectra[at] = TRACE;
      if (right === 0) right = spectra[at + 2 * bins] = TRACE;
      for (const [j, source] of sources.entries()) {
        const magnitude = masks[j][frame * bins + bin] * mean;
        source[to] = magnitude / left;
        source[to + bins] = magnitude / right;
      }
    }
  }
}

/** One less the sum of all. */
function leftOver(targets: readonly Float32Array[], rest: Float32Array, isPositive: boolean): void {
  for (let i = 0; i < rest.length; i++) {
    let left = 1;
    for (const target of targets) left -= target[i];
    rest[i] = isPositive ? Math.max(0, left) : left;
  }
}

/** Divides magnitudes by ε and their sum: V/(ε + ΣV) = m·|x|/(ε + |x|·Σm). */
function divideBySum(
  sources: readonly Float32Array[],
  spectra: Float32Array,
  frames: number,
  bins: number,
  epsilon: number,
): void {
  let i = 0;
  for (let row = 0; row < 2 * frames; row++) {
    let at = row * 2 * bins;
    for (const end = i + bins; i < end; i++, at++) {
      const abs = Math.hypot(spectra[at], spectra[at + bins]);
      let sum = 0;
      for (const source of sources) sum += source[i];
      const scale = abs / (epsilon + abs * sum);
      for (const source of sources) source[i] *= scale;
    }
  }
}
