import fc from "fast-check";
import { expect, it } from "vitest";
import { ArgumentError, WeightsError } from "../errors.ts";
import { narrowToHalf, widenHalf } from "./halfFloat.ts";
import {
  readSafetensors,
  readSafetensorsMetadata,
  safetensorsHeadSize,
  writeSafetensors,
} from "./safetensors.ts";
import type { StateDict, Tensor } from "./tensor.ts";

/** A file with this header and so many data bytes. */
function file(header: unknown, dataLength: number): Uint8Array {
  const json = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const bytes = new Uint8Array(8 + json.length + dataLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const entry = (dtype: string, shape: unknown, begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

const tensor = fc.array(fc.nat(4), { maxLength: 3 }).chain((shape): fc.Arbitrary<Tensor> => {
  const size = shape.reduce((a, b) => a * b, 1);
  const exactly = { minLength: size, maxLength: size };
  return fc.oneof(
    fc.float32Array(exactly).map((data): Tensor => ({ dtype: "f32", shape, data })),
    fc.float64Array(exactly).map((data): Tensor => ({ dtype: "f64", shape, data })),
    fc.bigInt64Array(exactly).map((data): Tensor => ({ dtype: "i64", shape, data })),
    fc.int32Array(exactly).map((data): Tensor => ({ dtype: "i32", shape, data })),
    fc.uint8Array(exactly).map((data): Tensor => ({ dtype: "u8", shape, data })),
    fc.uint8Array({ ...exactly, max: 1 }).map((data): Tensor => ({ dtype: "bool", shape, data })),
  );
});
const stateDict: fc.Arbitrary<StateDict> = fc
  .array(fc.tuple(fc.string({ unit: "grapheme" }), tensor))
  .map((entries) => new Map([["__proto__", entries[0]?.[1] ?? scalar(1)], ...entries]));

function scalar(value: number): Tensor {
  return { dtype: "f32", shape: [], data: Float32Array.of(value) };
}

it("reads back what it wrote: names, types, shapes, values and metadata", () => {
  const texts = fc.array(fc.tuple(fc.string(), fc.string())).map((pairs) => new Map(pairs));
  fc.assert(
    fc.property(stateDict, texts, fc.nat(7), (state, metadata, shift) => {
      const bytes = writeSafetensors(state, { metadata });
      // Also from the middle of a buffer, where nothing is aligned.
      const shifted = new Uint8Array(bytes.length + shift);
      shifted.set(bytes, shift);
      const back = readSafetensors(shifted.subarray(shift));
      expect(new Map(back.tensors)).toEqual(new Map(state));
      expect(new Map(back.metadata)).toEqual(metadata);
    }),
  );
});

it("aligns the data and every tensor in it", () => {
  const odd: StateDict = new Map<string, Tensor>([
    ["byte", { dtype: "u8", shape: [3], data: Uint8Array.of(1, 2, 3) }],
    ["half", scalar(0.5)],
    ["long", { dtype: "i64", shape: [1], data: BigInt64Array.of(5n) }],
    ["single", scalar(0.1)],
  ]);
  const bytes = writeSafetensors(odd, { floats: (name) => (name === "half" ? "f16" : "f32") });
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  expect(length % 8).toBe(0);
  expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))).toEqual({
    byte: { dtype: "U8", shape: [3], data_offsets: [14, 17] },
    half: { dtype: "F16", shape: [], data_offsets: [12, 14] },
    long: { dtype: "I64", shape: [1], data_offsets: [0, 8] },
    single: { dtype: "F32", shape: [], data_offsets: [8, 12] },
  });
  expect([...readSafetensors(bytes).tensors.keys()]).toEqual(["byte", "half", "long", "single"]);
  const { tensors } = readSafetensors(bytes);
  const plain = [...tensors].map(([name, { dtype, shape, data }]) => [
    name,
    { dtype, shape, data },
  ]);
  expect(Object.fromEntries(plain)).toEqual(Object.fromEntries(odd));
  expect(tensors.get("half")).toMatchObject({ halves: Uint16Array.of(0x3800) });
});

it("reads the metadata from the head alone", () => {
  const metadata = new Map([["a", "b"]]);
  const bytes = writeSafetensors(new Map([["x", scalar(1)]]), { metadata });
  const head = bytes.subarray(0, safetensorsHeadSize(bytes.subarray(0, 8)));
  expect(bytes.length - head.length).toBe(4);
  expect(readSafetensorsMetadata(head)).toEqual(metadata);
  expect(readSafetensorsMetadata(writeSafetensors(new Map()))).toEqual(new Map());
  expect(() => readSafetensorsMetadata(head.subarray(0, -1))).toThrow(WeightsError);
  expect(safetensorsHeadSize(new Uint8Array(8).fill(255))).toBe(2 ** 22 + 9);
});

it("rounds to half precision where asked, tensor by tensor, and leaves other types alone", () => {
  const data = Float32Array.of(0.1, -1e-6, 1000.3);
  const state = new Map<string, Tensor>([
    ["rounded", { dtype: "f32", shape: [3], data }],
    ["kept", { dtype: "f32", shape: [3], data }],
    ["double", { dtype: "f64", shape: [1], data: Float64Array.of(0.1) }],
  ]);
  const { tensors } = readSafetensors(
    writeSafetensors(state, { floats: (name) => (name === "kept" ? "f32" : "f16") }),
  );
  expect(tensors.get("rounded")?.data).toEqual(widenHalf(narrowToHalf(data)));
  expect(tensors.get("kept")?.data).toEqual(data);
  expect(tensors.get("double")?.data).toEqual(Float64Array.of(0.1));
});

