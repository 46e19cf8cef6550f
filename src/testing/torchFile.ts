/** Writes small PyTorch files for tests: opcodes of pickle protocol 2, and the zip around them. */
import { type Zippable, zipSync } from "fflate";

/** Opcodes and arguments; a pickle is their concatenation. */
export const opcode = {
  proto: [0x80, 2],
  stop: [0x2e],
  mark: [0x28],
  tuple: [0x74],
  tuple1: [0x85],
  tuple2: [0x86],
  emptyTuple: [0x29],
  emptyList: [0x5d],
  appends: [0x65],
  append: [0x61],
  emptyDict: [0x7d],
  setItem: [0x73],
  setItems: [0x75],
  none: [0x4e],
  true: [0x88],
  false: [0x89],
  reduce: [0x52],
  build: [0x62],
  persistentId: [0x51],
  put: (index: number) => [0x71, index],
  get: (index: number) => [0x68, index],
  global: (module: string, name: string) => [0x63, ...ascii(`${module}\n${name}\n`)],
  text: (text: string) => {
    const bytes = [...new TextEncoder().encode(text)];
    return [0x58, ...littleEndian(bytes.length, 4), ...bytes];
  },
  int: (value: number) => [0x4a, ...littleEndian(value, 4)],
} as const;

export function littleEndian(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 255n));
}

function ascii(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}

/** A tensor as PyTorch writes it: a view of a storage that others may share. */
export interface TorchView {
  readonly name: string;
  /** Name of the storage class, e.g. `FloatStorage`. */
  readonly type: string;
  readonly key: string;
  /** Elements in the whole storage. */
  readonly length: number;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
}

function intTuple(values: readonly number[]): number[] {
  return [...opcode.mark, ...values.flatMap((value) => opcode.int(value)), ...opcode.tuple];
}

/** Pushes one tensor. */
export function pickleTensor(view: TorchView): number[] {
  return [
    ...opcode.global("torch._utils", "_rebuild_tensor_v2"),
    ...opcode.mark,
    ...opcode.mark,
    ...opcode.text("storage"),
    ...opcode.global("torch", view.type),
    ...opcode.text(view.key),
    ...opcode.text("cuda:0"),
    ...opcode.int(view.length),
    ...opcode.tuple,
    ...opcode.persistentId,
    ...opcode.int(view.offset),
    ...intTuple(view.shape),
    ...intTuple(view.stride),
    ...opcode.false,
    ...opcode.global("collections", "OrderedDict"),
    ...opcode.emptyTuple,
    ...opcode.reduce,
    ...opcode.tuple,
    ...opcode.reduce,
  ];
}

/** Pushes an OrderedDict of tensors with the `_metadata` attribute that state dicts carry. */
export function pickleStateDict(views: readonly TorchView[]): number[] {
  return [
    ...opcode.global("collections", "OrderedDict"),
    ...opcode.emptyTuple,
    ...opcode.reduce,
    ...opcode.put(1),
    ...opcode.mark,
    ...views.flatMap((view) => [...opcode.text(view.name), ...pickleTensor(view)]),
    ...opcode.setItems,
    ...opcode.emptyDict,
    ...opcode.text("_metadata"),
    ...opcode.emptyDict,
    ...opcode.setItem,
    ...opcode.build,
  ];
}

/** A whole pickle. */
export function pickle(...body: readonly number[][]): Uint8Array {
  return Uint8Array.from([...opcode.proto, ...body.flat(), ...opcode.stop]);
}

export interface TorchFileOptions {
  /** Name of the top folder; default `archive`. */
  readonly folder?: string;
  /** Entries besides the pickle and the storages. */
  readonly extra?: Readonly<Record<string, Uint8Array>>;
  /** 0 stores, as PyTorch does; more deflates. */
  readonly level?: 0 | 6;
}

/** The zip archive of a `.pth` from its pickle and the bytes of its storages by key. */
export function torchFile(
  dataPickle: Uint8Array,
  storages: Readonly<Record<string, Uint8Array>>,
  { folder = "archive", extra = {}, level = 0 }: TorchFileOptions = {},
): Uint8Array {
  const entries: Zippable = { [`${folder}/data.pkl`]: dataPickle };
  for (const [key, bytes] of Object.entries(storages)) entries[`${folder}/data/${key}`] = bytes;
  for (const [name, bytes] of Object.entries(extra)) entries[`${folder}/${name}`] = bytes;
  return zipSync(entries, { level });
}

/** A storage in a file of before PyTorch 1.6: what is written before its numbers, and these. */
export interface StreamStorage {
  readonly key: string;
  readonly count: number;
  readonly bytes: Uint8Array;
}

/** The stream that PyTorch wrote before version 1.6, from its pickle and its storages. */
export function torchStream(
  dataPickle: Uint8Array,
  storages: readonly StreamStorage[],
  { littleEndian: isLittle = true, version = 1001 } = {},
): Uint8Array {
  const magic = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
  const machine = [
    ...opcode.emptyDict,
    ...opcode.text("little_endian"),
    ...(isLittle ? opcode.true : opcode.false),
    ...opcode.setItem,
  ];
  const keys = storages.flatMap(({ key }) => [...opcode.text(key), ...opcode.append]);
  const parts = [
    pickle(magic),
    pickle([...opcode.int(version)]),
    pickle(machine),
    dataPickle,
    pickle([...opcode.emptyList, ...keys]),
    ...storages.flatMap(({ count, bytes }) => [Uint8Array.from(littleEndian(count, 8)), bytes]),
  ];
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** The bytes of a typed array. */
export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
