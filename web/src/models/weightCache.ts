/** Weights that are kept on this machine: in Cache Storage, or for as long as the page lives where there is none. */

const CACHE = "xumx-slicq-models";

/** Blobs by name. */
export interface WeightCache {
  get(name: string): Promise<Blob | undefined>;
  put(name: string, content: Blob): Promise<void>;
  remove(name: string): Promise<void>;
  names(): Promise<readonly string[]>;
}

/** @param storage `globalThis.caches`, which only secure pages have. */
export function weightCache(storage: CacheStorage | undefined = globalThis.caches): WeightCache {
  if (!storage) return inMemory();
  const address = (name: string) => `/${CACHE}/${encodeURIComponent(name)}`;
  const opened = () => storage.open(CACHE);
  return {
    async get(name) {
      const response = await (await opened()).match(address(name));
      return response?.blob();
    },
    async put(name, content) {
      await (await opened()).put(address(name), new Response(content));
    },
    async remove(name) {
      await (await opened()).delete(address(name));
    },
    async names() {
      const requests = await (await opened()).keys();
      return requests.map(({ url }) => decodeURIComponent(url.slice(url.lastIndexOf("/") + 1)));
    },
  };
}

function inMemory(): WeightCache {
  const kept = new Map<string, Blob>();
  return {
    get: async (name) => kept.get(name),
    async put(name, content) {
      kept.set(name, content);
    },
    async remove(name) {
      kept.delete(name);
    },
    names: async () => [...kept.keys()],
  };
}
