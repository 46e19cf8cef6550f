/**
 * The weights in frame layout: time is cut in half slices of H = coefs/2 coefficients, and the H
 * coefficients of a half slice are channels.
 *
 * The first convolution (kernel 2H, stride H) then has stride 1 and two taps, one per half of its
 * kernel, over 2·H channels; the last transposed one likewise, its two halves making 2·H channels
 * out of the frame and the one before. Transposed convolutions become convolutions of the fully
 * padded input with the kernel flipped in both axes and input and output channels exchanged. The four
 * targets lie one after another: the first layer reads the same input for all, the others are
 * grouped. Every tensor is a rearrangement of the original's, described by strides.
 */
import type { Axis, Numbers, Rearranger } from "../../kernels/rearrange.ts";
import { targets } from "../targets.ts";
import { type Architecture, tensorName } from "./architecture.ts";

/** How one target's part of a packed tensor is read from a tensor of the state dict. */
interface Rearrangement {
  /** Name within the target's network. */
  readonly layer: number;
  readonly field: string;
  /** Sizes of the packed part, axes split where needed, outermost first. */
  readonly sizes: readonly number[];
  /** Steps in the source for each of `sizes`; negative where an axis is flipped. */
  readonly strides: readonly number[];
  /** Index in the source of the first packed element. */
  readonly start: number;
}

/** What weights are packed from. */
export interface NumberSource {
  /** The numbers of a tensor of the state dict as they lie in its file, and as singles. */
  numbers(name: string): Numbers;
  floats(name: string): Float32Array;
  readonly rearranger: Rearranger;
}

/** A tensor of the packed network: [targets × out, …]. */
export interface PackedTensor {
  readonly shape: readonly number[];
  /** Makes the values from the state dict's, in `into` if it is given. */
  pack(source: NumberSource, into?: Float32Array): Float32Array;
}

/** Parameters of a batch norm, each [targets × channels]. */
export interface PackedNorm {
  readonly weight: PackedTensor;
  readonly bias: PackedTensor;
  readonly mean: PackedTensor;
  readonly variance: PackedTensor;
}

/** All tensors of one block, in the order of the layers. */
export interface PackedBlock {
  /** [4·outer, 2·H, frequency taps, 2]: reads channel c·H + τ. */
  readonly encoderIn: PackedTensor;
  readonly normIn: PackedNorm;
  /** [4·inner, outer, frequency taps, time taps]. */
  readonly encoder: PackedTensor;
  readonly normInner: PackedNorm;
  /** [4·outer, inner, frequency taps, time taps]. */
  readonly decoder: PackedTensor;
  readonly normOut: PackedNorm;
  /** [4·2·H, outer, frequency taps, 2]: makes channel (target·2 + c)·H + τ. */
  readonly decoderOut: PackedTensor;
  /** [4·2·H]. */
  readonly biasOut: PackedTensor;
}

/** Describes the packed tensors of block number `block`. */
export function packedBlock(architecture: Architecture, block: number): PackedBlock {
  const { hidden, timeTaps: time } = architecture;
  const { coefs, frequencyTaps: taps } = architecture.blocks[block];
  const [outer, inner] = hidden;
  const half = coefs / 2;
  const packed = (shape: readonly number[], rearrangement: Rearrangement): PackedTensor => ({
    shape: [targets.length * shape[0], ...shape.slice(1)],
    pack: (source, into) => packTargets(block, rearrangement, source, into),
  });
  const norm = (layer: number, channels: number): PackedNorm => {
    const vector = (field: string) =>
      packed([channels], { layer, field, sizes: [channels], strides: [1], start: 0 });
    return {
      weight: vector("weight"),
      bias: vector("bias"),
      mean: vector("running_mean"),
      variance: vector("running_var"),
    };
  };
  return {
    encoderIn: packed([outer, 2 * half, taps, 2], {
      layer: 0,
      field: "weight",
      // out, c, τ, frequency, half ← [out, c, frequency, half·H + τ]
      sizes: [outer, 2, half, taps, 2],
      strides: [2 * taps * coefs, taps * coefs, 1, coefs, half],
      start: 0,
    }),
    normIn: norm(1, outer),
    encoder: packed([inner, outer, taps, time], {
      layer: 3,
      field: "weight",
      sizes: [inner * outer * taps * time],
      strides: [1],
      start: 0,
    }),
    normInner: norm(4, inner),
    decoder: packed([outer, inner, taps, time], {
      layer: 6,
      field: "weight",
      // out, in, frequency, time ← [in, out, flipped frequency, flipped time]
      sizes: [outer, inner, taps, time],
      strides: [taps * time, outer * taps * time, -time, -1],
      start: taps * time - 1,
    }),
    normOut: norm(7, outer),
    decoderOut: packed([2 * half, outer, taps, 2], {
      layer: 9,
      field: "weight",
      // c, τ, in, frequency, half ← [in, c, flipped frequency, flipped half·H + τ]
      sizes: [2, half, outer, taps, 2],
      strides: [taps * coefs, 1, 2 * taps * coefs, -coefs, -half],
      start: (taps - 1) * coefs + half,
    }),
    biasOut: packed([2 * half], {
      layer: 9,
      field: "bias",
      sizes: [2, half],
      strides: [1, 0],
      start: 0,
    }),
  };
}

/** Fewer numbers than these are copied sooner than they are described. */
const SHORT = 256;

function packTargets(
  block: number,
  { layer, field, sizes, strides, start }: Rearrangement,
  source: NumberSource,
  into?: Float32Array,
): Float32Array {
  const perTarget = sizes.reduce((product, size) => product * size, 1);
  const packed = into ?? new Float32Array(targets.length * perTarget);
  const axes = axesOf(sizes, strides);
  for (const target of targets.keys()) {
    const name = tensorName(block, target, layer, field);
    const own = packed.subarray(target * perTarget, (target + 1) * perTarget);
    if (perTarget < SHORT && axes.length === 1 && axes[0].from === 1) own.set(source.floats(name));
    else source.rearranger.rearrange(source.numbers(name), start, axes, own);
  }
  return packed;
}

/** The axes that are more than one element, one at least: neighbours joined where they can be, smallest steps in the source last. */
function axesOf(sizes: readonly number[], strides: readonly number[]): readonly Axis[] {
  let to = sizes.reduce((product, size) => product * size, 1);
  const axes: Axis[] = [];
  for (const [i, size] of sizes.entries()) {
    to /= size;
    const axis = { size, from: strides[i], to };
    const before = axes.at(-1);
    if (size === 1 && (before || i < sizes.length - 1)) continue;
    const isOne = before && before.from === axis.from * size && before.to === to * size;
    if (isOne) axes[axes.length - 1] = { ...axis, size: before.size * size };
    else axes.push(axis);
  }
  return axes.sort((a, b) => Math.abs(b.from) - Math.abs(a.from));
}
