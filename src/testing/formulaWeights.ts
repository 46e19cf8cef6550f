/** Weights without a file: whole models made by a formula from names and shapes, the same in every language. */
import { elementCount, type F32Tensor, type StateDict, type Tensor } from "../tensors/index.ts";

/** What the shapes of a model depend on. */
export interface FormulaSizes {
  /** Per block, its number of bins and of coefficients per slice. */
  readonly blocks: readonly (readonly [bins: number, coefs: number])[];
  /** Hidden channels (50 and 51 in the published models). */
  readonly c1: number;
  readonly c2: number;
  /** Time filter of the middle layers (4 in the published models). */
  readonly kt: number;
  /** Value of the `num_batches_tracked` counters; default 0. */
  readonly counter?: number;
}

/** FNV-1a, 32 bit, of the UTF-8 bytes of a name. */
function hash(name: string): number {
  let h = 2166136261;
  for (const byte of new TextEncoder().encode(name)) h = Math.imul(h ^ byte, 16777619);
  return h >>> 0;
}

function mix(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** A function of i giving the uniform numbers in (0, 1) that belong to a name. */
export function formulaUniform(name: string): (i: number) => number {
  const start = hash(name);
  return (i) => (mix(Math.imul(i, 0x9e3779b9) + start) + 0.5) / 2 ** 32;
}

/** A tensor whose values lie between `lo` and `hi`, computed in double and rounded once. */
export function formulaTensor(
  name: string,
  shape: readonly number[],
  lo: number,
  hi: number,
): F32Tensor {
  const uniform = formulaUniform(name);
  const data = new Float32Array(elementCount(shape));
  for (let i = 0; i < data.length; i++) data[i] = lo + (hi - lo) * uniform(i);
  return { dtype: "f32", shape, data };
}

/** A whole state dict with the names, shapes and order of the original's files. */
export function formulaState(sizes: FormulaSizes): StateDict {
  const state = new Map<string, Tensor>();
  sizes.blocks.forEach(([bins, coefs], block) => {
    for (const [name, shape, lo, hi] of blockTensors(block, bins, coefs, sizes)) {
      state.set(name, formulaTensor(name, shape, lo, hi));
      if (name.endsWith(".running_var")) {
        const data = BigInt64Array.of(BigInt(sizes.counter ?? 0));
        const counter = name.replace("running_var", "num_batches_tracked");
        state.set(counter, { dtype: "i64", shape: [], data });
      }
    }
  });
  return state;
}

/** Frequency filter of a block: 1, 3 or 5 bins. */
export function frequencyFilter(bins: number): number {
  return bins < 10 ? 1 : bins < 20 ? 3 : 5;
}

type Recipe = readonly [name: string, shape: readonly number[], lo: number, hi: number];

/** Recipes of one block's floating-point tensors, in file order. */
function* blockTensors(
  block: number,
  bins: number,
  coefs: number,
  { c1, c2, kt }: FormulaSizes,
): Generator<Recipe> {
  const prefix = `sliced_umx.${block}`;
  const kf = frequencyFilter(bins);
  const c = Math.min(16, 0.6 * (coefs / 20) ** 2);
  yield [`${prefix}.input_mean`, [bins], -0.5 / c, -0.1 / c];
  yield [`${prefix}.input_scale`, [bins], 0.7 * c, 1.3 * c];
  for (let target = 0; target < 4; target++) {
    const layer = `${prefix}.cdaes.${target}`;
    yield weight(`${layer}.0.weight`, [c1, 2, kf, coefs], 1.5, 2 * kf * coefs);
    yield* batchNorm(`${layer}.1`, c1);
    yield weight(`${layer}.3.weight`, [c2, c1, kf, kt], 1.4, c1 * kf * kt);
    yield* batchNorm(`${layer}.4`, c2);
    yield weight(`${layer}.6.weight`, [c2, c1, kf, kt], 1.4, c2 * kf * kt);
    yield* batchNorm(`${layer}.7`, c1);
    yield weight(`${layer}.9.weight`, [c1, 2, kf, coefs], 1.6, c1 * kf * 2);
    yield [`${layer}.9.bias`, [2], -0.9, 0.1];
  }
}

function weight(name: string, shape: readonly number[], gain: number, fanIn: number): Recipe {
  const bound = gain * Math.sqrt(3 / fanIn);
  return [name, shape, -bound, bound];
}

function* batchNorm(layer: string, channels: number): Generator<Recipe> {
  yield [`${layer}.weight`, [channels], 0.6, 1.4];
  yield [`${layer}.bias`, [channels], -0.3, 0.5];
  yield [`${layer}.running_mean`, [channels], -0.2, 0.2];
  yield [`${layer}.running_var`, [channels], 0.5, 1.5];
}
