/** Estimates brought to their references' length, as museval does it, and said. */
import type { SongStems, Stereo } from "../datasets/index.ts";
import { perTarget, targets } from "../networks/index.ts";

/** Estimates of the references' length, and in words what was done to them. */
export interface FittedEstimates {
  readonly estimates: SongStems;
  readonly notes: readonly string[];
}

/**
 * Cuts what is too long and pads what is too short with silence, at the end.
 * @param length samples of the references.
 */
export function fitLength(stems: SongStems, length: number): FittedEstimates {
  const notes = targets.flatMap((target) => {
    const own = stems[target][0].length;
    if (own === length) return [];
    return [
      own > length
        ? `the estimate of ${target} is ${own - length} samples longer than the reference and was cut`
        : `the estimate of ${target} is ${length - own} samples shorter than the reference and was padded with silence`,
    ];
  });
  const brought = ([left, right]: Stereo): Stereo => [fitted(left, length), fitted(right, length)];
  const estimates = notes.length === 0 ? stems : perTarget((target) => brought(stems[target]));
  return { estimates, notes };
}

function fitted(samples: Float32Array, length: number): Float32Array {
  if (samples.length >= length) return samples.subarray(0, length);
  const out = new Float32Array(length);
  out.set(samples);
  return out;
}
