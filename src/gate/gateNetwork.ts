/** The gate's network, frame by frame: from cues to which part of each stem goes to which (docs/mathematics.md, 9.2). */
import { WeightsError } from "../errors.ts";
import { createKernels } from "../kernels/instance.ts";
import { floatData, type StateDict } from "../tensors/index.ts";
import { CUES } from "./cues.ts";
import { FrameConvolution } from "./frameConvolution.ts";
import { GateLayer, normalise, TAPS } from "./gateLayer.ts";
import { STEMS } from "./stemPowers.ts";

/** Frames between the taps of each layer. */
export const dilations = [1, 2, 4, 8, 16, 32] as const;

/** Frames that an answer depends on, before it and after. */
export const NETWORK_REACH = dilations.reduce((sum, dilation) => sum + dilation, 0);

/** Names and shapes of the tensors of a network with so many channels, a multiple of 4. */
export function gateShapes(channels: number): ReadonlyMap<string, readonly number[]> {
  return new Map<string, readonly number[]>([
    ["in.weight", [channels, CUES, 1]],
    ["in.bias", [channels]],
    ...dilations.flatMap((_, layer): [string, readonly number[]][] => [
      [`layers.${layer}.weight`, [channels, channels, TAPS]],
      [`layers.${layer}.bias`, [channels]],
    ]),
    ["keep.weight", [STEMS, channels, 1]],
    ["keep.bias", [STEMS]],
    ["share.weight", [STEMS * (STEMS - 1), channels, 1]],
    ["share.bias", [STEMS * (STEMS - 1)]],
  ]);
}

/** A matrix [to, from] of the parts of stems that go to stems: its columns sum to 1. */
export type Routing = Float32Array;

/**
 * The network at work on one signal: frames go in, and routings come out as soon as all that they depend on is there. Only routings
 * are new arrays: small typed arrays lie outside of the heap and are slow to make and to clear away.
 */
export class GateNetwork {
  readonly #input: FrameConvolution;
  readonly #layers: readonly GateLayer[];
  /** What stays of each stem, then the shares of the others. */
  readonly #answer: FrameConvolution;
  readonly #cues: Float32Array;
  readonly #cuesAt: number;
  readonly #first: Float32Array;
  readonly #normalised: Float32Array;
  readonly #normalisedAt: number;
  readonly #answers: Float32Array;
  #routings: Routing[] = [];

  /** @throws WeightsError for other tensors than {@link gateShapes} */
  constructor(state: StateDict) {
    const channels = state.get("in.bias")?.shape[0] ?? 0;
    if (channels % 4 !== 0) {
      throw new WeightsError(
        "weights-mismatch",
        `The gate has ${channels} channels.`,
        "They must be a multiple of 4.",
      );
    }
    for (const [name, shape] of gateShapes(channels)) {
      if (channels > 0 && `${state.get(name)?.shape}` === `${shape}`) continue;
      throw new WeightsError("weights-mismatch", `The gate's tensor "${name}" is not [${shape}].`);
    }
    const kernels = createKernels();
    const numbers = (name: string) => floatData(state, name);
    this.#input = new FrameConvolution(kernels, {
      ...{ weight: numbers("in.weight"), bias: numbers("in.bias") },
      ...{ taps: 1, dilation: 1, rectified: true },
    });
    this.#layers = dilations.map(
      (dilation, i) =>
        new GateLayer(kernels, {
          ...{ weight: numbers(`layers.${i}.weight`), bias: numbers(`layers.${i}.bias`), dilation },
        }),
    );
    this.#answer = new FrameConvolution(kernels, {
      weight: Float32Array.of(...numbers("keep.weight"), ...numbers("share.weight")),
      bias: Float32Array.of(...numbers("keep.bias"), ...numbers("share.bias")),
      ...{ taps: 1, dilation: 1, rectified: false },
    });
    this.#cuesAt = kernels.allocate(4 * CUES);
    this.#normalisedAt = kernels.allocate(4 * channels);
    // Views last from here on: nothing more is allocated.
    this.#cues = kernels.f32(this.#cuesAt, CUES);
    this.#first = kernels.f32(this.#input.out, channels);
    for (const layer of this.#layers) layer.attach();
    this.#normalised = kernels.f32(this.#normalisedAt, channels);
    this.#answers = kernels.f32(this.#answer.out, STEMS * STEMS);
  }

  /** Takes the next frame's cues. */
  push(cues: Float32Array): Routing[] {
    this.#cues.set(cues);
    this.#input.apply(this.#cuesAt);
    this.#pass(this.#first, 0);
    return this.#taken();
  }

  /** What is left when the last frame has been given. */
  end(): Routing[] {
    for (const [i, layer] of this.#layers.entries()) {
      layer.end();
      while (layer.ready) this.#pass(layer.next(), i + 1);
    }
    return this.#taken();
  }

  /** A frame through the layers from one on, and whatever that makes ready. */
  #pass(frame: Float32Array, from: number): void {
    if (from === this.#layers.length) {
      normalise(frame, this.#normalised);
      this.#answer.apply(this.#normalisedAt);
      sigmoids(this.#answers);
      this.#routings.push(routingOf(this.#answers));
      return;
    }
    const layer = this.#layers[from];
    layer.push(frame);
    while (layer.ready) this.#pass(layer.next(), from + 1);
  }

  #taken(): Routing[] {
    const routings = this.#routings;
    this.#routings = [];
    return routings;
  }
}

/**
 * @param answers of each stem the part that stays in it; then of each how much of the rest the others take, in the stems' order,
 * relative to each other
 */
function routingOf(answers: Float32Array): Routing {
  const routing = new Float32Array(STEMS * STEMS);
  for (let from = 0; from < STEMS; from++) {
    const keep = answers[from];
    const first = STEMS + from * (STEMS - 1);
    let sum = 0;
    for (let other = 0; other < STEMS - 1; other++) sum += answers[first + other];
    for (let to = 0; to < STEMS; to++) {
      const share = answers[first + (to < from ? to : to - 1)];
      routing[to * STEMS + from] = to === from ? keep : ((1 - keep) * share) / sum;
    }
  }
  return routing;
}

/** In place. */
function sigmoids(x: Float32Array): void {
  for (let i = 0; i < x.length; i++) x[i] = 1 / (1 + Math.exp(-x[i]));
}
