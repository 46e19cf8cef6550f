import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { type StateDict, writeSafetensors } from "../tensors/index.ts";
import { formulaModel } from "../testing/formulaModel.ts";
import { bundledChecksum, bundledModels, bundledPath } from "./bundled.ts";
import { cachedPath, isCached, modelCache, removeCached } from "./cache.ts";
import { configMetadata } from "./config.ts";
import { type ListedModel, listModels, verifyModel } from "./inventory.ts";
import { publishedModels } from "./registry.ts";
import { publishedAs, someBytes } from "./testing/weightServer.ts";

const root = mkdtempSync(join(tmpdir(), "xumx inventory "));
afterAll(() => rmSync(root, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

describe("the bundled models", () => {
  it("have the checksums of models/SHA256SUMS, all of them (made there by: sha256sum */model.safetensors)", async () => {
    for (const name of await bundledModels()) {
      const hash = createHash("sha256")
        .update(readFileSync(bundledPath(name)))
        .digest("hex");
      expect(await bundledChecksum(name), name).toBe(hash);
    }
    expect(await bundledChecksum("nope")).toBeUndefined();
  });

  it("are listed and found good, with configuration and size", async () => {
    const listed = (await listModels()).filter(({ place }) => place === "bundled");
    expect(listed.map(({ name }) => name)).toEqual(await bundledModels());
    expect(listed.filter(({ isDefault }) => isDefault)).toHaveLength(1);
    for (const model of listed) {
      expect(model.config?.name).toBe(model.name);
      expect(model.config?.licence).toBeTruthy();
      expect(model.size).toBe(readFileSync(model.path).length);
      expect(await verifyModel(model)).toEqual({ kind: "good", by: "checksum" });
    }
  });
});

describe("a bundled model of which no checksum is known", () => {
  const { config, state } = formulaModel("mel-32", true);
  const listed = (path: string): ListedModel => ({
    ...{ name: "unlisted", isDefault: false, place: "bundled", path, size: 0, config },
  });
  const put = (name: string, tensors: StateDict) => {
    const path = join(root, name);
    writeFileSync(path, writeSafetensors(tensors, { metadata: configMetadata(config) }));
    return path;
  };

  it("is good if its tensors are those of its network, and finite", async () => {
    const path = put("good", state);
    expect(await verifyModel(listed(path))).toEqual({ kind: "good", by: "content" });
  });

  it("is bad otherwise, and says why", async () => {
    const [[name, { shape, data }]] = state;
    const broken = new Map(state);
    broken.set(name, { dtype: "f32", shape, data: new Float32Array(data.length).fill(Number.NaN) });
    const missing = new Map(state);
    missing.delete(name);
    const cut = put("cut", state);
    writeFileSync(cut, readFileSync(cut).subarray(0, -1));
    for (const [path, reason] of [
      [put("nan", broken), /not finite/],
      [put("missing", missing), /./],
      [cut, /cut short/],
      [join(root, "gone"), /ENOENT/],
    ] as const) {
      const verdict = await verifyModel(listed(path));
      expect(verdict).toMatchObject({ kind: "bad", reason: expect.stringMatching(reason) });
    }
  });
});

describe("the cache", () => {
  it("lies where the platform keeps caches, or where XUMX_SLICQ_CACHE says", () => {
    vi.stubEnv("XUMX_SLICQ_CACHE", join(root, "chosen"));
    expect(modelCache()).toBe(join(root, "chosen", "models"));
    expect(modelCache({})).toMatch(/xumx-slicq.*models$/);
  });

  it("checks a model's checksum once for each version of its file", async () => {
    const content = someBytes(1000);
    const model = publishedAs("checked", content);
    const cache = join(root, "checked");
    mkdirSync(cache);
    const path = cachedPath(model, cache);
    writeFileSync(path, content);
    expect(await isCached(model, cache)).toBe(true);
    const note = readFileSync(`${path}.checked`, "utf8");
    // A note that were not believed would be written anew.
    utimesSync(`${path}.checked`, 1, 1);
    expect(await isCached(model, cache)).toBe(true);
    expect(statSync(`${path}.checked`).mtimeMs).toBe(1000);
    writeFileSync(path, someBytes(1000, 2));
    utimesSync(path, 2, 2);
    expect(await isCached(model, cache)).toBe(false);
    writeFileSync(path, content);
    expect(await isCached(model, cache)).toBe(true);
    expect(readFileSync(`${path}.checked`, "utf8")).not.toBe(note);
  });

  it("holds a model if its file is the right one, and gives it back", async () => {
    const content = someBytes(1000);
    const model = publishedAs("one", content);
    const cache = join(root, "cache");
    expect(await isCached(model, cache)).toBe(false);
    mkdirSync(cache);
    const path = cachedPath(model, cache);
    writeFileSync(path, content.subarray(1));
    expect(await isCached(model, cache)).toBe(false);
    writeFileSync(path, content);
    expect(await isCached(model, cache)).toBe(true);
    writeFileSync(`${path}.part`, "rest");
    writeFileSync(join(cache, "other"), "not ours");
    const [listed] = (await listModels({ cache, published: [model], originals: [] })).slice(-1);
    expect(listed).toMatchObject({ name: "one", place: "cached", path, size: 1000 });
    const verdict = await verifyModel(listed, { cache, published: [model] });
    expect(verdict).toEqual({ kind: "good", by: "checksum" });
    expect(await removeCached(model, cache)).toBe(true);
    expect(existsSync(path) || existsSync(`${path}.part`)).toBe(false);
    expect(existsSync(join(cache, "other"))).toBe(true);
    expect(await removeCached(model, cache)).toBe(false);
  });
});

describe("the published models", () => {
  it("have names of their own, and complete entries with terms of use", async () => {
    const names = [...publishedModels.map(({ name }) => name), ...(await bundledModels())];
    expect(new Set(names).size).toBe(names.length);
    for (const { name, config, weights } of publishedModels) {
      expect(config.name).toBe(name);
      expect(config.licence).toMatch(/non-commercial/);
      expect(weights.sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(weights.size).toBeGreaterThan(1e7);
      expect(weights.path).toMatch(/\.pth$/);
    }
  });
});
