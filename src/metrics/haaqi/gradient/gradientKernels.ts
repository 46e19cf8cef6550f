/** The kernels of the gradient with their memory, kept for one signal after the other. */
import { createKernels, type KernelInstance } from "../../../kernels/instance.ts";
import { TapeMemory } from "./tapeMemory.ts";

/** The most samples of a tile with its lags. */
const TILE = 1024;

/** Kernels for tiles, and for one band of a signal at a time. */
export class GradientKernels {
  readonly #kind: "simd" | "plain";
  readonly #tiles: KernelInstance;
  readonly #pointers: readonly [number, number, number];
  #tape: TapeMemory | undefined;

  /** @param kind "plain" runs the slow twins of the kernels. */
  constructor(kind: "simd" | "plain" = "simd") {
    this.#kind = kind;
    this.#tiles = createKernels(kind);
    const place = () => this.#tiles.allocate(8 * TILE);
    this.#pointers = [place(), place(), place()];
  }

  /** Memory for a band of up to so many samples: the same one for every caller. */
  tape(samples: number): TapeMemory {
    if (!this.#tape || this.#tape.capacity < samples) {
      this.#tape = undefined;
      this.#tape = new TapeMemory(createKernels(this.#kind), samples);
    }
    return this.#tape;
  }

  /** Σ p[i + lag]·q[i] for the lags 0 to 48; a view that lasts until the next call. @param p 52 samples longer than q. */
  lags(p: Float64Array, q: Float64Array): Float64Array {
    const [a, b, c] = this.#pointers;
    this.#tiles.f64(a, p.length).set(p);
    this.#tiles.f64(b, q.length).set(q);
    this.#tiles.exports.tileLags(a, b, q.length, c);
    return this.#tiles.f64(c, 52);
  }
}
