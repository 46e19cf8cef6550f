/** A layer's convolutions of a few frames, their weights in the order in which the kernel reads them. */
import { packFrameLayer, placeFrameLayer } from "../../kernels/frameLayer.ts";
import type { KernelInstance } from "../../kernels/instance.ts";
import type { Weights } from "../weights.ts";
import type { FrameBuffer } from "./frameBuffer.ts";

/** The multiple of 4 that so many channels take; those beyond them are zero. */
export function inFours(channels: number): number {
  return 4 * Math.ceil(channels / 4);
}

/** Where a layer reads and writes. */
interface LayerFrames {
  readonly from: FrameBuffer;
  readonly to: FrameBuffer;
  /** Bins of the output. */
  readonly bins: number;
}

/**
 * Copies a layer, [targets·out, in, bins, frames], to the kernels' memory (assembly/frameLayer.ts).
 * @returns where its fields lie.
 */
export function placeLayer(
  kernels: KernelInstance,
  weights: Weights,
  name: string,
  targets: number,
  { from, to, bins }: LayerFrames,
): number {
  const { shape, values } = tensor(weights, `${name}.weight`);
  const bias = tensor(weights, `${name}.bias`).values;
  const [all, inputs, width, taps] = shape;
  const out = all / targets;
  const outputs = inFours(out);
  const run = width * inFours(inputs);
  const place = kernels.allocate(targets * outputs * run * taps * 4);
  const packed = kernels.f32(place, targets * outputs * run * taps);
  for (let target = 0, at = 0; target < targets; target++) {
    const own = values.subarray(target * out * inputs * width * taps);
    at += packFrameLayer(packed.subarray(at), { outputs, taps, run }, (o, tap, i) => {
      const [bin, c] = [Math.floor(i / inFours(inputs)), i % inFours(inputs)];
      return o < out && c < inputs ? own[((o * inputs + c) * width + bin) * taps + tap] : 0;
    });
  }
  const biases = kernels.allocate(targets * outputs * 4);
  for (let target = 0; target < targets; target++) {
    const own = bias.subarray(target * out, (target + 1) * out);
    kernels.f32(biases + target * outputs * 4, out).set(own);
  }
  return placeFrameLayer(kernels, {
    ...{ weights: place, bias: biases, taps, run, outputs, bins, parts: targets },
    ...{ inFrame: from.frameBytes, inBin: from.binBytes, inPart: from.sharedBytes },
    ...{ outFrame: to.frameBytes, outBin: to.binBytes, outPart: to.partBytes },
  });
}

/** A tensor by its name; where a batch norm was folded into it, its name says so. */
function tensor({ places, data }: Weights, name: string) {
  const place = places.find((one) => one.name === name || one.name === `${name}.folded`);
  if (!place) throw new RangeError(`the network has no ${name}`);
  const { shape, offset, length } = place;
  return { shape, values: data.subarray(offset, offset + length) };
}
