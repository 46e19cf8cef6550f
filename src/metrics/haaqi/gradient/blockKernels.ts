/** The kernels of the gradient, through a small memory: signals of any length go through it block by block. */
import { createKernels, type KernelInstance } from "../../../kernels/instance.ts";
import type { BandLoss } from "../cochlea.ts";

/** Samples at a time; also the most of a tile with its lags. */
const BLOCK = 1024;

/** Places for two signals and a result. */
export class BlockKernels {
  readonly #kernels: KernelInstance;
  readonly #pointers: readonly [number, number, number];
  readonly #views: readonly [Float64Array, Float64Array, Float64Array];

  /** @param kind "plain" runs the slow twins of the kernels. */
  constructor(kind: "simd" | "plain" = "simd") {
    this.#kernels = createKernels(kind);
    const place = () => this.#kernels.allocate(8 * BLOCK);
    this.#pointers = [place(), place(), place()];
    const view = (pointer: number) => this.#kernels.f64(pointer, BLOCK);
    const [a, b, c] = this.#pointers;
    this.#views = [view(a), view(b), view(c)];
  }

  /**
   * Gains of a band, before they are smoothed, from the output of its control filter.
   * @param gain of that filter; @param level dB SPL of a power of 1.
   */
  gains(
    { re, im }: { readonly re: Float64Array; readonly im: Float64Array },
    gain: number,
    { outer, knee, ratio }: BandLoss,
    level: number,
    out: Float64Array,
  ): void {
    const [a, b, c] = this.#pointers;
    const scale = gain ** 2 * 10 ** ((level - knee) / 10);
    const most = 10 ** ((100 - knee) / 10);
    for (let at = 0; at < out.length; at += BLOCK) {
      const count = Math.min(BLOCK, out.length - at);
      this.#views[0].set(re.subarray(at, at + count));
      this.#views[1].set(im.subarray(at, at + count));
      const [atKnee, exponent] = [10 ** (-outer / 20), -(1 - 1 / ratio) / 2];
      this.#kernels.exports.powerGains(a, b, count, scale, most, atKnee, exponent, c);
      out.set(this.#views[2].subarray(0, count), at);
    }
  }

  /** In place: levels above the threshold, dB SL. @param level of an amplitude of 1. */
  levels(amplitudes: Float64Array, level: number): void {
    const [a] = this.#pointers;
    for (let at = 0; at < amplitudes.length; at += BLOCK) {
      const count = Math.min(BLOCK, amplitudes.length - at);
      this.#views[0].set(amplitudes.subarray(at, at + count));
      this.#kernels.exports.sensationLevels(a, count, 10 ** (level / 20));
      amplitudes.set(this.#views[0].subarray(0, count), at);
    }
  }

  /** Σ p[i + lag]·q[i] for the lags 0 to 48; a view that lasts until the next call. @param p 52 samples longer than q. */
  lags(p: Float64Array, q: Float64Array): Float64Array {
    const [a, b, c] = this.#pointers;
    this.#views[0].set(p);
    this.#views[1].set(q);
    this.#kernels.exports.tileLags(a, b, q.length, c);
    return this.#views[2];
  }
}
