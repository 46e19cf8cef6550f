/** The plain twins of the live network's kernels; formulas and layouts stand at assembly/frameLayer.ts. */
import type { KernelInstance } from "./instance.ts";
import { ELEMENT_FLOATS, floats, LANES } from "./lanes.ts";

/** Live networks. */
export interface FrameLayerKernels {
  /** Live networks: convolutions of a few frames; `layer` holds 13 integers, see {@link FrameLayerFields}. */
  frameLayer(layer: number, input: number, out: number, frames: number, floor: number): void;
  /** Live networks: sigmoids of what a layer gave, as masks. */
  frameMasks(layer: number, input: number, rows: number, frames: number, out: number): void;
  /** Live networks: normalised magnitudes of one lane, bin and channel, to the frames they belong to. */
  columnMagnitudes(
    c: number,
    lane: number,
    half: number,
    gain: number,
    mean: number,
    scale: number,
    advance: number,
    out: number,
    outFrame: number,
  ): void;
}

/** Outputs, a multiple of 4, whose weights lie side by side, of so many that are left. */
export function outputsAtOnce(left: number): number {
  return left >= 16 ? 16 : left >= 8 ? 8 : 4;
}

/**
 * Writes a convolution's weights as the kernel reads them, from the start of `into`.
 * @param weight of an output, a tap, and one of the floats that it sees of a frame
 * @returns how many floats were written
 */
export function packFrameLayer(
  into: Float32Array,
  { outputs, taps, run }: Pick<FrameLayerFields, "outputs" | "taps" | "run">,
  weight: (output: number, tap: number, i: number) => number,
): number {
  let at = 0;
  for (let first = 0; first < outputs; ) {
    const count = outputsAtOnce(outputs - first);
    for (let tap = 0; tap < taps; tap++) {
      for (let i = 0; i < run; i++) {
        for (let k = 0; k < count; k++) into[at++] = weight(first + k, tap, i);
      }
    }
    first += count;
  }
  return at;
}

/** Where a layer's weights lie, its sizes, and its steps in bytes. */
export interface FrameLayerFields {
  readonly weights: number;
  readonly bias: number;
  /** Frames that an output sees. */
  readonly taps: number;
  /** Floats that an output sees of a frame. */
  readonly run: number;
  /** A multiple of 4. */
  readonly outputs: number;
  readonly bins: number;
  /** Convolutions side by side, each with weights, inputs and outputs of its own. */
  readonly parts: number;
  readonly inFrame: number;
  readonly inBin: number;
  readonly inPart: number;
  readonly outFrame: number;
  readonly outBin: number;
  readonly outPart: number;
}

/** Writes a layer's fields to the kernels' memory. */
export function placeFrameLayer(kernels: KernelInstance, fields: FrameLayerFields): number {
  const { weights, bias, taps, run, outputs, bins, parts } = fields;
  const { inFrame, inBin, inPart, outFrame, outBin, outPart } = fields;
  const all = [weights, bias, taps, run, outputs, bins, parts];
  all.push(inFrame, inBin, inPart, outFrame, outBin, outPart);
  const place = kernels.allocate(all.length * 4);
  kernels.i32(place, all.length).set(all);
  return place;
}

/** Makes the twins on a memory. @internal */
export function plainFrameLayer(memory: WebAssembly.Memory): FrameLayerKernels {
  const fields = (layer: number) => [...new Uint32Array(memory.buffer, layer, 13)];
  return {
    frameLayer(layer, input, out, frames, floor) {
      const data = floats(memory);
      const [weights, biases, taps, run, outputs, bins, parts, ...steps] = fields(layer);
      const [inFrame, inBin, inPart, outFrame, outBin, outPart] = steps;
      let block = weights / 4;
      let bias = biases / 4;
      for (let part = 0; part < parts; part++) {
        for (let o = 0; o < outputs; ) {
          const count = outputsAtOnce(outputs - o);
          for (let column = 0; column < bins * frames; column++) {
            const bin = column % bins;
            const frame = (column - bin) / bins;
            const to = (out + part * outPart + frame * outFrame + bin * outBin) / 4 + o;
            for (let k = 0; k < count; k++) {
              let sum = data[bias + k];
              for (let tap = 0; tap < taps; tap++) {
                const from = (input + part * inPart + (frame + tap) * inFrame + bin * inBin) / 4;
                const row = block + tap * run * count + k;
                for (let i = 0; i < run; i++) sum += data[row + i * count] * data[from + i];
              }
              data[to + k] = Math.max(floor, sum);
            }
          }
          block += count * taps * run;
          bias += count;
          o += count;
        }
      }
    },
    frameMasks(layer, input, rows, frames, out) {
      const data = floats(memory);
      const [, , , , , bins, parts, , , , outFrame, outBin, outPart] = fields(layer);
      for (let part = 0; part < parts; part++) {
        for (let row = 0; row < rows; row++) {
          for (let f = 0; f < bins; f++) {
            for (let p = 0; p < frames; p++) {
              const x = data[(input + p * outFrame + part * outPart + f * outBin) / 4 + row];
              data[out / 4 + ((part * rows + row) * bins + f) * frames + p] =
                1 / (1 + Math.exp(-x));
            }
          }
        }
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
