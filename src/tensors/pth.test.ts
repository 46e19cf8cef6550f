import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { WeightsError } from "../errors.ts";
import { formulaState } from "../testing/formulaWeights.ts";
import { goldenDir } from "../testing/golden.ts";
import {
  bytesOf,
  opcode,
  pickle,
  pickleStateDict,
  pickleTensor,
  type TorchFileOptions,
  type TorchView,
  torchFile,
} from "../testing/torchFile.ts";
import { readPth } from "./pth.ts";

const view: TorchView = {
  name: "w",
  type: "FloatStorage",
  key: "0",
  length: 6,
  offset: 0,
  shape: [2, 3],
  stride: [3, 1],
};
const six = bytesOf(Float32Array.of(0, 1, 2, 3, 4, 5));

function file(views: readonly TorchView[], data = six, options?: TorchFileOptions): Uint8Array {
  return torchFile(pickle(pickleStateDict(views)), { 0: data }, options);
}

/** Reads a file of one tensor and returns its values. */
function values(changes: Partial<TorchView>, data = six): (number | bigint)[] {
  const tensor = readPth(file([{ ...view, ...changes }], data)).get(changes.name ?? "w");
  return [...(tensor?.data ?? [])];
}

it("reads contiguous, transposed, offset, scalar and empty views", () => {
  expect(values({})).toEqual([0, 1, 2, 3, 4, 5]);
  expect(values({ shape: [3, 2], stride: [1, 3] })).toEqual([0, 3, 1, 4, 2, 5]);
  expect(values({ shape: [2], stride: [2], offset: 1 })).toEqual([1, 3]);
  expect(values({ shape: [], stride: [], offset: 5 })).toEqual([5]);
  expect(values({ shape: [2, 0], stride: [9, 1] })).toEqual([]);
  expect(values({ shape: [1, 6], stride: [77, 1] })).toEqual([0, 1, 2, 3, 4, 5]);
});

it("brings channels-last weights of any shape into row-major order", () => {
  const axis = fc.integer({ min: 1, max: 5 });
  fc.assert(
    fc.property(fc.tuple(axis, axis, axis, axis), fc.nat(3), ([o, c, h, w], offset) => {
      const length = offset + o * c * h * w;
      const stride = [c * h * w, 1, c * w, c];
      const storage = Float32Array.from({ length }, (_, i) => Math.fround(1 / (i + 1)));
      const expected: number[] = [];
      for (let i = 0; i < o; i++)
        for (let j = 0; j < c; j++)
          for (let k = 0; k < h; k++)
            for (let l = 0; l < w; l++)
              expected.push(storage[offset + i * stride[0] + j + k * stride[2] + l * c]);
      const found = values({ length, offset, shape: [o, c, h, w], stride }, bytesOf(storage));
      expect(found).toEqual(expected);
    }),
  );
});

it.each<[string, ArrayBufferView, string, (number | bigint)[]]>([
  ["HalfStorage", Uint16Array.of(0x3c00, 0xc000), "f32", [1, -2]],
  ["BFloat16Storage", Uint16Array.of(0x3f80, 0xc000), "f32", [1, -2]],
  ["DoubleStorage", Float64Array.of(0.1, -2), "f64", [0.1, -2]],
  ["LongStorage", BigInt64Array.of(2n ** 60n, -1n), "i64", [2n ** 60n, -1n]],
  ["IntStorage", Int32Array.of(7, -7), "i32", [7, -7]],
  ["ByteStorage", Uint8Array.of(7, 255), "u8", [7, 255]],
  ["BoolStorage", Uint8Array.of(0, 1), "bool", [0, 1]],
])("reads %s, strided too", (type, array, dtype, expected) => {
  const two = { ...view, type, length: 2, shape: [2], stride: [1] };
  const one = { ...two, name: "second", offset: 1, shape: [1, 1], stride: [0, 0] };
  const state = readPth(file([two, one], bytesOf(array)));
  expect(state.get("w")?.dtype).toBe(dtype);
  expect([...(state.get("w")?.data ?? [])]).toEqual(expected);
  expect([...(state.get("second")?.data ?? [])]).toEqual(expected.slice(1));
});

