/** Plain twins of the kernels between the lanes of the FFT and planar spectra of frames (docs/mathematics.md, 7.1). */
import { ELEMENT_FLOATS, floats, LANES } from "./lanes.ts";

/** Short-time Fourier transforms. */
export interface FrameSpectraKernels {
  /** Spectra of up to four frames from lanes to planar rows; see assembly/frameSpectra.ts. work: 256 bytes. */
  splitFrames(z: number, length: number, count: number, work: number, spectra: number): void;
  /** And back, reversed for the inverse transform. work: 256 bytes. */
  joinFrames(spectra: number, count: number, length: number, work: number, z: number): void;
  /** Lanes times one weight for each element. */
  weighLanes(z: number, weights: number, length: number): void;
  /** Magnitudes of the lower bins of planar frames, of both channels or their mean. */
  planarMagnitudes(
    spectra: number,
    frames: number,
    bins: number,
    channels: number,
    seen: number,
    out: number,
  ): void;
  /** The largest |x|² of planar frames. */
  planarPeak(spectra: number, frames: number, bins: number): number;
}

/** The twins on a memory. @internal */
export function plainFrameSpectra(memory: WebAssembly.Memory): FrameSpectraKernels {
  /** |x|² of a bin and channel. */
  const power = (data: Float32Array, spectra: number, bins: number, row: number, bin: number) => {
    const at = spectra / 4 + 2 * row * bins + bin;
    return data[at] ** 2 + data[at + bins] ** 2;
  };
  return {
    splitFrames(z, length, count, _work, spectra) {
      const data = floats(memory);
      const bins = length / 2 + 1;
      for (let frame = 0; frame < count; frame++) {
        for (let bin = 0; bin < bins; bin++) {
          const k = z / 4 + bin * ELEMENT_FLOATS + frame;
          const m = z / 4 + (bin === 0 ? 0 : length - bin) * ELEMENT_FLOATS + frame;
          const at = spectra / 4 + frame * 4 * bins + bin;
          data[at] = (data[k] + data[m]) / 2;
          data[at + bins] = (data[k + LANES] - data[m + LANES]) / 2;
          data[at + 2 * bins] = (data[k + LANES] + data[m + LANES]) / 2;
          data[at + 3 * bins] = (data[m] - data[k]) / 2;
        }
      }
    },

    joinFrames(spectra, count, length, _work, z) {
      const data = floats(memory);
      const bins = length / 2 + 1;
      for (let frame = 0; frame < count; frame++) {
        for (let bin = 0; bin < bins; bin++) {
          const at = spectra / 4 + frame * 4 * bins + bin;
          const isReal = bin === 0 || bin === bins - 1;
          const [lr, rr] = [data[at], data[at + 2 * bins]];
          const li = isReal ? 0 : data[at + bins];
          const ri = isReal ? 0 : data[at + 3 * bins];
          const k = z / 4 + (bin === 0 ? 0 : length - bin) * ELEMENT_FLOATS + frame;
          const m = z / 4 + bin * ELEMENT_FLOATS + frame;
          data[k] = lr - ri;
          data[k + LANES] = li + rr;
          data[m] = lr + ri;
          data[m + LANES] = rr - li;
        }
      }
    },

    weighLanes(z, weights, length) {
      const data = floats(memory);
      for (let i = 0; i < length * ELEMENT_FLOATS; i++) {
        data[z / 4 + i] *= data[weights / 4 + Math.floor(i / ELEMENT_FLOATS)];
      }
    },

    planarMagnitudes(spectra, frames, bins, channels, seen, out) {
      const data = floats(memory);
      for (let frame = 0; frame < frames; frame++) {
        for (let bin = 0; bin < seen; bin++) {
          const [left, right] = [0, 1].map((c) =>
            Math.sqrt(power(data, spectra, bins, 2 * frame + c, bin)),
          );
          const to = out / 4 + frame * channels * seen + bin;
          data[to] = channels === 2 ? left : (left + right) / 2;
          if (channels === 2) data[to + seen] = right;
        }
      }
    },

    planarPeak(spectra, frames, bins) {
      const data = floats(memory);
      let peak = 0;
      for (let row = 0; row < 2 * frames; row++) {
        for (let bin = 0; bin < bins; bin++) {
          peak = Math.max(peak, power(data, spectra, bins, row, bin));
        }
      }
      return peak;
    },
  };
}
