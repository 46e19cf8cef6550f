/**
 * Writes weights as PyTorch does: a zip archive, nothing compressed, with a pickle (protocol 2) of an ordered dict of
 * tensors and one file of raw numbers for each.
 */
import { type Zippable, zipSync } from "fflate";
import { ArgumentError } from "../../errors.ts";
import type { StateDict, Tensor } from "../../tensors/index.ts";

/** Storage classes of what can be written. */
const storages = { f32: "FloatStorage", f64: "DoubleStorage", i64: "LongStorage" } as const;

/** Where PyTorch wants numbers to begin, so that it can map them. */
const ALIGNMENT = 64;

/**
 * The bytes of a `.pth` file that `torch.load` opens, with `weights_only` too.
 *
 * @param folder name of the archive's folder: the file's name without its ending
 * @throws ArgumentError for tensors of other types than float, double and 64-bit integers
 */
export function writeTorchFile(state: StateDict, folder: string): Uint8Array {
  const pickle = new Pickle();
  const contents: [string, Uint8Array][] = [];
  pickle.orderedDictStart();
  for (const [name, tensor] of state) {
    const key = String(contents.length);
    pickle.text(name);
    pickle.tensor(name, tensor, key);
    const { buffer, byteOffset, byteLength } = tensor.data;
    contents.push([`data/${key}`, new Uint8Array(buffer, byteOffset, byteLength)]);
  }
  pickle.orderedDictEnd();
  const files: [string, Uint8Array][] = [
    ["data.pkl", pickle.bytes()],
    ["byteorder", new TextEncoder().encode("little")],
    ...contents,
    ["version", new TextEncoder().encode("3\n")],
  ];
  return zipAligned(files.map(([name, content]) => [`${folder}/${name}`, content]));
}

/** Stores files in a zip archive whose contents begin at multiples of {@link ALIGNMENT}. */
function zipAligned(files: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  const entries: Zippable = {};
  let position = 0;
  for (const [name, content] of files) {
    // A local header has 30 bytes, the name, and extra fields: one of four bytes and its padding.
    const start = position + 30 + new TextEncoder().encode(name).length;
    const padding = (2 * ALIGNMENT - ((start + 4) % ALIGNMENT)) % ALIGNMENT;
    // "FB", as PyTorch calls its padding.
    const extra = { 16966: new Uint8Array(padding) };
    entries[name] = [content, { level: 0, mtime: new Date(1980, 0, 1), extra }];
    position = start + 4 + padding + content.length;
  }
  return zipSync(entries);
}

/** Opcodes of pickle protocol 2, as far as state dicts need them. */
class Pickle {
  readonly #parts: Uint8Array[] = [Uint8Array.of(0x80, 2)];

  bytes(): Uint8Array {
    return Buffer.concat([...this.#parts, Uint8Array.of(0x2e)]);
  }

  /** An ordered dict, and the mark in front of its entries. */
  orderedDictStart(): void {
    this.#emptyOrderedDict();
    this.#add(0x28);
  }

  orderedDictEnd(): void {
    this.#add(0x75);
  }

  /** `_rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())`. */
  tensor(name: string, { dtype, shape, data }: Tensor, key: string): void {
    if (dtype !== "f32" && dtype !== "f64" && dtype !== "i64") {
      throw new ArgumentError(`Tensor ${name} of type ${dtype} cannot be written for PyTorch.`);
    }
    this.#global("torch._utils", "_rebuild_tensor_v2");
    this.#add(0x28, 0x28);
    this.text("storage");
    this.#global("torch", storages[dtype]);
    this.text(key);
    this.text("cpu");
    this.#integer(data.length);
    // Tuple, then the persistent id that it is.
    this.#add(0x74, 0x51);
    this.#integer(0);
    this.#tuple(shape);
    this.#tuple(shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1)));
    this.#add(0x89);
    this.#emptyOrderedDict();
    this.#add(0x74, 0x52);
  }

  text(value: string): void {
    const bytes = Buffer.from(value, "utf8");
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    this.#parts.push(Uint8Array.of(0x58), length, bytes);
  }

  #emptyOrderedDict(): void {
    this.#global("collections", "OrderedDict");
    this.#add(0x29, 0x52);
  }

  #global(module: string, name: string): void {
    this.#parts.push(Uint8Array.of(0x63), Buffer.from(`${module}\n${name}\n`, "latin1"));
  }

  #integer(value: number): void {
    const bytes = Buffer.alloc(5);
    bytes[0] = 0x4a;
    bytes.writeInt32LE(value, 1);
    this.#parts.push(bytes);
  }

  #tuple(values: readonly number[]): void {
    this.#add(0x28);
    for (const value of values) this.#integer(value);
    this.#add(0x74);
  }

  #add(...opcodes: readonly number[]): void {
    this.#parts.push(Uint8Array.from(opcodes));
  }
}
