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

/**
 * The network at work on one signal: frames go in, and routings come out as soon as all that they depend on is there. Only routings
 * are new arrays: small typed arrays lie outside of the heap and are slow to make and to clear away.
 */
export class GateNetwork {
  readonly #input: Dense;
  readonly #layers: readonly Layer[];
  readonly #keep: Dense;
  readonly #share: Dense;
  readonly #normalised: Float32Array;
  #routings: Routing[] = [];

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
    this.#normalised = new Float32Array(channels);
  }

  /** Takes the next frame's cues. */
  push(cues: Float32Array): Routing[] {
    const x = this.#input.apply(cues);
    for (let i = 0; i < x.length; i++) x[i] = Math.max(0, x[i]);
    this.#pass(x, 0);
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
      const keep = sigmoids(this.#keep.apply(this.#normalised));
      const share = sigmoids(this.#share.apply(this.#normalised));
      this.#routings.push(routingOf(keep, share));
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

/** In place. */
function sigmoids(x: Float32Array): Float32Array {
  for (let i = 0; i < x.length; i++) x[i] = 1 / (1 + Math.exp(-x[i]));
  return x;
}

/** x over the root of its mean square. */
function normalise(x: Float32Array, into: Float32Array): void {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * x[i];
  const scale = 1 / Math.sqrt(sum / x.length + EPSILON);
  for (let i = 0; i < x.length; i++) into[i] = x[i] * scale;
}

interface Numbers {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/** A matrix and a bias. */
class Dense {
  readonly #weight: Float32Array;
  readonly #bias: Float32Array;
  readonly #y: Float32Array;

  constructor({ weight, bias }: Numbers) {
    this.#weight = weight;
    this.#bias = bias;
    this.#y = new Float32Array(bias.length);
  }

  /** The result is overwritten by the next one. */
  apply(x: Float32Array): Float32Array {
    this.#y.set(this.#bias);
    addProduct(this.#weight, x, this.#y);
    return this.#y;
  }
}

/** y + ReLU of a convolution of y, normalised, with zeros before the first frame and after the last. */
class Layer {
  readonly #taps: readonly Float32Array[];
  readonly #bias: Float32Array;
  readonly #dilation: number;
  /** The last frames, as many as an answer needs, by their number modulo that, and the same normalised. */
  readonly #frames: readonly Float32Array[];
  readonly #normalised: readonly Float32Array[];
  readonly #y: Float32Array;
  /** Number of the next answer, and of frames in all. */
  #next = 0;
  #count = 0;
  #ended = false;

  constructor({ weight, bias }: Numbers, dilation: number) {
    // [out, in, tap] as a matrix for each tap.
    this.#taps = Array.from({ length: TAPS }, (_, tap) =>
      Float32Array.from({ length: weight.length / TAPS }, (_, i) => weight[i * TAPS + tap]),
    );
    this.#bias = bias;
    this.#dilation = dilation;
    const frames = () =>
      Array.from({ length: 2 * dilation + 1 }, () => new Float32Array(bias.length));
    this.#frames = frames();
    this.#normalised = frames();
    this.#y = new Float32Array(bias.length);
  }

  /** Whether all that the next answer depends on is there. */
  get ready(): boolean {
    return this.#next + (this.#ended ? 0 : this.#dilation) < this.#count;
  }

  push(frame: Float32Array): void {
    const place = this.#count % this.#frames.length;
    this.#frames[place].set(frame);
    normalise(frame, this.#normalised[place]);
    this.#count++;
  }

  end(): void {
    this.#ended = true;
  }

  /** The next answer, overwritten by the one after it. */
  next(): Float32Array {
    const y = this.#y;
    y.set(this.#bias);
    for (const [tap, weight] of this.#taps.entries()) {
      const frame = this.#next + (tap - (TAPS - 1) / 2) * this.#dilation;
      if (frame < 0 || frame >= this.#count) continue;
      addProduct(weight, this.#normalised[frame % this.#frames.length], y);
    }
    const own = this.#frames[this.#next % this.#frames.length];
    for (let i = 0; i < y.length; i++) y[i] = own[i] + Math.max(0, y[i]);
    this.#next++;
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
