/**
 * Reads and writes safetensors files.
 *
 * Layout: 8 bytes, the header's length N (little-endian); N bytes of JSON, `name -> {dtype, shape,
 * data_offsets: [begin, end]}` and optionally `__metadata__` (strings); then the raw row-major data,
 * which the offsets count from and which the tensors cover without gaps or overlaps.
 */
import { ForeignJsonError, parseCounted } from "../bytes/foreignJson.ts";
import { quoted } from "../bytes/quoted.ts";
import { ArgumentError, WeightsError } from "../errors.ts";
import { corrupt } from "./corrupt.ts";
import { narrowToHalf } from "./halfFloat.ts";
import { topLevelKeys } from "./jsonKeys.ts";
import { decodeTensor, isStorageFormat, itemSizes, type StorageFormat } from "./storageFormat.ts";
import { elementCount, maxAxes, type StateDict, type Tensor } from "./tensor.ts";

/** What a safetensors file holds. */
export interface SafetensorsFile {
  readonly tensors: StateDict;
  readonly metadata: ReadonlyMap<string, string>;
}

/** How `f32` tensors are stored: one format for all, or chosen tensor by tensor. */
export type FloatFormat = "f32" | "f16";

export interface SafetensorsOptions {
  readonly metadata?: ReadonlyMap<string, string>;
  /** Default `"f32"`. With `"f16"` values are rounded to nearest, ties to even. */
  readonly floats?: FloatFormat | ((name: string, tensor: Tensor) => FloatFormat);
}

/** Longest header that is read, in bytes: room for 40,000 tensors, seven times what the largest published model has. */
const maxHeader = 2 ** 22;
/** Fewest bytes of a header for a tensor: `"":{"dtype":"U8","shape":[],"data_offsets":[0,0]},`; three brackets are in them. */
const entryBytes = 48;
const metadataKey = "__metadata__";

interface Entry {
  readonly name: string;
  readonly format: StorageFormat;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Parses the bytes of a safetensors file (F32, F16, BF16, F64, I64, I32, U8, BOOL).
 *
 * @throws WeightsError `weights-corrupt`, naming the tensor at fault, for anything that breaks the format.
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  const { entries, metadata, dataStart } = readDirectory(bytes, bytes.length);
  // Halves are kept as they are, in a copy: the caller may overwrite its bytes.
  const keeps = entries.some(({ format }) => format === "F16");
  const data = keeps ? bytes.slice(dataStart) : bytes.subarray(dataStart);
  const tensors = new Map<string, Tensor>();
  for (const { name, format, shape, begin, end } of entries) {
    tensors.set(name, decodeTensor(format, data.subarray(begin, end), shape));
  }
  return { tensors, metadata };
}

/**
 * Looks at the beginning of a file as {@link readSafetensors} would at all of it: what is no such file need not be read.
 *
 * @param head the first {@link safetensorsHeadSize} bytes, or all if there are fewer.
 * @param size of the file, in bytes.
 * @throws WeightsError `weights-corrupt`
 */
export function checkSafetensorsHead(head: Uint8Array, size: number): void {
  readDirectory(head, size);
}

/** All but the data, of a file of so many bytes that begins like this. */
function readDirectory(head: Uint8Array, size: number) {
  const { header, dataStart } = readHeader(head, size);
  const entries: Entry[] = [];
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, value] of Object.entries(header)) {
    if (name === metadataKey) metadata = readMetadata(value);
    else entries.push(readEntry(name, value));
  }
  checkCoverage(entries, size - dataStart);
  return { entries, metadata, dataStart };
}

/**
 * The metadata alone, for which the file's beginning is enough: {@link safetensorsHeadSize} bytes.
 *
 * @throws WeightsError `weights-corrupt`
 */
export function readSafetensorsMetadata(head: Uint8Array): ReadonlyMap<string, string> {
  const { header } = readHeader(head);
  return Object.hasOwn(header, metadataKey) ? readMetadata(header[metadataKey]) : new Map();
}

/** How many bytes of a file, of which 8 are given, come before its data: what they claim, a byte more than is read at most. */
export function safetensorsHeadSize(start: Uint8Array): number {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  return 8 + Math.min(maxHeader + 1, Number(view.getBigUint64(0, true)));
}

interface Header {
  readonly header: Record<string, unknown>;
  readonly dataStart: number;
}

function readHeader(bytes: Uint8Array, size = bytes.length): Header {
  if (bytes.length < 8) {
    throw corrupt(`A safetensors file has at least 8 bytes, this one has ${bytes.length}.`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(size - 8)) {
    throw corrupt(`The header claims ${length} bytes, the file has ${size}.`);
  }
  const dataStart = 8 + Number(length);
  const json = bytes.subarray(8, dataStart);
  const { value: header, members } = parseHeader(json);
  if (!isRecord(header)) throw corrupt("The header of the safetensors file is not a JSON object.");
  if (Object.keys(header).length !== members) throw twice(json);
  return { header, dataStart };
}

/** Says which name stands twice: JSON.parse hides it. */
function twice(json: Uint8Array): WeightsError {
  const seen = new Set<string>();
  for (const key of topLevelKeys(new TextDecoder().decode(json))) {
    if (seen.has(key)) return corrupt(`Tensor ${quoted(key)} stands twice in the header.`);
    seen.add(key);
  }
  return corrupt("A tensor stands twice in the header.");
}

function parseHeader(json: Uint8Array) {
  const members = 64 + Math.floor(json.length / entryBytes);
  try {
    return parseCounted(json, { length: maxHeader, depth: 4, members, brackets: 3 * members });
  } catch (error) {
    if (!(error instanceof ForeignJsonError)) throw error;
    throw corrupt(`The header of the safetensors file ${error.message}.`, undefined, error);
  }
}

function readMetadata(value: unknown): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  if (!isRecord(value)) throw corrupt(`${metadataKey} is not a JSON object.`);
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") throw corrupt(`${metadataKey}: ${quoted(key)} is not a string.`);
    metadata.set(key, text);
  }
  return metadata;
}

