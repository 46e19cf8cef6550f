/**
 * Reads PyTorch weight files (`.pth`, `.pt`, `.chkpnt`) without Python.
 *
 * A file is a zip archive with one folder of any name: `data.pkl`, a pickle of names and tensor views, and
 * `data/<key>`, the raw numbers. PyTorch before 1.6 wrote another container, which is refused.
 */
import { quoted } from "../bytes/quoted.ts";
import { looksLikeZip, readZipDirectory, readZipEntry, ZipError } from "../bytes/zip.ts";
import { WeightsError } from "../errors.ts";
import { corrupt } from "./corrupt.ts";
import { unpickle } from "./pickle.ts";
import { decodeTensor, itemSizes } from "./storageFormat.ts";
import { strideExtent, toRowMajor } from "./strided.ts";
import { elementCount, type StateDict, type Tensor } from "./tensor.ts";
import { isTensor, type TorchTensor, type TorchValue, torchVocabulary } from "./torchPickle.ts";

/** Largest pickle that is run, in bytes: room for 25,000 tensors, four times what the largest published model has. */
const maxPickle = 2 ** 22;

/** Most values that a pickle may make, however many tensors there are. */
const maxValues = 2 ** 21;

/** The same by the archive's entries: a tensor takes about 70, and those of a training state some more. */
function valuesFor(entries: number): number {
  return Math.min(maxValues, 20_000 + 200 * entries);
}

/**
 * Most bytes that a file may unfold to, as entries of its archive or as tensors: numbers hardly compress, and views do
 * not share storages but for tied weights.
 */
function unfolded(fileBytes: number): number {
  return maxPickle + 4 * fileBytes;
}

/** Where a checkpoint may keep its state dict. */
const nestedKeys = ["state_dict", "model_state_dict", "model"] as const;

/**
 * The state dict of a PyTorch file, with sizes, strides and offsets honoured: data comes out row-major.
 *
 * Finds it at the top or, in a training checkpoint, under `state_dict`. Names keep the file's order.
 * Nothing in the file is executed, and names outside a short list are refused.
 *
 * @throws WeightsError `weights-corrupt` for damaged, hostile or unsupported files.
 */
export function readPth(bytes: Uint8Array): StateDict {
  checkPthStart(bytes);
  try {
    return readArchive(bytes);
  } catch (error) {
    if (!(error instanceof ZipError)) throw error;
    throw corrupt(error.message, error.hint, error);
  }
}

/** What {@link readPth} sees at the first bytes of a file. @throws WeightsError `weights-corrupt` */
export function checkPthStart(bytes: Uint8Array): void {
  if (!looksLikeZip(bytes)) throw notZip(bytes);
}

function readArchive(bytes: Uint8Array): StateDict {
  const entries = readZipDirectory(bytes);
  const pickleName = [...entries.keys()].find((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickleName === undefined) {
    throw corrupt("The zip archive holds no data.pkl: it was not written by torch.save.");
  }
  const most = unfolded(bytes.length);
  const size = [...entries.values()].reduce((sum, entry) => sum + entry.size, 0);
  if (size > most) {
    throw corrupt(
      `The archive of ${bytes.length} bytes unfolds to ${size}.`,
      "It was refused for safety: weights cannot be compressed so far.",
    );
  }
  const folder = pickleName.slice(0, -"data.pkl".length);
  const cache = new Map<string, Uint8Array>();
  const read = (name: string): Uint8Array => {
    const entry = entries.get(folder + name);
    if (!entry) throw corrupt(`The archive lacks its entry ${quoted(folder + name)}.`);
    const content = cache.get(name) ?? readZipEntry(bytes, entry);
    cache.set(name, content);
    return content;
  };
  if (entries.has(`${folder}byteorder`)) {
    const order = new TextDecoder().decode(read("byteorder")).trim();
    if (order !== "little") {
      throw corrupt(
        `The file has the byte order ${quoted(order)}; only "little" is supported.`,
        "Load and save it again on a little-endian machine.",
      );
    }
  }
  const pickle = read("data.pkl");
  if (pickle.length > maxPickle) {
    throw corrupt(`data.pkl has ${pickle.length} bytes.`, "It was refused for safety.");
  }
  const views = findStateDict(unpickle(pickle, torchVocabulary, valuesFor(entries.size)));
  const state = new Map<string, Tensor>();
  let total = 0;
  for (const [name, view] of views) {
    // Views may share a storage, so a small file could ask for any amount of memory.
    total += elementCount(view.shape) * itemSizes[view.storage.format];
    if (total > most) {
      throw corrupt(
        `The tensors take more than ${most} bytes, in a file of ${bytes.length}.`,
        "They were refused for safety.",
      );
    }
    state.set(name, materialise(name, view, read));
  }
  return state;
}

function materialise(name: string, view: TorchTensor, read: (name: string) => Uint8Array): Tensor {
  const { storage, offset, shape, stride } = view;
  const itemSize = itemSizes[storage.format];
  const data = read(`data/${storage.key}`);
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
  return decodeTensor(storage.format, toRowMajor(data, itemSize, offset, shape, stride), shape);
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

function notZip(bytes: Uint8Array): WeightsError {
  const start = new TextDecoder().decode(bytes.subarray(0, 40));
  if (start.startsWith("version https://git-lfs")) {
    return corrupt(
      "This is a Git LFS pointer, not the weights themselves.",
      "Fetch the real file with `git lfs pull`, or download it from the project's page.",
    );
  }
  if (bytes[0] === 0x80) {
    return corrupt(
      "This is a PyTorch file of the container used before version 1.6, which is not supported.",
      "Load and save it again with a newer PyTorch.",
    );
  }
  return corrupt("This is not a PyTorch weight file: it is no zip archive.");
}
