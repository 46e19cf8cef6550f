/**
 * One target's network of one block as the original computes it: strided convolutions over single
 * coefficients and transposed convolutions that scatter, in float64. Slow; an oracle for tests.
 */
import { floatData, type StateDict } from "../../../tensors/index.ts";
import { type Architecture, tensorName } from "../architecture.ts";

/** [channels, bins, frames] in row-major order. */
export interface Volume {
  readonly channels: number;
  readonly bins: number;
  readonly frames: number;
  readonly data: Float64Array;
}

export function volume(channels: number, bins: number, frames: number): Volume {
  return { channels, bins, frames, data: new Float64Array(channels * bins * frames) };
}

const at = (v: Volume, channel: number, bin: number, frame: number) =>
  (channel * v.bins + bin) * v.frames + frame;

/**
 * Outputs of layers 0 to 10 for the normalised magnitudes [2, bins, slices·coefs] of one block.
 * Layers 9 and 10 are not cropped.
 */
export function originalLayers(
  { blocks, hidden, timeTaps, realtime }: Architecture,
  state: StateDict,
  block: number,
  target: number,
  input: Volume,
): Volume[] {
  const { coefs, frequencyTaps } = blocks[block];
  const [outer, inner] = hidden;
  const data = (layer: number, field: string) =>
    floatData(state, tensorName(block, target, layer, field));
  const norm = (x: Volume, layer: number): Volume => {
    const [weight, bias, mean, variance] = ["weight", "bias", "running_mean", "running_var"].map(
      (field) => data(layer, field),
    );
    const size = x.bins * x.frames;
    const normed = x.data.map((value, i) => {
      const c = Math.floor(i / size);
      return ((value - mean[c]) / Math.sqrt(variance[c] + 1e-5)) * weight[c] + bias[c];
    });
    return { ...x, data: normed };
  };
  const relu = (x: Volume): Volume => ({ ...x, data: x.data.map((value) => Math.max(0, value)) });
  const kernel = { height: frequencyTaps, width: coefs, stride: coefs / 2 };
  const innerKernel = { height: frequencyTaps, width: timeTaps, stride: 1 };

  const layers: Volume[] = [];
  const push = (x: Volume) => layers[layers.push(x) - 1];
  let x = push(
    convolve(realtime ? padLeft(input, coefs - 1) : input, data(0, "weight"), outer, kernel),
  );
  x = push(norm(x, 1));
  x = push(relu(x));
  x = push(convolve(x, data(3, "weight"), inner, innerKernel));
  x = push(norm(x, 4));
  x = push(relu(x));
  x = push(convolveTransposed(x, data(6, "weight"), outer, innerKernel));
  x = push(norm(x, 7));
  x = push(relu(x));
  x = push(addBias(convolveTransposed(x, data(9, "weight"), 2, kernel), data(9, "bias")));
  push({ ...x, data: x.data.map((value) => 1 / (1 + Math.exp(-value))) });
  return layers;
}

interface Kernel {
  readonly height: number;
  readonly width: number;
  /** Step in time. */
  readonly stride: number;
}

function padLeft(x: Volume, zeros: number): Volume {
  const padded = volume(x.channels, x.bins, x.frames + zeros);
  for (let row = 0; row < x.channels * x.bins; row++) {
    const values = x.data.subarray(row * x.frames, (row + 1) * x.frames);
    padded.data.set(values, row * padded.frames + zeros);
  }
  return padded;
}

/** Weight [out, in, height, width]. */
function convolve(x: Volume, weight: Float32Array, out: number, kernel: Kernel): Volume {
  const { height, width, stride } = kernel;
  const frames = Math.floor((x.frames - width) / stride) + 1;
  const y = volume(out, x.bins - height + 1, frames);
  for (let o = 0; o < out; o++) {
    for (let f = 0; f < y.bins; f++) {
      for (let j = 0; j < frames; j++) {
        let sum = 0;
        for (let c = 0; c < x.channels; c++) {
          for (let a = 0; a < height; a++) {
            const source = at(x, c, f + a, j * stride);
            const taps = ((o * x.channels + c) * height + a) * width;
            for (let u = 0; u < width; u++) sum += weight[taps + u] * x.data[source + u];
          }
        }
        y.data[at(y, o, f, j)] = sum;
      }
    }
  }
  return y;
}

/** Weight [in, out, height, width]. */
function convolveTransposed(x: Volume, weight: Float32Array, out: number, kernel: Kernel): Volume {
  const { height, width, stride } = kernel;
  const y = volume(out, x.bins + height - 1, (x.frames - 1) * stride + width);
  for (let c = 0; c < x.channels; c++) {
    for (let o = 0; o < out; o++) {
      for (let f = 0; f < x.bins; f++) {
        for (let j = 0; j < x.frames; j++) {
          const value = x.data[at(x, c, f, j)];
          for (let a = 0; a < height; a++) {
            const destination = at(y, o, f + a, j * stride);
            const taps = ((c * out + o) * height + a) * width;
            for (let u = 0; u < width; u++) y.data[destination + u] += weight[taps + u] * value;
          }
        }
      }
    }
  }
  return y;
}

function addBias(x: Volume, bias: Float32Array): Volume {
  const size = x.bins * x.frames;
  return { ...x, data: x.data.map((value, i) => value + bias[Math.floor(i / size)]) };
}