function readEntry(name: string, value: unknown): Entry {
  const fault = (what: string) => corrupt(`Tensor ${quoted(name)}: ${what}.`);
  if (!isRecord(value)) throw fault("its header entry is not an object");
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isStorageFormat(dtype)) {
    const type = typeof dtype === "string" ? dtype : JSON.stringify(dtype);
    throw fault(
      type === undefined ? "its type is missing" : `type ${quoted(type)} is not supported`,
    );
  }
  if (!isCounts(shape) || shape.length > maxAxes) {
    throw fault(`its shape is not a list of at most ${maxAxes} whole numbers`);
  }
  if (!isCounts(offsets) || offsets.length !== 2) throw fault("its data_offsets are not a pair");
  const [begin, end] = offsets;
  const needed = elementCount(shape) * itemSizes[dtype];
  if (!Number.isSafeInteger(needed)) throw fault(`shape [${shape}] is too large`);
  if (end - begin !== needed) {
    throw fault(
      `shape [${shape}] of ${dtype} needs ${needed} bytes, its offsets give ${end - begin}`,
    );
  }
  return { name, format: dtype, shape, begin, end };
}

/** Every byte of the data belongs to exactly one tensor. */
function checkCoverage(entries: readonly Entry[], length: number): void {
  let covered = 0;
  const inOrder = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
  for (const { name, begin, end } of inOrder) {
    if (end > length) {
      throw corrupt(
        `Tensor ${quoted(name)} ends at byte ${end} of ${length}: the file is cut short.`,
      );
    }
    if (begin < covered) throw corrupt(`Tensor ${quoted(name)} overlaps another one.`);
    if (begin > covered) throw corrupt(`There is a gap before tensor ${quoted(name)}.`);
    covered = end;
  }
  if (covered !== length)
    throw corrupt(`${length - covered} bytes after the last tensor are unused.`);
}

/**
 * The bytes of a safetensors file: header in the state's order, padded to a multiple of 8; data with the
 * widest elements first, so that every tensor is aligned to its element size.
 *
 * @throws ArgumentError for a tensor whose data does not fill its shape, and for the name `__metadata__`.
 * @throws WeightsError `weights-mismatch` if a finite value is too large for half precision.
 */
export function writeSafetensors(state: StateDict, options: SafetensorsOptions = {}): Uint8Array {
  const { floats = "f32", metadata } = options;
  const parts = [...state].map(([name, tensor]) => {
    if (name === metadataKey) throw new ArgumentError(`A tensor cannot be called ${metadataKey}.`);
    if (tensor.data.length !== elementCount(tensor.shape)) {
      throw new ArgumentError(
        `Tensor ${quoted(name)} has ${tensor.data.length} values for shape [${tensor.shape}].`,
      );
    }
    const format = typeof floats === "function" ? floats(name, tensor) : floats;
    return { name, shape: tensor.shape, offset: 0, ...encode(name, tensor, format) };
  });
  let size = 0;
  for (const part of [...parts].sort((a, b) => itemSizes[b.format] - itemSizes[a.format])) {
    part.offset = size;
    size += part.bytes.length;
  }
  const entries: [string, unknown][] = parts.map(({ name, format, shape, offset, bytes }) => [
    name,
    { dtype: format, shape, data_offsets: [offset, offset + bytes.length] },
  ]);
  if (metadata) entries.unshift([metadataKey, Object.fromEntries(metadata)]);
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const dataStart = 8 + Math.ceil(json.length / 8) * 8;

  const file = new Uint8Array(dataStart + size);
  new DataView(file.buffer).setBigUint64(0, BigInt(dataStart - 8), true);
  file.set(json, 8);
  file.fill(0x20, 8 + json.length, dataStart);
  for (const { offset, bytes } of parts) file.set(bytes, dataStart + offset);
  return file;
}

const formats = { f32: "F32", f64: "F64", i64: "I64", i32: "I32", u8: "U8", bool: "BOOL" } as const;

function encode(
  name: string,
  tensor: Tensor,
  floats: FloatFormat,
): { format: StorageFormat; bytes: Uint8Array } {
  if (tensor.dtype !== "f32" || floats === "f32") {
    return { format: formats[tensor.dtype], bytes: bytesOf(tensor.data) };
  }
  const halves = narrowToHalf(tensor.data);
  const lost = halves.findIndex(
    (half, i) => (half & 0x7fff) === 0x7c00 && Number.isFinite(tensor.data[i]),
  );
  if (lost >= 0) {
    throw new WeightsError(
      "weights-mismatch",
      `Tensor ${quoted(name)}: ${tensor.data[lost]} is too large for half precision.`,
      "Store this tensor as f32.",
    );
  }
  return { format: "F16", bytes: bytesOf(halves) };
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}
