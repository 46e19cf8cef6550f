/** The plain twins of the kernels for HAAQI's gradient; see assembly/earGradient.ts. */
import { doubles } from "./lanes.ts";

/** Gradients through the model of the ear. */
export interface EarGradientKernels {
  /** HAAQI's gradient: gains from powers of `count` complex doubles. See assembly/earGradient.ts. */
  powerGains(
    signal: number,
    count: number,
    scale: number,
    most: number,
    atKnee: number,
    exponent: number,
    out: number,
  ): void;
  /** HAAQI's gradient: dB above the threshold, in place of `count` doubles. */
  sensationLevels(x: number, count: number, scale: number): void;
  /** HAAQI's gradient: correlations of a tile at the lags 0 to 51. */
  tileLags(p: number, q: number, length: number, out: number): void;
}

/** Makes the twins on a memory. @internal */
export function plainEarGradient(memory: WebAssembly.Memory): EarGradientKernels {
  return {
    powerGains(signal, count, scale, most, atKnee, exponent, out) {
      const data = doubles(memory);
      for (let n = 0; n < count; n++) {
        const at = signal / 8 + 2 * n;
        const power = scale * (data[at] ** 2 + data[at + 1] ** 2);
        data[out / 8 + n] = atKnee * Math.min(Math.max(power, 1), most) ** exponent;
      }
    },

    sensationLevels(x, count, scale) {
      const data = doubles(memory).subarray(x / 8, x / 8 + count);
      for (let n = 0; n < count; n++) data[n] = 20 * Math.log10(Math.max(1, data[n] * scale));
    },

    tileLags(p, q, length, out) {
      const data = doubles(memory);
      for (let lag = 0; lag < 52; lag++) {
        let sum = 0;
        for (let i = 0; i < length; i++) sum += data[p / 8 + lag + i] * data[q / 8 + i];
        data[out / 8 + lag] = sum;
      }
    },
  };
}
