/** Samples within ±1. */

/** The same block, or a copy in which samples beyond ±1 are cut off. */
export function withinFullScale(block: readonly Float32Array[]): readonly Float32Array[] {
  return block.map((samples) => {
    if (samples.every((sample) => sample >= -1 && sample <= 1)) return samples;
    return samples.map((sample) => Math.max(-1, Math.min(1, sample)));
  });
}
