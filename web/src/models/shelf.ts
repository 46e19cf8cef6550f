/** The shelf of models: those of the package, and the user's own. */

import { bundledModels } from "virtual:bundled-models";
import { batch, type Signal, signal } from "@preact/signals";
import { WeightsError } from "xumx-slicq";
import type { ModelFiles } from "../studio/protocol.ts";
import type { Studio } from "../studio/studio.ts";
import { fetchWeights } from "./fetchWeights.ts";
import type { ModelPresence, ModelShelf, ShelfModel } from "./modelShelf.ts";
import {
  filesOfOwn,
  forgetOwn,
  keepOwn,
  modelAmong,
  type OwnModel,
  ownModels,
} from "./ownModels.ts";
import { type WeightCache, weightCache } from "./weightCache.ts";

/** The shelf, and what whoever separates needs of it. */
export interface ModelStock extends ModelShelf {
  /**
   * The files of a model, fetched first if they are away.
   * @throws {WeightsError} "download-failed", "checksum-mismatch", "weights-missing"; AbortError
   */
  bring(model: ShelfModel, signal?: AbortSignal): Promise<ModelFiles>;
}

const CHOICE = "xumx-slicq.model";

/** A model and how its files are got. */
interface Entry {
  readonly model: ShelfModel;
  readonly presence: Signal<ModelPresence>;
  files(signal?: AbortSignal): Promise<ModelFiles>;
  forget(): Promise<void>;
}

/**
 * The shelf with the package's models; the user's own join as soon as they have been found.
 * @param cache where weights are kept; this origin's by default
 */
export function createShelf(studio: Studio, cache: WeightCache = weightCache()): ModelStock {
  const entries = new Map<string, Entry>();
  const models = signal<readonly ShelfModel[]>([]);
  const put = (entry: Entry) => {
    entries.set(entry.model.id, entry);
    models.value = [...entries.values()].map(({ model }) => model);
  };
  for (const bundled of bundledModels) put(bundledEntry(bundled, cache));
  const [first] = models.value;
  const usual = bundledModels.find(({ isDefault }) => isDefault)?.id;
  const chosen = signal(models.value.find(({ id }) => id === usual) ?? first);
  const wanted = remembered();
  const chooseRemembered = () => {
    const found = models.value.find(({ id }) => id === wanted);
    if (found) chosen.value = found;
  };
  chooseRemembered();
  const remove = (model: ShelfModel) => {
    entries.delete(model.id);
    batch(() => {
      models.value = models.value.filter(({ id }) => id !== model.id);
      if (chosen.value.id === model.id) chosen.value = first;
    });
  };
  void ownModels(cache).then((kept) => {
    for (const own of kept) put(ownEntry(own, cache, remove));
    chooseRemembered();
  });

  const entryOf = ({ id }: ShelfModel) => {
    const entry = entries.get(id);
    if (!entry) throw gone();
    return entry;
  };
  return {
    models,
    chosen,
    choose(model) {
      chosen.value = model;
      remember(model.id);
    },
    async addOwn(files) {
      const given = modelAmong(files);
      const facts = await studio.ask("describe", given);
      const entry = ownEntry(await keepOwn(cache, given, facts), cache, remove);
      put(entry);
      return entry.model;
    },
    forget: (model) => entryOf(model).forget(),
    bring: (model, signal) => entryOf(model).files(signal),
  };
}

function bundledEntry(bundled: (typeof bundledModels)[number], cache: WeightCache): Entry {
  const { id, bytes, sha256, address, licence, targets, liveDelay } = bundled;
  const presence = signal<ModelPresence>({ kind: "away" });
  // Weights of another version of the app have another name.
  const name = `bundled:${id}:${sha256}`;
  void cache.get(name).then((blob) => {
    if (blob) presence.value = { kind: "here" };
  });
  let coming: Promise<Blob> | undefined;
  const come = async (signal?: AbortSignal) => {
    presence.value = { kind: "coming", fraction: 0 };
    try {
      const url = new URL(address, document.baseURI);
      const onProgress = (fraction: number) => {
        presence.value = { kind: "coming", fraction };
      };
      const weights = await fetchWeights({ url, bytes, sha256 }, onProgress, signal);
      await dropOlder(cache, id, name);
      await cache.put(name, weights);
      presence.value = { kind: "here" };
      return weights;
    } catch (error) {
      presence.value = { kind: "away" };
      throw error;
    }
  };
  return {
    model: {
      ...{ id, title: id, bytes, terms: licence ?? "", targets, own: false, presence },
      ...(liveDelay !== undefined && { liveDelay }),
    },
    presence,
    async files(signal) {
      const kept = await cache.get(name);
      if (kept) return { kind: "safetensors", weights: kept };
      coming ??= come(signal).finally(() => {
        coming = undefined;
      });
      return { kind: "safetensors", weights: await coming };
    },
    async forget() {
      await cache.remove(name);
      presence.value = { kind: "away" };
    },
  };
}

/** Weights that an earlier version of the app has fetched. */
async function dropOlder(cache: WeightCache, id: string, name: string): Promise<void> {
  const older = (await cache.names()).filter(
    (other) => other.startsWith(`bundled:${id}:`) && other !== name,
  );
  for (const other of older) await cache.remove(other);
}

function ownEntry(own: OwnModel, cache: WeightCache, removed: (model: ShelfModel) => void): Entry {
  const { name, licence, targets } = own.facts;
  const presence = signal<ModelPresence>({ kind: "here" });
  const model: ShelfModel = {
    ...{ id: own.id, title: name, bytes: own.bytes, terms: licence ?? "", targets, own: true },
    presence,
  };
  return {
    model,
    presence,
    async files() {
      const files = await filesOfOwn(cache, own);
      if (!files) throw gone();
      return files;
    },
    async forget() {
      await forgetOwn(cache, own);
      removed(model);
    },
  };
}

function gone(): WeightsError {
  return new WeightsError("weights-missing", "The model is gone.", "Choose another one.");
}

/** The choice of an earlier visit; browsers may refuse to keep any. */
function remembered(): string | undefined {
  try {
    return localStorage.getItem(CHOICE) ?? undefined;
  } catch {
    return undefined;
  }
}

function remember(id: string): void {
  try {
    localStorage.setItem(CHOICE, id);
  } catch {
    // The next visit begins with the usual model.
  }
}
