/** Plain conversions between coefficients and the network's frame layout, for tests. */
import type { NumericArray } from "../../../graph/index.ts";
import { type Volume, volume } from "./originalNetwork.ts";

/** Normalised magnitudes [2, bins, slices·coefs] as input [1, 2·H, bins, frames] of the network. */
export function toFrames(x: Volume, coefs: number, realtime: boolean): NumericArray {
  const half = coefs / 2;
  const frames = x.frames / half + (realtime ? 1 : 0);
  const data = new Float64Array(2 * half * x.bins * frames);
  for (let c = 0; c < 2; c++) {
    for (let tau = 0; tau < half; tau++) {
      for (let f = 0; f < x.bins; f++) {
        for (let q = 0; q < frames; q++) {
          // Realtime, frame q begins one coefficient late and two half slices early.
          const n = realtime ? (q - 2) * half + tau + 1 : q * half + tau;
          const inside = n >= 0 && n < x.frames;
          const value = inside ? x.data[(c * x.bins + f) * x.frames + n] : 0;
          data[((c * half + tau) * x.bins + f) * frames + q] = value;
        }
      }
    }
  }
  return { shape: [1, 2 * half, x.bins, frames], data };
}

/** One target's masks [2, bins, slices·coefs] out of an output [1, 4·2·H, bins, 2·slices]. */
export function fromFrames(
  masks: { readonly dims: readonly number[]; readonly data: ArrayLike<number> },
  target: number,
): Volume {
  const [, channels, bins, frames] = masks.dims;
  const half = channels / 8;
  const x = volume(2, bins, frames * half);
  for (let c = 0; c < 2; c++) {
    for (let f = 0; f < bins; f++) {
      for (let n = 0; n < x.frames; n++) {
        const channel = (target * 2 + c) * half + (n % half);
        const source = (channel * bins + f) * frames + Math.floor(n / half);
        x.data[(c * bins + f) * x.frames + n] = masks.data[source];
      }
    }
  }
  return x;
}
