/** Convolutions of a few frames, their weights in the order in which the kernel reads them (assembly/frameLayer.ts). */
import type { KernelInstance } from "../../kernels/instance.ts";
import type { Weights } from "../weights.ts";
import type { FrameBuffer } from "./frameBuffer.ts";

/** Outputs whose weights lie side by side: 16, the rest by 4. */
const WIDE = 16;
const NARROW = 4;

/** The multiple of 4 that so many channels take; those beyond them are zero. */
export function inFours(channels: number): number {
  return NARROW * Math.ceil(channels / NARROW);
}

/** One target's part of a convolution. */
export interface FrameKernel {
  readonly weights: number;
  readonly bias: number;
  readonly outputs: number;
  /** Floats that a column sees of a frame. */
  readonly run: number;
  /** Frames that an output sees. */
  readonly taps: number;
}

/** Copies each target's part of a layer, [targets·out, in, bins, frames], to the kernels' memory. */
export function packKernels(
  kernels: KernelInstance,
  weights: Weights,
  layer: string,
  targets: number,
): FrameKernel[] {
  const { shape, values } = tensor(weights, `${layer}.weight`);
  const bias = tensor(weights, `${layer}.bias`).values;
  const [all, inputs, width, taps] = shape;
  const out = all / targets;
  const outputs = inFours(out);
  const run = width * inFours(inputs);
  return Array.from({ length: targets }, (_, target) => {
    const own = values.subarray(target * out * inputs * width * taps);
    const places = {
      weights: kernels.allocate(outputs * run * taps * 4),
      bias: kernels.allocate(outputs * 4),
    };
    kernels.f32(places.bias, out).set(bias.subarray(target * out, (target + 1) * out));
    const packed = kernels.f32(places.weights, outputs * run * taps);
    let block = 0;
    for (let first = 0; first < outputs; ) {
      const count = outputs - first >= WIDE ? WIDE : NARROW;
      for (let o = first; o < Math.min(out, first + count); o++) {
        for (let c = 0; c < inputs; c++) {
          for (let bin = 0; bin < width; bin++) {
            for (let tap = 0; tap < taps; tap++) {
              const at = tap * run + bin * inFours(inputs) + c;
              packed[block + at * count + o - first] =
                own[((o * inputs + c) * width + bin) * taps + tap];
            }
          }
        }
      }
      block += count * taps * run;
      first += count;
    }
    return { ...places, outputs, run, taps };
  });
}

/** A tensor by its name; where a batch norm was folded into it, its name says so. */
function tensor({ places, data }: Weights, name: string) {
  const place = places.find((one) => one.name === name || one.name === `${name}.folded`);
  if (!place) throw new RangeError(`the network has no ${name}`);
  const { shape, offset, length } = place;
  return { shape, values: data.subarray(offset, offset + length) };
}

/** Where a convolution reads and writes. */
export interface FrameStep {
  readonly from: FrameBuffer;
  readonly fromPart: number;
  /** First frame that the first output sees. */
  readonly first: number;
  readonly to: FrameBuffer;
  readonly toPart: number;
  /** First output, and how many. */
  readonly frame: number;
  readonly frames: number;
  readonly bins: number;
}

/** Computes frames; each output is at least `floor`. */
export function convolveFrames(
  kernels: KernelInstance,
  { weights, bias, outputs, run, taps }: FrameKernel,
  { from, fromPart, first, to, toPart, frame, frames, bins }: FrameStep,
  floor: number,
): void {
  kernels.exports.frameLayer(
    from.at(first, fromPart),
    from.frameBytes,
    from.binBytes,
    taps,
    run,
    weights,
    bias,
    floor,
    to.bins(frame, toPart),
    to.frameBytes,
    to.binBytes,
    outputs,
    bins,
    frames,
  );
}
