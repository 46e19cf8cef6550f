/**
 * Reads PyTorch weight files (`.pth`, `.pt`, `.chkpnt`) without Python: a pickle of names and tensor views, and the raw
 * numbers, in a zip archive or, before PyTorch 1.6, one after the other.
 */
import { quoted } from "../bytes/quoted.ts";
import { looksLikeZip, ZipError } from "../bytes/zip.ts";
import { WeightsError } from "../errors.ts";
import { corrupt } from "./corrupt.ts";
import { decodeTensor, itemSizes } from "./storageFormat.ts";
import { strideExtent, toRowMajor } from "./strided.ts";
import { elementCount, type StateDict, type Tensor } from "./tensor.ts";
import { readTorchArchive } from "./torchArchive.ts";
import { type TorchFile, unfolded } from "./torchFile.ts";
import { isTensor, type TorchTensor, type TorchValue } from "./torchPickle.ts";
import { looksLikeStream, readTorchStream } from "./torchStream.ts";

/** Where a checkpoint may keep its state dict. */
const nestedKeys = ["state_dict", "model_state_dict", "model"] as const;

/** A PyTorch file: its tensors, and what else was saved with them. */
export interface Checkpoint {
  readonly state: StateDict;
  /** Entries beside the state dict, of text, numbers, lists and objects; whatever else they hold is left out. */
  readonly beside: Readonly<Record<string, unknown>>;
}

/**
 * The state dict of a PyTorch file, with sizes, strides and offsets honoured: data comes out row-major.
 *
 * Finds it at the top or, in a training checkpoint, under `state_dict`. Names keep the file's order.
 * Nothing in the file is executed, and names outside a short list are refused.
 *
 * @throws WeightsError `weights-corrupt` for damaged, hostile or unsupported files.
 */
export function readPth(bytes: Uint8Array): StateDict {
  return readCheckpoint(bytes).state;
}

/** As {@link readPth}, with what was saved beside. */
export function readCheckpoint(bytes: Uint8Array): Checkpoint {
  checkPthStart(bytes);
  try {
    const file = looksLikeZip(bytes) ? readTorchArchive(bytes) : readTorchStream(bytes);
    return {
      state: stateOf(file, unfolded(bytes.length), bytes.length),
      beside: besides(file.root),
    };
  } catch (error) {
    if (!(error instanceof ZipError)) throw error;
    throw corrupt(error.message, error.hint, error);
  }
}

/** What {@link readPth} sees at the first bytes of a file. @throws WeightsError `weights-corrupt` */
export function checkPthStart(bytes: Uint8Array): void {
  if (!looksLikeZip(bytes) && !looksLikeStream(bytes)) throw notTorch(bytes);
}

function stateOf(file: TorchFile, most: number, fileBytes: number): StateDict {
  const state = new Map<string, Tensor>();
  let total = 0;
  for (const [name, view] of findStateDict(file.root)) {
    // Views may share a storage, so a small file could ask for any amount of memory.
    total += elementCount(view.shape) * itemSizes[view.storage.format];
    if (total > most) {
      throw corrupt(
        `The tensors take more than ${most} bytes, in a file of ${fileBytes}.`,
        "They were refused for safety.",
      );
    }
    state.set(name, materialise(name, view, file));
  }
  return state;
}

function materialise(name: string, view: TorchTensor, file: TorchFile): Tensor {
  const { storage, offset, shape, stride } = view;
  const itemSize = itemSizes[storage.format];
  const data = file.storage(storage);
  if (data.length !== storage.length * itemSize) {
    throw corrupt(
      `Tensor ${quoted(name)}: its storage should have ${storage.length} elements of ${itemSize} bytes, ` +
        `but has ${data.length} bytes.`,
    );
  }
  const extent = strideExtent(offset, shape, stride);
  // No more elements than the storage: strides of 0 would let a few bytes fill the memory.
  if (extent > storage.length || elementCount(shape) > storage.length) {
    throw corrupt(
      `Tensor ${quoted(name)}: shape [${shape}], strides [${stride}] and offset ${offset} ` +
        `do not fit its storage of ${storage.length} elements.`,
    );
  }
  const rows = toRowMajor(data, itemSize, offset, shape, stride);
  return decodeTensor(storage.format, storage.format === "F16" ? rows.slice() : rows, shape);
}

function findStateDict(root: TorchValue): ReadonlyMap<string, TorchTensor> {
  const top = entriesOf(root);
  const nested = nestedKeys
    .map((key) => entriesOf(top?.get(key)))
    .find((dict) => dict !== undefined);
  const dict = nested ?? top;
  if (dict === undefined || dict.size === 0) {
    throw new WeightsError(
      "weights-mismatch",
      "The file holds no state dict (a dict of names and tensors).",
      "Save model.state_dict() with torch.save.",
    );
  }
  const views = new Map<string, TorchTensor>();
  for (const [key, value] of dict) {
    if (typeof key !== "string" || !isTensor(value)) {
      throw new WeightsError(
        "weights-mismatch",
        `Entry ${quoted(String(key))} of the state dict is not a named tensor.`,
        "Save model.state_dict() with torch.save.",
      );
    }
    views.set(key, value.value);
  }
  return views;
}

function entriesOf(value: TorchValue | undefined): ReadonlyMap<TorchValue, TorchValue> | undefined {
  return typeof value === "object" && value?.kind === "dict" ? value.entries : undefined;
}

/** How deep and how many the values beside a state dict may be. */
const besideLimits = { depth: 8, values: 2000 };

/** Entries beside the state dict as plain data. */
function besides(root: TorchValue): Readonly<Record<string, unknown>> {
  let left = besideLimits.values;
  const plain = (value: TorchValue, depth: number): unknown => {
    if (--left < 0 || depth > besideLimits.depth) return undefined;
    if (typeof value !== "object" || value === null) return value;
    if (value.kind === "list" || value.kind === "tuple") {
      return value.items.slice(0, left).map((item) => plain(item, depth + 1));
    }
    return value.kind === "dict" ? object(value.entries, depth) : undefined;
  };
  const object = (entries: ReadonlyMap<TorchValue, TorchValue>, depth: number) =>
    Object.fromEntries(
      [...entries]
        .filter(([key, value]) => typeof key === "string" && !isTensor(value))
        .slice(0, Math.max(0, left))
        .map(([key, value]) => [String(key), plain(value, depth + 1)]),
    );
  const top = entriesOf(root);
  const nested = new Set<unknown>(nestedKeys);
  return top ? object(new Map([...top].filter(([key]) => !nested.has(key))), 0) : {};
}

function notTorch(bytes: Uint8Array): WeightsError {
  const start = new TextDecoder().decode(bytes.subarray(0, 40));
  if (start.startsWith("version https://git-lfs")) {
    return corrupt(
      "This is a Git LFS pointer, not the weights themselves.",
      "Fetch the real file with `git lfs pull`, or download it from the project's page.",
    );
  }
  return corrupt("This is not a PyTorch weight file: it is no zip archive.");
}
