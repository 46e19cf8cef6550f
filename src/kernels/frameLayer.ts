/** The plain twins of the live network's kernels; formulas and layouts stand at assembly/frameLayer.ts. */
import type { KernelExports } from "./exports.ts";
import { ELEMENT_FLOATS, floats, LANES } from "./lanes.ts";

type FrameKernels = Pick<KernelExports, "frameLayer" | "frameMasks" | "columnMagnitudes">;

/** Outputs whose weights lie side by side: 16, then 4. */
const WIDE = 16;
const NARROW = 4;

/** Makes the twins on a memory. */
export function plainFrameLayer(memory: WebAssembly.Memory): FrameKernels {
  return {
    frameLayer(
      ...[
        input,
        inFrame,
        inBin,
        taps,
        run,
        weights,
        bias,
        floor,
        out,
        outFrame,
        outBin,
        outputs,
        bins,
        frames,
      ]
    ) {
      const data = floats(memory);
      let block = weights / 4;
      for (let o = 0; o < outputs; ) {
        const count = outputs - o >= WIDE ? WIDE : NARROW;
        for (let column = 0; column < bins * frames; column++) {
          const bin = column % bins;
          const frame = (column - bin) / bins;
          for (let k = 0; k < count; k++) {
            let sum = data[bias / 4 + o + k];
            for (let tap = 0; tap < taps; tap++) {
              const from = (input + (frame + tap) * inFrame + bin * inBin) / 4;
              const row = block + tap * run * count + k;
              for (let i = 0; i < run; i++) sum += data[row + i * count] * data[from + i];
            }
            data[(out + frame * outFrame + bin * outBin) / 4 + o + k] = Math.max(floor, sum);
          }
        }
        block += count * taps * run;
        o += count;
      }
    },
    frameMasks(input, rows, out, stride) {
      const data = floats(memory);
      for (let row = 0; row < rows; row++) {
        data[(out + row * stride) / 4] = 1 / (1 + Math.exp(-data[input / 4 + row]));
      }
    },
    columnMagnitudes(c, lane, half, gain, mean, scale, advance, out, outFrame) {
      const data = floats(memory);
      for (let n = 0; n < 2 * half; n++) {
        const at = c / 4 + n * ELEMENT_FLOATS + lane;
        const value = (gain * Math.hypot(data[at], data[at + LANES]) + mean) * scale;
        const frame = Math.floor((n - advance) / half);
        const place = n - advance - frame * half;
        data[(out + frame * outFrame) / 4 + place] = value;
      }
    },
  };
}
