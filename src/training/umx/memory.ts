/** The stack of recurrent layers of one target, forward and back, with dropout between the layers in training. */
import type { Direction } from "../../networks/index.ts";
import { lstmEnd, type UmxArchitecture, units } from "../../networks/umx/index.ts";
import type { Random } from "../data/random.ts";
import { type Recurred, type SequenceSize, stepsOf } from "./lstmKernels.ts";
import type { Machines } from "./machines.ts";
import { type TargetTensors, tensorOf } from "./parameters.ts";
import { rowsOf } from "./products.ts";

/** Share of numbers that are dropped between layers. */
export const DROPOUT = 0.4;

/** One layer of a pass, for the way back. */
interface PassedLayer {
  /** What it read, [rows, hidden]. */
  readonly input: Float32Array;
  readonly directions: readonly Recurred[];
  /** What its outputs were multiplied by after it; undefined: nothing was dropped. */
  readonly kept: Float32Array | undefined;
}

/** What the way back needs. */
export interface Remembered {
  readonly layers: readonly PassedLayer[];
  /** [rows, hidden]: forward half, then backward half. */
  readonly output: Float32Array;
}

/**
 * @param rows [steps·items, hidden], items of a step together
 * @param random draws what is dropped; undefined: nothing is
 */
export async function remember(
  { products, recurrences }: Machines,
  architecture: UmxArchitecture,
  tensors: TargetTensors,
  rows: Float32Array,
  items: number,
  random: Random | undefined,
): Promise<Remembered> {
  const { layers, directions, hidden } = architecture;
  const size = sizeOf(architecture, rows, items);
  const passed: PassedLayer[] = [];
  let input = rows;
  for (let layer = 0; layer < layers; layer++) {
    const output = new Float32Array(rows.length);
    const recurred: Recurred[] = [];
    for (const [d, direction] of directions.entries()) {
      const tensor = (name: string) =>
        tensorOf(tensors, `lstm.${name}_${lstmEnd(layer, direction)}`);
      const gates = await products.forward(
        rowsOf(input, hidden),
        rowsOf(tensor("weight_ih"), hidden),
      );
      addBiases(gates, tensor("bias_ih"), tensor("bias_hh"));
      const one = recurrences.forward(gates, tensor("weight_hh"), size, isReverse(direction));
      putColumns(output, hidden, d * size.units, stepsOf(one, size, isReverse(direction)).outputs);
      recurred.push(one);
    }
    const kept = random && layer < layers - 1 ? drawKept(random, output.length) : undefined;
    if (kept) multiply(output, kept);
    passed.push({ input, directions: recurred, kept });
    input = output;
  }
  return { layers: passed, output: input };
}

/** The way back. @param gradient by the output; may be overwritten @returns the gradient by the rows */
export async function rememberBack(
  { products, recurrences }: Machines,
  architecture: UmxArchitecture,
  tensors: TargetTensors,
  gradients: TargetTensors,
  { layers }: Remembered,
  items: number,
  gradient: Float32Array,
): Promise<Float32Array> {
  const { directions, hidden } = architecture;
  const size = sizeOf(architecture, gradient, items);
  let byOutput = gradient;
  for (const [layer, { input, directions: recurred, kept }] of [...layers.entries()].reverse()) {
    if (kept) multiply(byOutput, kept);
    const byInput = new Float32Array(input.length);
    for (const [d, direction] of directions.entries()) {
      const reverse = isReverse(direction);
      const end = lstmEnd(layer, direction);
      const tensor = (name: string) => tensorOf(tensors, `lstm.${name}_${end}`);
      const into = (name: string) => tensorOf(gradients, `lstm.${name}_${end}`);
      const own = takeColumns(byOutput, hidden, d * size.units, size.units);
      const { before } = stepsOf(recurred[d], size, reverse);
      const byGates = rowsOf(
        recurrences.back(recurred[d], tensor("weight_hh"), own, size, reverse),
        4 * size.units,
      );
      await products.byWeight(byGates, rowsOf(input, hidden), into("weight_ih"));
      await products.byWeight(byGates, rowsOf(before, size.units), into("weight_hh"));
      const byBias = columnSums(byGates.data, 4 * size.units);
      into("bias_ih").set(byBias);
      into("bias_hh").set(byBias);
      const part = await products.byInput(byGates, rowsOf(tensor("weight_ih"), hidden));
      for (let i = 0; i < part.length; i++) byInput[i] += part[i];
    }
    byOutput = byInput;
  }
  return byOutput;
}

function isReverse(direction: Direction): boolean {
  return direction === "reverse";
}

function sizeOf(architecture: UmxArchitecture, rows: Float32Array, items: number): SequenceSize {
  const steps = rows.length / architecture.hidden / items;
  return { steps, items, units: units(architecture) };
}

function addBiases(gates: Float32Array, input: Float32Array, recurrent: Float32Array): void {
  const bias = input.map((b, k) => b + recurrent[k]);
  for (let at = 0; at < gates.length; at += bias.length) {
    for (let k = 0; k < bias.length; k++) gates[at + k] += bias[k];
  }
}

/** 0 for what is dropped, 1/(1 − share) for the rest. */
function drawKept(random: Random, length: number): Float32Array {
  const kept = new Float32Array(length);
  const dropped = DROPOUT * 2 ** 32;
  for (let i = 0; i < length; i++) kept[i] = random.bits() < dropped ? 0 : 1 / (1 - DROPOUT);
  return kept;
}

function multiply(into: Float32Array, by: Float32Array): void {
  for (let i = 0; i < into.length; i++) into[i] *= by[i];
}

function putColumns(into: Float32Array, width: number, first: number, part: Float32Array): void {
  const own = (part.length * width) / into.length;
  for (let from = 0, to = first; from < part.length; from += own, to += width) {
    for (let i = 0; i < own; i++) into[to + i] = part[from + i];
  }
}

function takeColumns(of: Float32Array, width: number, first: number, count: number): Float32Array {
  const part = new Float32Array((of.length / width) * count);
  for (let to = 0, from = first; to < part.length; to += count, from += width) {
    for (let i = 0; i < count; i++) part[to + i] = of[from + i];
  }
  return part;
}

function columnSums(of: Float32Array, width: number): Float64Array {
  const sums = new Float64Array(width);
  for (let at = 0; at < of.length; at += width) {
    for (let i = 0; i < width; i++) sums[i] += of[at + i];
  }
  return sums;
}
