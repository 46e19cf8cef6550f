import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { formulaState, formulaTensor } from "./formulaWeights.ts";
import { goldenDir } from "./golden.ts";

interface FormulaFile {
  readonly models: Record<string, FormulaModel>;
}

interface FormulaModel {
  readonly tensors_without_counters: number;
  readonly values_total: number;
  readonly sum_of_all_values_float64: number;
  readonly sum_of_all_squares_float64: number;
  readonly tensors: Record<
    string,
    { shape: number[]; lo: number; hi: number; first: number[]; last: number; sum: number }
  >;
}

interface ScalesFile {
  readonly [name: string]: { readonly blocks_bins_coefs: [number, number][] };
}

it("gives the known values of one tensor, bit for bit", () => {
  const name = "sliced_umx.0.cdaes.0.1.weight";
  const { data } = formulaTensor(name, [50], 0.6, 1.4);
  expect([...data.subarray(0, 4)]).toEqual([
    1.0391566753387451, 1.0848414897918701, 0.7565574049949646, 0.9484217166900635,
  ]);
  expect(data[49]).toBe(0.739854097366333);
});

it("names 82 tensors a block, counters right after the running variances", () => {
  const state = formulaState({
    blocks: [
      [9, 16],
      [12, 20],
    ],
    c1: 3,
    c2: 5,
    kt: 4,
    counter: 7,
  });
  const names = [...state.keys()];
  expect(names).toHaveLength(164);
  expect(names.slice(0, 8)).toEqual([
    "sliced_umx.0.input_mean",
    "sliced_umx.0.input_scale",
    "sliced_umx.0.cdaes.0.0.weight",
    "sliced_umx.0.cdaes.0.1.weight",
    "sliced_umx.0.cdaes.0.1.bias",
    "sliced_umx.0.cdaes.0.1.running_mean",
    "sliced_umx.0.cdaes.0.1.running_var",
    "sliced_umx.0.cdaes.0.1.num_batches_tracked",
  ]);
  expect(state.get("sliced_umx.1.cdaes.3.7.num_batches_tracked")?.data[0]).toBe(7n);
  expect(state.get("sliced_umx.1.cdaes.3.6.weight")?.shape).toEqual([5, 3, 3, 4]);
});

it.skipIf(!goldenDir).each([
  ["bark-262", "bark-262"],
  ["mel-32", "mel-32-tiny"],
])("replays the whole reference model %s bit for bit", (modelName, scaleName) => {
  const formula: FormulaFile = JSON.parse(readFileSync(`${goldenDir}weights/formula.json`, "utf8"));
  const scales: ScalesFile = JSON.parse(readFileSync(`${goldenDir}scales.json`, "utf8"));
  const model = formula.models[modelName];
  const blocks = scales[scaleName].blocks_bins_coefs;
  const state = formulaState({ blocks, c1: 50, c2: 51, kt: 4 });

  for (const [name, expected] of Object.entries(model.tensors)) {
    const tensor = state.get(name);
    if (tensor?.dtype !== "f32") throw new Error(`${name} is not there`);
    expect(tensor.shape, name).toEqual(expected.shape);
    expect([...tensor.data.subarray(0, expected.first.length)], name).toEqual(expected.first);
    expect(tensor.data.at(-1), name).toBe(expected.last);
    const whole = formulaTensor(name, expected.shape, expected.lo, expected.hi);
    expect(tensor.shape, name).toEqual(whole.shape);
    expect(Buffer.compare(bytesOf(tensor.data), bytesOf(whole.data)), name).toBe(0);
  }
  let count = 0;
  let values = 0;
  let sum = 0;
  let squares = 0;
  for (const tensor of state.values()) {
    if (tensor.dtype !== "f32") continue;
    count++;
    values += tensor.data.length;
    for (const value of tensor.data) {
      sum += value;
      squares += value * value;
    }
  }
  expect(count).toBe(model.tensors_without_counters);
  expect(values).toBe(model.values_total);
  expect(Math.abs(sum / model.sum_of_all_values_float64 - 1)).toBeLessThan(1e-10);
  expect(Math.abs(squares / model.sum_of_all_squares_float64 - 1)).toBeLessThan(1e-10);
});

const bytesOf = (data: Float32Array) =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
