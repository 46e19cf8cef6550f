/** Convolutions of the gate's network over frames, in the kernels' memory (src/kernels/frameLayer.ts). */
import { packFrameLayer, placeFrameLayer } from "../kernels/frameLayer.ts";
import type { KernelInstance } from "../kernels/instance.ts";

/** Weights [outputs, inputs, taps], outputs a multiple of 4, and a bias for each output. */
export interface ConvolutionWeights {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  readonly taps: number;
  /** Frames from tap to tap. */
  readonly dilation: number;
  /** Whether what is below zero becomes zero. */
  readonly rectified: boolean;
}

/** A convolution that gives one frame at a time. */
export class FrameConvolution {
  readonly #kernels: KernelInstance;
  readonly #fields: number;
  readonly #floor: number;
  readonly #out: number;

  /** Allocates what it needs. */
  constructor(kernels: KernelInstance, weights: ConvolutionWeights) {
    const { weight, bias, taps, dilation, rectified } = weights;
    const outputs = bias.length;
    const run = weight.length / outputs / taps;
    const place = kernels.allocate(4 * weight.length);
    packFrameLayer(
      kernels.f32(place, weight.length),
      { outputs, taps, run },
      (output, tap, i) => weight[(output * run + i) * taps + tap],
    );
    const biases = kernels.allocate(4 * outputs);
    kernels.f32(biases, outputs).set(bias);
    this.#kernels = kernels;
    this.#floor = rectified ? 0 : Number.NEGATIVE_INFINITY;
    this.#out = kernels.allocate(4 * outputs);
    this.#fields = placeFrameLayer(kernels, {
      ...{ weights: place, bias: biases, taps, run, outputs, bins: 1, parts: 1 },
      ...{ inFrame: 4 * dilation * run, inBin: 0, inPart: 0, outFrame: 0, outBin: 0, outPart: 0 },
    });
  }

  /** Where the result of {@link apply} lies, until it is called again. */
  get out(): number {
    return this.#out;
  }

  /** @param input where the first tap's frame lies */
  apply(input: number): void {
    this.#kernels.exports.frameLayer(this.#fields, input, this.#out, 1, this.#floor);
  }
}
