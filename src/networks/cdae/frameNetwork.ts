/**
 * The network of a signal as it comes: its layers remember the frames that later ones depend on, and each frame is computed
 * once. Masks are those of the whole signal; sums are taken in another order than by ONNX Runtime, which costs more per
 * convolution than so few frames are worth.
 */
import type { KernelInstance } from "../../kernels/instance.ts";
import { HALVES, type MaskLayout } from "../../phase/index.ts";
import type { LaneTransform, Transform } from "../../transforms/index.ts";
import type { FrameEngine, FrameEngineSetup } from "../network.ts";
import { FrameBuffer, type FrameShape } from "./frameBuffer.ts";
import { inFours, placeLayer } from "./frameKernel.ts";
import { framesIn } from "./maskNetwork.ts";
import type { PreparedCdae } from "./prepared.ts";

/** A block's frames: its input's, and those of its layers for all targets. */
interface BlockFrames {
  readonly x: FrameBuffer;
  readonly h1: FrameBuffer;
  readonly h2: FrameBuffer;
  readonly h3: FrameBuffer;
  readonly out: FrameBuffer;
  /** The layers' fields for the kernel. */
  readonly encoderIn: number;
  readonly encoder: number;
  readonly decoder: number;
  readonly decoderOut: number;
}

/** A network of this family, frame by frame. */
export class FrameNetwork implements FrameEngine {
  readonly #network: PreparedCdae;
  readonly #kernels: KernelInstance;
  readonly #transform: Transform;
  readonly #lanes: LaneTransform;
  readonly #masks: MaskLayout;
  readonly #blocks: readonly BlockFrames[];
  /** Slices that were taken, and slices whose masks were given. */
  #taken = 0;
  #given = 0;
  #ended = false;

  constructor(network: PreparedCdae, setup: FrameEngineSetup) {
    const { kernels, transform, lanes, masks, slices } = setup;
    this.#network = network;
    this.#kernels = kernels;
    this.#transform = transform;
    this.#lanes = lanes;
    this.#masks = masks;
    const { hidden, timeTaps, blocks } = network.architecture;
    const { before, after } = network.context;
    const [outer, inner] = hidden.map(inFours);
    const targets = masks.targets;
    // Twice what is ever needed at once, so that frames are not moved at every hop.
    const capacity = 2 * framesIn(network.architecture, before + slices + after + 1);
    this.#blocks = blocks.map(({ bins, coefs, frequencyTaps }, b) => {
      const margin = frequencyTaps - 1;
      const buffer = (shape: FrameShape, zeros: number) =>
        new FrameBuffer(kernels, shape, zeros, capacity);
      const x = buffer({ parts: 1, bins, channels: inFours(coefs), margin: 0 }, 0);
      const [parts, least] = [targets, bins - 2 * margin];
      const h1 = buffer({ parts, bins: bins - margin, channels: outer, margin: 0 }, 0);
      const h2 = buffer({ parts, bins: least, channels: inner, margin }, timeTaps - 1);
      const h3 = buffer({ parts, bins: bins - margin, channels: outer, margin }, 1);
      const out = buffer({ parts, bins, channels: inFours(coefs), margin: 0 }, 0);
      const layer = (name: string, from: FrameBuffer, to: FrameBuffer, own: number) =>
        placeLayer(kernels, network.weights, `${b}.${name}`, targets, { from, to, bins: own });
      return {
        ...{ x, h1, h2, h3, out },
        encoderIn: layer("encoderIn", x, h1, bins - margin),
        encoder: layer("encoder", h1, h2, least),
        decoder: layer("decoder", h2, h3, bins - margin),
        decoderOut: layer("decoderOut", h3, out, bins),
      };
    });
  }

  reset(): void {
    for (const { x, h1, h2, h3, out } of this.#blocks) {
      for (const frames of [x, h1, h2, h3, out]) frames.reset();
    }
    this.#taken = 0;
    this.#given = 0;
    this.#ended = false;
  }

  get taken(): number {
    return this.#taken;
  }

  take(coefficients: number, lane: number, gain: number): void {
    const { normalisation, architecture } = this.#network;
    const advance = architecture.realtime ? 1 : 0;
    const frame = HALVES * (this.#taken + advance);
    this.#taken++;
    const count = framesIn(architecture, this.#taken);
    const { channelBytes, bins: places } = this.#lanes;
    const { exports } = this.#kernels;
    for (const [b, { first, bins, coefs }] of this.#transform.blocks.entries()) {
      const { x, h1 } = this.#blocks[b];
      const { mean, scale } = normalisation[b];
      x.makeRoom(frame + HALVES, h1.count);
      const half = coefs / 2;
      for (let f = 0; f < bins; f++) {
        const c = coefficients + places[first + f].offset;
        const out = x.bins(frame) + f * x.binBytes;
        for (let channel = 0; channel < 2; channel++) {
          exports.columnMagnitudes(
            c + channel * channelBytes,
            lane,
            half,
            gain,
            mean[f],
            scale[f],
            advance,
            out + channel * half * 4,
            x.frameBytes,
          );
        }
      }
      x.count = count;
      this.#advance(this.#blocks[b]);
    }
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const all = HALVES * this.#taken;
    for (const block of this.#blocks) {
      const { h2, h3 } = block;
      // What the transposed convolutions make of the last frames alone.
      const last = h2.count + this.#network.architecture.timeTaps - 1;
      h2.makeRoom(last, h3.count - this.#network.architecture.timeTaps + 1);
      h2.pad(last);
      this.#advance(block);
      h3.makeRoom(all, HALVES * this.#given - 1);
      h3.pad(all);
    }
  }

  /** Computes what the frames that are there allow. */
  #advance({ x, h1, h2, h3, ...layers }: BlockFrames): void {
    const taps = this.#network.architecture.timeTaps;
    this.#layer(layers.encoderIn, x, h1, { lag: 0, end: x.count - 1, needed: h2.count });
    if (!this.#ended) {
      const end = h1.count - taps + 1;
      this.#layer(layers.encoder, h1, h2, { lag: 0, end, needed: h3.count - taps + 1 });
    }
    const needed = HALVES * this.#given - 1;
    this.#layer(layers.decoder, h2, h3, { lag: taps - 1, end: h2.count, needed });
  }

  /** Brings a layer to `end` frames, each made of the frames of `from` that begin `lag` before it. */
  #layer(
    layer: number,
    from: FrameBuffer,
    to: FrameBuffer,
    { lag, end, needed }: Readonly<Record<"lag" | "end" | "needed", number>>,
  ): void {
    const frame = to.count;
    if (end <= frame) return;
    to.makeRoom(end, needed);
    const { exports } = this.#kernels;
    exports.frameLayer(layer, from.at(frame - lag), to.bins(frame), end - frame, 0);
    to.count = end;
  }

  run(slices: number, masks: number): void {
    const { exports } = this.#kernels;
    const begin = HALVES * this.#given;
    const frames = HALVES * slices;
    for (const [b, { h3, out, decoderOut }] of this.#blocks.entries()) {
      if (h3.count < begin + frames) throw new RangeError("masks are asked for too early");
      out.makeRoom(begin + frames, begin);
      exports.frameLayer(decoderOut, h3.at(begin - 1), out.bins(begin), frames, -Infinity);
      const { coefs } = this.#transform.blocks[b];
      const place = masks + this.#masks.offset(b, slices);
      exports.frameMasks(decoderOut, out.bins(begin), coefs, frames, place);
    }
    this.#given += slices;
  }
}
