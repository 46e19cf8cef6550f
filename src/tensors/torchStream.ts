/**
 * PyTorch's file before version 1.6: pickles one after the other, then the raw numbers of all storages.
 *
 * The pickles: a magic number, a version, facts of the machine, what was saved, and the keys of the storages in the order
 * in which their numbers follow, each after their count.
 */
import { quoted } from "../bytes/quoted.ts";
import { corrupt } from "./corrupt.ts";
import { unpickleFirst } from "./pickle.ts";
import type { PickleValue } from "./pickleValue.ts";
import { itemSizes } from "./storageFormat.ts";
import { maxPickle, type TorchFile, valuesFor } from "./torchFile.ts";
import { type TorchStorage, type TorchValue, torchVocabulary } from "./torchPickle.ts";

/** The pickle of the magic number, which such files begin with. */
const start = [
  0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e,
];

const version = 1001;

/** Most storages of a file: their keys take a few bytes each. */
const mostStorages = 25_000;

/** Whether a file begins as such a one. */
export function looksLikeStream(bytes: Uint8Array): boolean {
  return start.every((byte, i) => bytes[i] === byte);
}

/** @throws WeightsError */
export function readTorchStream(bytes: Uint8Array): TorchFile {
  let at = start.length;
  const next = (values: number): TorchValue => {
    const { value, length } = unpickleFirst(
      bytes.subarray(at, at + maxPickle),
      torchVocabulary,
      values,
    );
    at += length;
    return value;
  };
  const found = next(10);
  if (found !== version) throw corrupt(`The stream has version ${String(found)}, not ${version}.`);
  checkMachine(next(100));
  const root = next(valuesFor(mostStorages));
  const keys = next(4 * mostStorages);
  if (!isList(keys) || keys.items.length > mostStorages) {
    throw corrupt("The stream does not list its storages.");
  }
  const places = placesOf(bytes, at, keys.items, storagesOf(root));
  return {
    root,
    storage({ key }) {
      const place = places.get(key);
      if (place) return place;
      throw corrupt(`The stream lacks the storage ${quoted(key)}.`);
    },
  };
}

function isList(value: TorchValue): value is Extract<TorchValue, { kind: "list" | "tuple" }> {
  return typeof value === "object" && value?.kind === "list";
}

function checkMachine(facts: TorchValue): void {
  const entries = typeof facts === "object" && facts?.kind === "dict" ? facts.entries : undefined;
  if (entries?.get("little_endian") === true) return;
  throw corrupt(
    "The stream was not written on a little-endian machine.",
    "Load and save it again on one.",
  );
}

/** The raw numbers of each key; they follow each other from `at` on. */
function placesOf(
  bytes: Uint8Array,
  at: number,
  keys: readonly PickleValue<unknown>[],
  storages: ReadonlyMap<string, TorchStorage>,
): Map<string, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const places = new Map<string, Uint8Array>();
  let position = at;
  for (const key of keys) {
    const storage = typeof key === "string" ? storages.get(key) : undefined;
    if (!storage) throw corrupt("The stream lists a storage of which no tensor is.");
    if (position + 8 > bytes.length) throw corrupt("The stream ends before its last storage.");
    const count = view.getBigUint64(position, true);
    if (count !== BigInt(storage.length)) {
      throw corrupt(
        `The storage ${quoted(storage.key)} has ${count} elements, not ${storage.length}.`,
      );
    }
    const end = position + 8 + storage.length * itemSizes[storage.format];
    if (end > bytes.length) throw corrupt("The stream ends before its last storage.");
    places.set(storage.key, bytes.subarray(position + 8, end));
    position = end;
  }
  return places;
}

/** All storages of the tensors in a value. */
function storagesOf(root: TorchValue): Map<string, TorchStorage> {
  const found = new Map<string, TorchStorage>();
  const seen = new Set<TorchValue>();
  const waiting: TorchValue[] = [root];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    if (value.kind === "dict") waiting.push(...value.entries.values());
    else if (value.kind === "list" || value.kind === "tuple") waiting.push(...value.items);
    else if (value.kind === "object") {
      const storage = value.value.kind === "tensor" ? value.value.storage : value.value;
      found.set(storage.key, storage);
    }
  }
  return found;
}