it("reads bfloat16", () => {
  const bytes = file({ x: entry("BF16", [2], 0, 4) }, 4);
  bytes.set([0x80, 0x3f, 0x00, 0xc0], bytes.length - 4);
  expect(readSafetensors(bytes).tensors.get("x")?.data).toEqual(Float32Array.of(1, -2));
});

it("refuses to write what it could not read back", () => {
  const big = new Map([["big", scalar(70000)]]);
  expect(() => writeSafetensors(big, { floats: "f16" })).toThrow(/"big": 70000 is too large/);
  expect(() => writeSafetensors(new Map([["__metadata__", scalar(1)]]))).toThrow(ArgumentError);
  const wrong: Tensor = { dtype: "f32", shape: [2], data: new Float32Array(3) };
  expect(() => writeSafetensors(new Map([["w", wrong]]))).toThrow(
    /"w" has 3 values for shape \[2\]/,
  );
});

it("keeps infinities and NaN in half precision", () => {
  const data = Float32Array.of(Number.POSITIVE_INFINITY, Number.NaN);
  const state = new Map<string, Tensor>([["x", { dtype: "f32", shape: [2], data }]]);
  const back = readSafetensors(writeSafetensors(state, { floats: "f16" }));
  expect(back.tensors.get("x")?.data).toEqual(data);
});

const x = entry("F32", [2], 0, 8);

it.each<[string, Uint8Array, RegExp]>([
  ["nothing", new Uint8Array(0), /at least 8 bytes/],
  ["a header longer than the file", file(" ".repeat(20), 0).subarray(0, 20), /claims 20 bytes/],
  ["an absurd header length", new Uint8Array(16).fill(255), /claims 18446744073709551615/],
  ["what is not JSON", file("{", 0), /not valid JSON/],
  ["what is not UTF-8", Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff), /not valid JSON/],
  ["a list", file([], 0), /not a JSON object/],
  [
    "a name that stands twice",
    file(`{"x":${JSON.stringify(x)},"x":${JSON.stringify(x)}}`, 8),
    /"x" stands twice/,
  ],
  ["an entry that is no object", file({ x: 3 }, 0), /"x".*not an object/],
  ["an unknown type", file({ x: entry("F8_E4M3", [1], 0, 1) }, 1), /"x": type "F8_E4M3"/],
  [
    "a type that is an object",
    file({ x: { ...x, dtype: { toString: 1 } } }, 8),
    /"x": type "\{\\"toString\\":1\}" is not supported/,
  ],
  ["a missing type", file({ x: { shape: [2], data_offsets: [0, 8] } }, 8), /"x": its type is miss/],
  ["a type from the prototype", file({ x: entry("toString", [1], 0, 1) }, 1), /"toString"/],
  ["a negative shape", file({ x: entry("F32", [-1], 0, 4) }, 4), /"x".*shape/],
  ["33 axes", file({ x: entry("F32", new Array(33).fill(1), 0, 4) }, 4), /"x".*at most 32/],
  ["a header of nothing but brackets", file("[".repeat(1e6), 0), /nested more than 4 deep/],
  ["more brackets than tensors have", file(`{"x":[${"[],".repeat(1e5)}0]}`, 0), /has more than/],
  ["a long header", file(" ".repeat(2 ** 22 + 1), 0), /is longer than 4194304 bytes/],
  ["a broken shape", file({ x: entry("F32", [0.5], 0, 2) }, 2), /"x".*shape/],
  [
    "a shape beyond all numbers",
    file({ x: entry("F32", [2 ** 40, 2 ** 40], 0, 4) }, 4),
    /too large/,
  ],
  ["three offsets", file({ x: { ...x, data_offsets: [0, 4, 8] } }, 8), /"x".*pair/],
  [
    "offsets backwards",
    file({ x: entry("F32", [2], 8, 0) }, 8),
    /needs 8 bytes, its offsets give -8/,
  ],
  ["shape and bytes that differ", file({ x: entry("F32", [3], 0, 8) }, 8), /needs 12 bytes/],
  ["data cut short", file({ x }, 7), /"x" ends at byte 8 of 7/],
  ["an overlap", file({ x, y: entry("F32", [2], 4, 12) }, 12), /"y" overlaps/],
  ["a gap", file({ x, y: entry("F32", [1], 12, 16) }, 16), /gap before tensor "y"/],
  ["unused bytes", file({ x }, 9), /1 bytes after the last tensor/],
  [
    "metadata that is no object",
    file({ __metadata__: [] }, 0),
    /__metadata__ is not a JSON object/,
  ],
  ["metadata of numbers", file({ __metadata__: { a: 1 } }, 0), /"a" is not a string/],
])("refuses %s", (_, bytes, message) => {
  expect(() => readSafetensors(bytes)).toThrow(WeightsError);
  expect(() => readSafetensors(bytes)).toThrow(message);
});

it("ends in tensors or a WeightsError whatever a byte of the header becomes", () => {
  const good = writeSafetensors(
    new Map([
      ["x", scalar(1)],
      ["y", scalar(2)],
    ]),
  );
  for (let at = 0; at < good.length - 8; at++) {
    // All of them with XUMX_ALL_TESTS=1; else others at every place.
    const step = process.env.XUMX_ALL_TESTS === "1" ? 1 : 7;
    for (let value = at % step; value < 256; value += step) {
      const bytes = good.slice();
      bytes[at] = value;
      try {
        readSafetensors(bytes);
      } catch (error) {
        if (!(error instanceof WeightsError)) throw error;
      }
    }
  }
});
