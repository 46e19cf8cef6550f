/** Losses of masks in magnitudes: Open-Unmix's, and X-UMX's over combinations of targets (docs/mathematics.md, 7.5). */

/**
 * Mean of (mask·mixture − stem)² over everything.
 * @param gradient takes the gradient by the masks; undefined: it is not wanted
 */
export function magnitudeLoss(
  masks: Float32Array,
  mixture: Float32Array,
  stem: Float32Array,
  gradient?: Float32Array,
): number {
  const share = 2 / masks.length;
  let sum = 0;
  for (let i = 0; i < masks.length; i++) {
    const error = masks[i] * mixture[i] - stem[i];
    sum += error * error;
    if (gradient) gradient[i] = share * error * mixture[i];
  }
  return sum / masks.length;
}

/**
 * Mean over all combinations of targets, but none and all, of the mean of squared errors of the combined magnitudes.
 *
 * With J targets, 2^(J−1) − 1 combinations hold a target and 2^(J−2) − 1 of them a certain second one too: so the sum over all
 * is 2^(J−2)·Σ e² + (2^(J−2) − 1)·(Σ e)².
 *
 * @param gradients take the gradients by the masks of each target; undefined: they are not wanted
 */
export function combinedMagnitudeLoss(
  masks: readonly Float32Array[],
  mixture: Float32Array,
  stems: readonly Float32Array[],
  gradients?: readonly Float32Array[],
): number {
  const count = masks.length;
  const each = 2 ** (count - 2);
  const joint = each - 1;
  const positions = mixture.length;
  const share = 1 / ((2 ** count - 2) * positions);
  const errors = new Float64Array(count);
  let loss = 0;
  for (let i = 0; i < positions; i++) {
    const x = mixture[i];
    let sum = 0;
    let squares = 0;
    for (let j = 0; j < count; j++) {
      const error = masks[j][i] * x - stems[j][i];
      errors[j] = error;
      sum += error;
      squares += error * error;
    }
    loss += each * squares + joint * sum * sum;
    if (!gradients) continue;
    const factor = 2 * share * x;
    for (let j = 0; j < count; j++) gradients[j][i] = factor * (each * errors[j] + joint * sum);
  }
  return share * loss;
}