it("lets tensors share a storage, and keeps names and their order, __proto__ included", () => {
  const views = ["z", "__proto__", "a", "0"].map((name) => ({ ...view, name }));
  const state = readPth(file(views));
  expect([...state.keys()]).toEqual(["z", "__proto__", "a", "0"]);
  expect(state.get("a")?.data).not.toBe(state.get("z")?.data);
});

it("takes a size that is a torch.Size", () => {
  const plain = pickleTensor(view);
  const shape = [...opcode.mark, ...opcode.int(2), ...opcode.int(3), ...opcode.tuple];
  const at = plain.findIndex((_, i) => shape.every((byte, j) => plain[i + j] === byte));
  const sized = [
    ...plain.slice(0, at),
    ...opcode.global("torch", "Size"),
    ...shape,
    ...opcode.tuple1,
    ...opcode.reduce,
    ...plain.slice(at + shape.length),
  ];
  const body = pickle([...opcode.emptyDict, ...opcode.text("s"), ...sized, ...opcode.setItem]);
  expect(readPth(torchFile(body, { 0: six })).get("s")?.shape).toEqual([2, 3]);
});

it("reads parameters, any folder name, extra entries and deflated files", () => {
  const parameter = [
    ...opcode.text("p"),
    ...opcode.global("torch._utils", "_rebuild_parameter"),
    ...opcode.mark,
    ...pickleTensor(view),
    ...opcode.true,
    ...opcode.none,
    ...opcode.tuple,
    ...opcode.reduce,
  ];
  const body = pickle(opcode.emptyDict.slice(), parameter, opcode.setItem.slice());
  const extra = {
    byteorder: new TextEncoder().encode("little"),
    ".data/serialization_id": new TextEncoder().encode("123"),
    version: new TextEncoder().encode("3\n"),
  };
  for (const options of [{ folder: "xumx ü", extra }, { level: 6 } as const]) {
    expect([...(readPth(torchFile(body, { 0: six }, options)).get("p")?.data ?? [])]).toEqual([
      0, 1, 2, 3, 4, 5,
    ]);
  }
});

it("finds the state dict inside a checkpoint and ignores the rest", () => {
  const checkpoint = pickle(
    [...opcode.emptyDict, ...opcode.mark],
    [...opcode.text("epoch"), ...opcode.int(3)],
    [...opcode.text("state_dict"), ...pickleStateDict([view])],
    [...opcode.text("optimizer"), ...opcode.emptyDict],
    opcode.setItems.slice(),
  );
  expect([...readPth(torchFile(checkpoint, { 0: six })).keys()]).toEqual(["w"]);
});

