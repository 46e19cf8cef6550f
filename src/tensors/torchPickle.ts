/**
 * What PyTorch's pickles may name: storages, tensors on them, ordered dicts, sizes. Nothing else.
 *
 * A tensor comes as `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)`, a storage
 * as the persistent id `('storage', storage type, key, location, number of elements)`. The location
 * (`cpu`, `cuda:0`) says where the tensor once lived and is ignored.
 */
import { quoted } from "../bytes/quoted.ts";
import { corrupt } from "./corrupt.ts";
import type { PickleValue, Vocabulary } from "./pickleValue.ts";
import type { StorageFormat } from "./storageFormat.ts";
import { maxAxes } from "./tensor.ts";

/** A run of numbers in an entry of its own, `data/<key>`. */
export interface TorchStorage {
  readonly kind: "storage";
  readonly key: string;
  readonly format: StorageFormat;
  /** Number of elements. */
  readonly length: number;
}

/** A view of a storage; offset and strides count elements. */
export interface TorchTensor {
  readonly kind: "tensor";
  readonly storage: TorchStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
}

export type TorchValue = PickleValue<TorchStorage | TorchTensor>;

const storageFormats: ReadonlyMap<string, StorageFormat> = new Map([
  ["torch.FloatStorage", "F32"],
  ["torch.HalfStorage", "F16"],
  ["torch.BFloat16Storage", "BF16"],
  ["torch.DoubleStorage", "F64"],
  ["torch.LongStorage", "I64"],
  ["torch.IntStorage", "I32"],
  ["torch.ByteStorage", "U8"],
  ["torch.BoolStorage", "BOOL"],
]);

const callables: ReadonlyMap<string, (args: readonly TorchValue[]) => TorchValue> = new Map([
  ["collections.OrderedDict", orderedDict],
  ["torch.Size", size],
  ["torch._utils._rebuild_tensor_v2", rebuildTensor],
  ["torch._utils._rebuild_parameter", rebuildParameter],
  ["torch.torch_version.TorchVersion", versionText],
]);

/** The names that {@link unpickle} accepts in a PyTorch file. */
export const torchVocabulary: Vocabulary<TorchStorage | TorchTensor> = {
  knows: (name) => callables.has(name) || storageFormats.has(name),
  call(name, args) {
    const callable = callables.get(name);
    if (!callable) throw corrupt(`The pickle calls ${quoted(name)}, which is no function.`);
    return callable(args);
  },
  persistent,
};

/** A version is a text of a class of its own. */
function versionText([text]: readonly TorchValue[]): TorchValue {
  if (typeof text === "string") return text;
  throw corrupt("A version is not made from a text.");
}

function orderedDict(args: readonly TorchValue[]): TorchValue {
  if (args.length > 0)
    throw corrupt("An OrderedDict is made from arguments, which is not supported.");
  return { kind: "dict", entries: new Map() };
}

function size([lengths]: readonly TorchValue[]): TorchValue {
  return { kind: "tuple", items: counts(lengths, "torch.Size").slice() };
}

/** A parameter is its tensor: `_rebuild_parameter(data, requires_grad, hooks)`. */
function rebuildParameter([data]: readonly TorchValue[]): TorchValue {
  if (isTensor(data)) return data;
  throw corrupt("A parameter is not made from a tensor.");
}

function rebuildTensor([storage, offset, shape, stride]: readonly TorchValue[]): TorchValue {
  if (
    typeof storage !== "object" ||
    storage?.kind !== "object" ||
    storage.value.kind !== "storage"
  ) {
    throw corrupt("A tensor is not made from a storage.");
  }
  const tensor: TorchTensor = {
    kind: "tensor",
    storage: storage.value,
    offset: count(offset, "a tensor's offset"),
    shape: counts(shape, "a tensor's size"),
    stride: counts(stride, "a tensor's stride"),
  };
  if (tensor.shape.length !== tensor.stride.length) {
    throw corrupt(`A tensor of shape [${tensor.shape}] has the strides [${tensor.stride}].`);
  }
  return { kind: "object", value: tensor };
}

function persistent(id: TorchValue): TorchValue {
  const parts = typeof id === "object" && id?.kind === "tuple" ? id.items : [];
  // The sixth is of old files: which part of another storage this one is. None are written any more.
  const [tag, type, key, , length, part = null] = parts;
  const format =
    typeof type === "object" && type?.kind === "name" ? storageFormats.get(type.name) : undefined;
  if (tag !== "storage" || format === undefined || typeof key !== "string" || part !== null) {
    throw corrupt("A persistent id in the pickle does not name a storage.");
  }
  const value: TorchStorage = {
    kind: "storage",
    key,
    format,
    length: count(length, "a storage's length"),
  };
  return { kind: "object", value };
}

/** True if `value` is a tensor. */
export function isTensor(
  value: TorchValue | undefined,
): value is { readonly kind: "object"; readonly value: TorchTensor } {
  return typeof value === "object" && value?.kind === "object" && value.value.kind === "tensor";
}

function count(value: TorchValue | undefined, what: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw corrupt(`In the pickle, ${what} is not a whole number from 0 on.`);
}

function counts(value: TorchValue | undefined, what: string): number[] {
  if (typeof value !== "object" || (value?.kind !== "tuple" && value?.kind !== "list")) {
    throw corrupt(`In the pickle, ${what} is not a tuple.`);
  }
  // Tuples can be shared, so very long ones could make the work quadratic.
  if (value.items.length > maxAxes) {
    throw corrupt(`In the pickle, ${what} has ${value.items.length} axes.`);
  }
  return value.items.map((item) => count(item, what));
}
