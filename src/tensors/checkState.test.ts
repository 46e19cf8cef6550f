import { expect, it } from "vitest";
import { WeightsError } from "../errors.ts";
import { checkState } from "./checkState.ts";
import { floatData, type Tensor } from "./tensor.ts";

const zeros = (...shape: number[]): Tensor => ({
  dtype: "f32",
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
});

function complaint(run: () => void): string {
  try {
    run();
  } catch (error) {
    if (error instanceof WeightsError && error.code === "weights-mismatch") return error.message;
    throw error;
  }
  return "";
}

it("is content with the same names and shapes in any order, and with extras it is told to ignore", () => {
  const state = new Map([
    ["b", zeros(2, 3)],
    ["a", zeros()],
    ["a.counter", zeros()],
  ]);
  const expected = new Map<string, number[]>([
    ["a", []],
    ["b", [2, 3]],
  ]);
  expect(complaint(() => checkState(state, expected, (name) => name.endsWith(".counter")))).toBe(
    "",
  );
});

it("names what is missing, unexpected and of another shape", () => {
  const state = new Map([
    ["a", zeros(3, 2)],
    ["extra", zeros(1)],
  ]);
  const expected = new Map([
    ["a", [2, 3]],
    ["lost", [1]],
  ]);
  expect(complaint(() => checkState(state, expected))).toBe(
    'The weights do not fit the network. 1 tensor is missing: "lost". ' +
      '1 tensor is not expected: "extra". ' +
      '1 tensor is of another shape: "a" is [3,2] instead of [2,3].',
  );
});

it("counts all and lists the first ten", () => {
  const expected = new Map(Array.from({ length: 12 }, (_, i) => [`t${i}`, [1]]));
  expect(complaint(() => checkState(new Map(), expected))).toMatch(
    /12 tensors are missing: "t0", .*"t9", and 2 more\.$/,
  );
});

it("gives floats in single precision and says what is missing or no float", () => {
  const state = new Map<string, Tensor>([
    ["single", { dtype: "f32", shape: [1], data: Float32Array.of(2) }],
    ["double", { dtype: "f64", shape: [1], data: Float64Array.of(0.1) }],
    ["count", { dtype: "i64", shape: [1], data: BigInt64Array.of(1n) }],
  ]);
  expect(floatData(state, "single")).toBe(state.get("single")?.data);
  expect(floatData(state, "double")).toEqual(Float32Array.of(0.1));
  expect(complaint(() => floatData(state, "count"))).toMatch(/count holds i64/);
  expect(complaint(() => floatData(state, "none"))).toMatch(/none is missing/);
});
