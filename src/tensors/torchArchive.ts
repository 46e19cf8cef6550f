/** PyTorch's file since version 1.6: a zip archive with one folder of any name. */
import { quoted } from "../bytes/quoted.ts";
import { readZipDirectory, readZipEntry } from "../bytes/zip.ts";
import { corrupt } from "./corrupt.ts";
import { unpickle } from "./pickle.ts";
import { maxPickle, type TorchFile, unfolded, valuesFor } from "./torchFile.ts";
import { torchVocabulary } from "./torchPickle.ts";

/** Reads `data.pkl`, and gives storages as `data/<key>`. @throws WeightsError; ZipError */
export function readTorchArchive(bytes: Uint8Array): TorchFile {
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
  return {
    root: unpickle(pickle, torchVocabulary, valuesFor(entries.size)),
    storage: ({ key }) => read(`data/${key}`),
  };
}
