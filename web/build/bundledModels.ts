/** The module "virtual:bundled-models": what is known of the package's models when the app is built. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Plugin } from "vite";

const NAME = "virtual:bundled-models";
const FILE = "model.safetensors";

/** @param root of the package, which has been built. */
export function bundledModels(root: string): Plugin {
  return {
    name: "bundled-models",
    resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
    async load(id) {
      if (id !== `\0${NAME}`) return undefined;
      const models = await Promise.all(modelSums(root).map((sum) => describe(root, sum)));
      models.sort((a, b) => Number(b.isDefault) - Number(a.isDefault) || (a.id < b.id ? -1 : 1));
      return `export const bundledModels = ${JSON.stringify(models)};`;
    },
  };
}

/** The package's models and their checksums, as models/SHA256SUMS has them. */
export function modelSums(
  root: string,
): readonly { readonly id: string; readonly sha256: string }[] {
  const sums = readFileSync(join(root, "models/SHA256SUMS"), "utf8");
  return [...sums.matchAll(/^([0-9a-f]{64}) {2}(.+)\/model\.safetensors$/gm)].map(
    ([, sha256, id]) => ({ id, sha256 }),
  );
}

async function describe(root: string, { id, sha256 }: { id: string; sha256: string }) {
  const path = join(root, "models", id, FILE);
  const { defaultModel, openLive } = await library(root);
  const { licence, targets } = configOf(path);
  return {
    ...{ id, bytes: statSync(path).size, sha256, licence, targets },
    address: `engine/models/${id}/${FILE}`,
    isDefault: id === defaultModel,
    liveDelay: await delayOf(() => openLive({ model: id })),
  };
}

/** Of the configuration in a file of safetensors: its metadata stand in the JSON before the numbers. */
function configOf(path: string): { licence?: string; targets: readonly string[] } {
  const bytes = readFileSync(path);
  const length = Number(bytes.readBigUInt64LE(0));
  const head = JSON.parse(bytes.toString("utf8", 8, 8 + length));
  return JSON.parse(head.__metadata__["xumx-slicq"]);
}

/** Models that see too much of the future are refused. */
async function delayOf(
  open: () => Promise<{ latencySeconds: number; close(): Promise<void> }>,
): Promise<number | undefined> {
  const live = await open().catch(() => undefined);
  await live?.close();
  return live?.latencySeconds;
}

/** The built library: loaded as it is, not bundled into the configuration. */
function library(root: string): Promise<{
  defaultModel: string;
  openLive(options: { model: string }): Promise<{ latencySeconds: number; close(): Promise<void> }>;
}> {
  return import(pathToFileURL(join(root, "dist/index.js")).href);
}
