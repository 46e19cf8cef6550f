/** Two channels of a source while an item is made. */

/** Left and right, equally long, at 44.1 kHz. */
export type StereoSamples = readonly [Float32Array, Float32Array];

/** A function of one channel, applied to both. */
export function eachChannel(
  [left, right]: StereoSamples,
  change: (channel: Float32Array) => Float32Array,
): StereoSamples {
  return [change(left), change(right)];
}

/** Silence. */
export function silence(samples: number): StereoSamples {
  return [new Float32Array(samples), new Float32Array(samples)];
}
