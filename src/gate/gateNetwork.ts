/** The gate's network, frame by frame: from cues to which part of each stem goes to which (docs/mathematics.md, 9.2). */
import { WeightsError } from "../errors.ts";
import { floatData, type StateDict } from "../tensors/index.ts";
import { CUES } from "./cues.ts";
import { STEMS } from "./stemPowers.ts";

/** Frames between the taps of each layer. */
export const dilations = [1, 2, 4, 8, 16, 32] as const;

/** Frames that an answer depends on, before it and after. */
export const NETWORK_REACH = dilations.reduce((sum, dilation) => sum + dilation, 0);

/** Taps of a layer in time. */
const TAPS = 3;

/** Added to mean squares. */
const EPSILON = 1e-3;

/** Names and shapes of the tensors of a network with so many channels. */
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

/** The network at work on one signal: frames go in, and routings come out as soon as all that they depend on is there. */
export class GateNetwork {
  readonly #input: Dense;
  readonly #layers: readonly Layer[];
  readonly #keep: Dense;
  readonly #share: Dense;

  /** @throws WeightsError for other tensors than {@link gateShapes} */
  constructor(state: StateDict) {
    const channels = state.get("in.bias")?.shape[0] ?? 0;
    for (const [name, shape] of gateShapes(channels)) {
      if (channels > 0 && `${state.get(name)?.shape}` === `${shape}`) continue;
      throw new WeightsError("weights-mismatch", `The gate's tensor "${name}" is not [${shape}].`);
    }
    const of = (name: string) => ({
      weight: floatData(state, `${name}.weight`),
      bias: floatData(state, `${name}.bias`),
    });
    this.#input = new Dense(of("in"));
    this.#layers = dilations.map((dilation, i) => new Layer(of(`layers.${i}`), dilation));
    this.#keep = new Dense(of("keep"));
    this.#share = new Dense(of("share"));
  }

  /** Takes the next frame's cues. */
  push(cues: Float32Array): Routing[] {
    const x = this.#input.apply(cues).map((value) => Math.max(0, value));
    return this.#routings(this.#through([x], 0));
  }

  /** What is left when the last frame has been given. */
  end(): Routing[] {
    const routings: Routing[] = [];
    for (const [i, layer] of this.#layers.entries()) {
      routings.push(...this.#routings(this.#through(layer.end(), i + 1)));
    }
    return routings;
  }

  /** Frames through the layers from one on. */
  #through(frames: readonly Float32Array[], from: number): readonly Float32Array[] {
    let now = frames;
    for (const layer of this.#layers.slice(from)) {
      now = now.flatMap((frame) => layer.push(frame));
    }
    return now;
  }

  #routings(frames: readonly Float32Array[]): Routing[] {
    return frames.map((frame) => {
      const x = normalised(frame);
      return routingOf(this.#keep.apply(x).map(sigmoid), this.#share.apply(x).map(sigmoid));
    });
  }
}

/**
 * @param keep part of each stem that stays in it
 * @param share of each stem, how much of the rest the others take, in the stems' order, relative to each other
 */
function routingOf(keep: Float32Array, share: Float32Array): Routing {
  const routing = new Float32Array(STEMS * STEMS);
  for (let from = 0; from < STEMS; from++) {
    const first = from * (STEMS - 1);
    const shares = share.subarray(first, first + STEMS - 1);
    const sum = shares.reduce((a, b) => a + b, 0);
    for (let to = 0; to < STEMS; to++) {
      const other = to < from ? to : to - 1;
      routing[to * STEMS + from] =
        to === from ? keep[from] : ((1 - keep[from]) * shares[other]) / sum;
    }
  }
  return routing;
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** Over the root of the mean square. */
function normalised(x: Float32Array): Float32Array {
  let sum = 0;
  for (const value of x) sum += value * value;
  const scale = 1 / Math.sqrt(sum / x.length + EPSILON);
  return x.map((value) => value * scale);
}

interface Numbers {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/** A matrix and a bias. */
class Dense {
  readonly #weight: Float32Array;
  readonly #bias: Float32Array;

  constructor({ weight, bias }: Numbers) {
    this.#weight = weight;
    this.#bias = bias;
  }

  apply(x: Float32Array): Float32Array {
    const y = new Float32Array(this.#bias.length);
    for (let i = 0, at = 0; i < y.length; i++) {
      let sum = this.#bias[i];
      for (let j = 0; j < x.length; j++, at++) sum += this.#weight[at] * x[j];
      y[i] = sum;
    }
    return y;
  }
}

/** y + ReLU of a convolution of y, normalised, with zeros before the first frame and after the last. */
class Layer {
  readonly #taps: readonly Float32Array[];
  readonly #bias: Float32Array;
  readonly #dilation: number;
  /** Frames that are still needed, and the same normalised. */
  readonly #frames: Float32Array[] = [];
  readonly #normalised: Float32Array[] = [];
  /** Number of the first of these, of the next answer, and of frames in all. */
  #first = 0;
  #next = 0;
  #count = 0;

  constructor({ weight, bias }: Numbers, dilation: number) {
    // [out, in, tap] as a matrix for each tap.
    this.#taps = Array.from({ length: TAPS }, (_, tap) =>
      Float32Array.from({ length: weight.length / TAPS }, (_, i) => weight[i * TAPS + tap]),
    );
    this.#bias = bias;
    this.#dilation = dilation;
  }

  push(frame: Float32Array): Float32Array[] {
    this.#frames.push(frame);
    this.#normalised.push(normalised(frame));
    this.#count++;
    return this.#next + this.#dilation < this.#count ? [this.#answer()] : [];
  }

  end(): Float32Array[] {
    const left: Float32Array[] = [];
    while (this.#next < this.#count) left.push(this.#answer());
    return left;
  }

  #answer(): Float32Array {
    const dilation = this.#dilation;
    const y = Float32Array.from(this.#bias);
    for (const [tap, weight] of this.#taps.entries()) {
      const place = this.#next + (tap - (TAPS - 1) / 2) * dilation - this.#first;
      const x = place < 0 ? undefined : this.#normalised[place];
      if (x) addProduct(weight, x, y);
    }
    const own = this.#frames[this.#next - this.#first];
    for (let i = 0; i < y.length; i++) y[i] = own[i] + Math.max(0, y[i]);
    this.#next++;
    if (this.#next - this.#first > dilation) {
      this.#frames.shift();
      this.#normalised.shift();
      this.#first++;
    }
    return y;
  }
}

/** y += weight · x */
function addProduct(weight: Float32Array, x: Float32Array, y: Float32Array): void {
  for (let i = 0, at = 0; i < y.length; i++) {
    let sum = 0;
    for (let j = 0; j < x.length; j++, at++) sum += weight[at] * x[j];
    y[i] += sum;
  }
}