it.each<[string, Uint8Array, RegExp]>([
  ["an empty file", new Uint8Array(0), /no zip archive/],
  ["the begin of an old file", Uint8Array.of(0x80, 2, 0x8a, 10), /no zip archive/],
  [
    "a Git LFS pointer",
    new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\n"),
    /LFS/,
  ],
  ["another zip", torchFile(pickle(), {}, { folder: "a/b" }), /no data\.pkl/],
  ["a missing storage", torchFile(pickle(pickleStateDict([view])), {}), /lacks.*archive\/data\/0/],
  ["a storage too short", file([view], six.subarray(4)), /"w".*6 elements of 4 bytes.*20 bytes/],
  ["an offset beyond", file([{ ...view, offset: 1 }]), /"w".*do not fit its storage of 6/],
  ["a stride beyond", file([{ ...view, stride: [4, 1] }]), /do not fit/],
  ["a negative stride", file([{ ...view, stride: [-3, 1] }]), /stride is not a whole number/],
  [
    "strides of 0 that multiply the data",
    file([{ ...view, shape: [1 << 20], stride: [0] }]),
    /do not fit/,
  ],
  [
    "sizes beyond all numbers",
    file([{ ...view, shape: new Array(30).fill(2 ** 31 - 1), stride: new Array(30).fill(0) }]),
    /more than \d+ bytes, in a file of \d+/,
  ],
  [
    "fewer strides than axes",
    file([{ ...view, stride: [1] }]),
    /shape \[2,3\] has the strides \[1\]/,
  ],
  [
    "too many axes",
    file([{ ...view, shape: new Array(33).fill(1), stride: new Array(33).fill(1) }]),
    /33 axes/,
  ],
  [
    "an unknown storage class",
    file([{ ...view, type: "QInt8Storage" }]),
    /"torch\.QInt8Storage".*refused/,
  ],
  [
    "another byte order",
    file([view], six, { extra: { byteorder: new TextEncoder().encode("big") } }),
    /byte order "big"/,
  ],
  ["a list", torchFile(pickle(opcode.emptyList.slice()), {}), /no state dict/],
  ["an empty dict", torchFile(pickle(opcode.emptyDict.slice()), {}), /no state dict/],
  [
    "a dict of numbers",
    torchFile(
      pickle([...opcode.emptyDict, ...opcode.text("lr"), ...opcode.int(1), ...opcode.setItem]),
      {},
    ),
    /"lr".*not a named tensor/,
  ],
  [
    "a call of a storage class",
    torchFile(
      pickle([...opcode.global("torch", "FloatStorage"), ...opcode.emptyTuple, ...opcode.reduce]),
      {},
    ),
    /no function/,
  ],
  [
    "a hostile pickle",
    torchFile(
      pickle([
        ...opcode.global("posix", "system"),
        ...opcode.text("true"),
        ...opcode.tuple1,
        ...opcode.reduce,
      ]),
      {},
    ),
    /"posix\.system".*refused for safety/,
  ],
])("refuses %s", (_, bytes, message) => {
  expect(() => readPth(bytes)).toThrow(WeightsError);
  expect(() => readPth(bytes)).toThrow(message);
});

/** Runs `read` and lets only a WeightsError pass. Returns whether it succeeded. */
function survives(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof WeightsError) return false;
    throw error;
  }
}

it("ends in an error when the file or its pickle is cut anywhere", () => {
  const views = [view, { ...view, name: "v", shape: [3, 2], stride: [1, 3] }];
  const whole = file(views);
  for (let length = 0; length < whole.length; length++) {
    expect(survives(() => readPth(whole.subarray(0, length)))).toBe(false);
  }
  const program = pickle(pickleStateDict(views));
  for (let length = 0; length < program.length; length++) {
    expect(survives(() => readPth(torchFile(program.subarray(0, length), { 0: six })))).toBe(false);
  }
});

it.skipIf(!goldenDir)("reads every value of a genuine file bit for bit", () => {
  const dir = `${goldenDir}weights/tiny-realtime/`;
  const scales: { "mel-32-tiny": { blocks_bins_coefs: [number, number][] } } = JSON.parse(
    readFileSync(`${goldenDir}scales.json`, "utf8"),
  );
  const expected: {
    tensor_count: number;
    tensors: Record<string, { dtype: string; shape: number[]; sum: number }>;
  } = JSON.parse(readFileSync(`${dir}expected.json`, "utf8"));
  const state = readPth(readFileSync(`${dir}xumx_slicq_v2.pth`));
  const formula = formulaState({
    blocks: scales["mel-32-tiny"].blocks_bins_coefs,
    c1: 50,
    c2: 51,
    kt: 4,
    counter: 4730,
  });
  expect([...state.keys()]).toEqual([...formula.keys()]);
  expect(state.size).toBe(expected.tensor_count);
  for (const [name, tensor] of state) {
    const twin = formula.get(name);
    expect(tensor.shape, name).toEqual(twin?.shape);
    expect(
      tensor.data.findIndex((value, i) => value !== twin?.data[i]),
      name,
    ).toBe(-1);
  }
  for (const [name, { dtype, shape, sum }] of Object.entries(expected.tensors)) {
    const tensor = state.get(name);
    expect(tensor?.dtype, name).toBe(dtype === "int64" ? "i64" : "f32");
    expect(tensor?.shape, name).toEqual(shape);
    let total = 0;
    for (const value of tensor?.data ?? []) total += Number(value);
    expect(total, name).toBeCloseTo(sum, 9);
  }
});
