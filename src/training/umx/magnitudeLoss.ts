/** Losses of masks in magnitudes: Open-Unmix's, and X-UMX's over combinations of targets (docs/mathematics.md, 7.5). */
import { createKernels, type KernelInstance } from "../../kernels/instance.ts";

/** Positions that kernels work on at once, a multiple of 4. */
const CHUNK = 2 ** 14;

/**
 * Mean of (mask·mixture − stem)² over everything; of several targets over all their combinations, but none and all, of the
 * combined magnitudes.
 *
 * With J targets, 2^(J−1) − 1 combinations hold a target and 2^(J−2) − 1 of them a certain second one too: so the sum over all
 * is 2^(J−2)·Σ e² + (2^(J−2) − 1)·(Σ e)².
 */
export class MagnitudeLoss {
  readonly #kernels: KernelInstance = createKernels();
  readonly #targets: number;
  readonly #mixture: number;
  readonly #masks: number;
  readonly #stems: number;

  /** @param targets that are taken together */
  constructor(targets: number) {
    this.#targets = targets;
    this.#mixture = this.#kernels.allocate(4 * CHUNK);
    this.#masks = this.#kernels.allocate(4 * CHUNK * targets);
    this.#stems = this.#kernels.allocate(4 * CHUNK * targets);
  }

  /**
   * @param masks of each target, of the mixture's shape
   * @param gradients take the gradients by the masks; undefined: they are not wanted
   */
  compute(
    masks: readonly Float32Array[],
    mixture: Float32Array,
    stems: readonly Float32Array[],
    gradients?: readonly Float32Array[],
  ): number {
    const count = this.#targets;
    const each = count > 1 ? 2 ** (count - 2) : 1;
    const joint = count > 1 ? each - 1 : 0;
    const share = 1 / ((count > 1 ? 2 ** count - 2 : 1) * mixture.length);
    const stride = 4 * CHUNK;
    const { f32, exports } = this.#kernels;
    let sum = 0;
    for (let from = 0; from < mixture.length; from += CHUNK) {
      const length = Math.min(CHUNK, mixture.length - from);
      const whole = 4 * Math.ceil(length / 4);
      const put = (at: number, values: Float32Array) => {
        const area = f32(at, whole);
        area.set(values.subarray(from, from + length));
        area.fill(0, length);
      };
      put(this.#mixture, mixture);
      for (let j = 0; j < count; j++) {
        put(this.#masks + j * stride, masks[j]);
        put(this.#stems + j * stride, stems[j]);
      }
      const places = [this.#mixture, this.#masks, this.#stems] as const;
      const factor = gradients ? share : 0;
      sum += exports.magnitudeErrors(...places, count, stride, whole, each, joint, factor);
      if (!gradients) continue;
      for (const [j, gradient] of gradients.entries()) {
        gradient.set(f32(this.#masks + j * stride, length), from);
      }
    }
    return share * sum;
  }
}
