/**
 * Weight files changed at random, from a seed: what a fuzz of the readers feeds them. Every change can be made again
 * from the reader's name and the seed alone.
 */
import { XumxError } from "../../errors.ts";
import {
  bytesOf,
  littleEndian,
  pickle,
  pickleStateDict,
  type TorchView,
  torchFile,
  torchStream,
} from "../../testing/torchFile.ts";
import { readPth } from "../pth.ts";
import { readSafetensors, writeSafetensors } from "../safetensors.ts";
import type { StateDict, Tensor } from "../tensor.ts";

/** Whole numbers from 0 below a bound, from a seed. */
type Draw = (below: number) => number;

function drawFrom(seed: number): Draw {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Lengths and counts that a careless reader would allocate, or that overflow. */
const hostileNumbers: readonly number[] = [
  ...[0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff],
  ...[2 ** 32, 2 ** 40, 2 ** 53 - 1, 2 ** 53, 2 ** 62],
];

/** A copy with a few bytes, a number or digits changed, or with a piece cut out, repeated, moved or cut off. */
export function mutated(bytes: Uint8Array, seed: number): Uint8Array {
  const draw = drawFrom(seed);
  let current = bytes;
  // Mostly a single change: the first that is seen is where a reader stops.
  for (let n = Math.max(0, draw(6) - 3); n >= 0; n--) current = mutatedOnce(current, draw);
  return current;
}

function mutatedOnce(bytes: Uint8Array, draw: Draw): Uint8Array {
  const copy = bytes.slice();
  const at = draw(bytes.length);
  const length = 1 + draw(Math.min(64, Math.max(1, bytes.length - at)));
  switch (draw(9)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return joined(bytes.subarray(0, at), bytes.subarray(at + length));
    case 2:
      return joined(bytes.subarray(0, at + length), bytes.subarray(at));
    case 3: {
      const to = draw(bytes.length);
      copy.copyWithin(to, at, at + length);
      return copy;
    }
    case 4: {
      const number = hostileNumbers[draw(hostileNumbers.length)];
      const width = [1, 2, 4, 8][draw(4)];
      copy.set(littleEndian(number, width).slice(0, copy.length - at), at);
      return copy;
    }
    case 5: {
      // A number in a text becomes another one, perhaps with more digits.
      const digits = [...copy.keys()].filter((i) => copy[i] >= 0x30 && copy[i] <= 0x39);
      const place = digits[draw(digits.length)] ?? at;
      const text = ["-1", "0", "9007199254740993", "1e99", "4294967296"][draw(5)];
      const inserted = new TextEncoder().encode(text);
      return joined(bytes.subarray(0, place), inserted, bytes.subarray(place + 1));
    }
    default:
      for (let n = draw(3); n >= 0 && copy.length > 0; n--) copy[draw(copy.length)] ^= 1 << draw(8);
      return copy;
  }
}

/** A copy with a few of its bytes repeated a hundred thousand times: what costs little must cost little often. */
export function swollen(bytes: Uint8Array, seed: number): Uint8Array {
  const draw = drawFrom(seed);
  const at = draw(bytes.length);
  const piece = bytes.subarray(at, at + 1 + draw(4));
  const repeated = new Uint8Array(piece.length * 1e5).map((_, i) => piece[i % piece.length]);
  return joined(bytes.subarray(0, at), repeated, bytes.subarray(at));
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** What a field of a header may be instead. */
const hostileValues: readonly unknown[] = [
  ...hostileNumbers,
  ...[-1, 0.5, null, true, "", "F64", "F16", "BF16", "U8", "I64", "F8", [], {}],
  ...[[0], [-1], [1, 1, 1], [6], [2 ** 40, 2 ** 40], [0, 24], [0, 8], [24, 0]],
];

/** A JSON value of which one part, however deep, is another one. */
function mutatedJson(value: unknown, draw: Draw): unknown {
  if (typeof value !== "object" || value === null || draw(6) === 0) {
    return hostileValues[draw(hostileValues.length)];
  }
  const entries = Object.entries(value);
  const chosen = draw(entries.length);
  const changed = entries.map(([key, part], i): [string, unknown] => [
    key,
    i === chosen ? mutatedJson(part, draw) : part,
  ]);
  return Array.isArray(value) ? changed.map(([, part]) => part) : Object.fromEntries(changed);
}

const view: TorchView = {
  ...{ name: "w", type: "FloatStorage", key: "0", length: 6, offset: 0 },
  ...{ shape: [2, 3], stride: [3, 1] },
};
const views: readonly TorchView[] = [
  view,
  { ...view, name: "transposed", shape: [3, 2], stride: [1, 3] },
  { ...view, name: "count", type: "LongStorage", key: "1", length: 2, shape: [2], stride: [1] },
];
const program = pickle(pickleStateDict(views));

/** The first tensor with other sizes than its storage has. */
function mutatedViews(draw: Draw): readonly TorchView[] {
  const sizes = [0, 1, 2, 3, 6, 7, 2 ** 16, 2 ** 30, 2 ** 31 - 1, -1];
  const size = () => sizes[draw(sizes.length)];
  const axes = draw(5);
  const changes: readonly Partial<TorchView>[] = [
    { shape: Array.from({ length: axes }, size) },
    { shape: Array.from({ length: axes }, size), stride: Array.from({ length: axes }, size) },
    { stride: [size(), size()] },
    { offset: size() },
    { length: size() },
    { shape: [size()], stride: [0] },
    { type: ["DoubleStorage", "HalfStorage", "BoolStorage", "QInt8Storage"][draw(4)] },
    { key: ["1", "2", "../0", ""][draw(4)] },
  ];
  return [{ ...view, ...changes[draw(changes.length)] }, ...views.slice(1)];
}
const storages = {
  0: bytesOf(Float32Array.of(0, 1, 2, 3, 4, 5)),
  1: bytesOf(BigInt64Array.of(1n, -1n)),
};

const state: StateDict = new Map<string, Tensor>([
  ["w", { dtype: "f32", shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) }],
  ["count", { dtype: "i64", shape: [2], data: BigInt64Array.of(1n, -1n) }],
  ["flag", { dtype: "bool", shape: [], data: Uint8Array.of(1) }],
]);
const metadata = new Map([["format", "pt"]]);

/** A reader of weight files, and files that were good before a seed changed them. */
export interface Fuzzed {
  readonly make: (seed: number) => Uint8Array;
  readonly read: (bytes: Uint8Array) => unknown;
}

/**
 * The readers. Files are changed as they are, or in one layer alone whose frame is right: the zip's directory, the
 * pickle, the tensors' sizes in it; the header of a safetensors file, one value of its JSON.
 */
export const fuzzed: Readonly<Record<"pth" | "stream" | "safetensors", Fuzzed>> = {
  pth: {
    make: (seed) => {
      const level = seed % 5 === 0 ? 6 : 0;
      if (seed % 100 === 1) return torchFile(swollen(program, seed), storages, { level: 6 });
      const whole = torchFile(program, storages, { level });
      if (seed % 4 === 0) return mutated(whole, seed);
      if (seed % 4 === 1) return torchFile(mutated(program, seed), storages, { level });
      if (seed % 4 === 2) {
        const changed = pickle(pickleStateDict(mutatedViews(drawFrom(seed))));
        return torchFile(changed, storages, { level });
      }
      // The directory lies at the end, 46 bytes and a name for each of 3 entries.
      const directory = whole.length - 22 - 3 * 62;
      return joined(whole.subarray(0, directory), mutated(whole.subarray(directory), seed));
    },
    read: readPth,
  },
  stream: {
    make: (seed) => {
      const all = [
        { key: "0", count: 6, bytes: storages[0] },
        { key: "1", count: 2, bytes: storages[1] },
      ];
      if (seed % 3 === 0) return mutated(torchStream(program, all), seed);
      if (seed % 3 === 1) {
        return torchStream((seed % 100 === 1 ? swollen : mutated)(program, seed), all);
      }
      return torchStream(pickle(pickleStateDict(mutatedViews(drawFrom(seed)))), all);
    },
    read: readPth,
  },
  safetensors: {
    make: (seed) => {
      const whole = writeSafetensors(state, { metadata });
      if (seed % 3 === 0) return mutated(whole, seed);
      const end = 8 + Number(new DataView(whole.buffer).getBigUint64(0, true));
      const text = whole.subarray(8, end);
      const header =
        seed % 3 === 1
          ? (seed % 100 === 1 ? swollen : mutated)(text, seed)
          : new TextEncoder().encode(
              JSON.stringify(
                mutatedJson(JSON.parse(new TextDecoder().decode(text)), drawFrom(seed)),
              ),
            );
      return joined(Uint8Array.from(littleEndian(header.length, 8)), header, whole.subarray(end));
    },
    read: readSafetensors,
  },
};

/** What became of reading: "read", or the code of a typed error. Other errors pass. */
export function outcomeOf(read: () => unknown): string {
  try {
    read();
    return "read";
  } catch (error) {
    if (error instanceof XumxError) return error.code;
    throw error;
  }
}
