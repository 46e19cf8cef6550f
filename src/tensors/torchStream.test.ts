import { describe, expect, it } from "vitest";
import {
  bytesOf,
  pickle,
  pickleStateDict,
  type StreamStorage,
  type TorchView,
  torchStream,
} from "../testing/torchFile.ts";
import { readPth } from "./pth.ts";

const numbers = Float32Array.of(0, 1, 2, 3, 4, 5);
const view: TorchView = {
  ...{ name: "w", type: "FloatStorage", key: "7", length: 6, offset: 0 },
  ...{ shape: [2, 3], stride: [3, 1] },
};
const views = [view, { ...view, name: "part", offset: 2, shape: [3], stride: [1] }];
const storage: StreamStorage = { key: "7", count: 6, bytes: bytesOf(numbers) };
const program = pickle(pickleStateDict(views));

describe("a file of before PyTorch 1.6", () => {
  it("gives its tensors, of storages that they share", () => {
    const state = readPth(torchStream(program, [storage]));
    expect(state.get("w")).toEqual({ dtype: "f32", shape: [2, 3], data: numbers });
    expect(state.get("part")?.data).toEqual(Float32Array.of(2, 3, 4));
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["another version", torchStream(program, [storage], { version: 1000 }), /version 1000/],
    [
      "a big-endian machine",
      torchStream(program, [storage], { littleEndian: false }),
      /little-endian/,
    ],
    ["no storage", torchStream(program, []), /lacks the storage "7"/],
    ["a storage of nobody", torchStream(program, [{ ...storage, key: "8" }]), /of which no tensor/],
    ["another count", torchStream(program, [{ ...storage, count: 5 }]), /5 elements, not 6/],
    ["an end that is early", torchStream(program, [storage]).slice(0, -1), /ends before/],
    ["no end of the pickles", torchStream(program, [storage]).slice(0, 40), /ends too early/],
  ])("is refused with %s", (_, bytes, message) => {
    expect(() => readPth(bytes)).toThrow(message);
  });
});
