import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { formulaUmx } from "../networks/umx/testing/formulaUmx.ts";
import { goldenPath } from "../testing/golden.ts";
import { describeModel } from "./describe.ts";
import { fetchOriginal, originalPath, removeOriginal } from "./fetchOriginal.ts";
import { modelHash } from "./hash.ts";
import { listModels, verifyModel } from "./inventory.ts";
import { loadModel } from "./load.ts";
import { openUnmixModel } from "./openUnmix.ts";
import { type OriginalModel, originalModels } from "./originals.ts";
import { publishedModels } from "./registry.ts";
import { answering, serving, someBytes, WeightServer } from "./testing/weightServer.ts";

const root = mkdtempSync(join(tmpdir(), "xumx originals "));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let cache = "";
beforeEach(() => {
  cache = join(mkdtempSync(join(root, "c")), "models");
  for (const name of ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"])
    vi.stubEnv(name, "");
});

const targets = ["vocals", "drums"];
const contents = ["vocals.pth", "drums-f1afc249.pth"].map((file) =>
  readFileSync(goldenPath(`umx_family/files/umx/${file}`)),
);

/** A small set of Open-Unmix networks, as its authors would publish it. */
const small: OriginalModel = {
  name: "small",
  config: {
    ...{ family: "umx", name: "small", targets, sampleRate: 44100 },
    ...{ frameLength: 1024, hop: 256, channels: 2, licence: "non-commercial" },
  },
  files: targets.map((target, i) => ({
    url: `https://nowhere.invalid/records/1/files/${target}.pth?download=1`,
    about: 1000,
    check: {
      kind: "sha256",
      begin: createHash("sha256").update(contents[i]).digest("hex").slice(0, 8),
    },
  })),
  convert: (files) =>
    openUnmixModel(
      small.config,
      targets.map((target, i) => ({ target, weights: files[i] })),
    ),
};

const options = (host: string) => ({ cache, host, originals: [small], pauseSeconds: 0.01 });

describe("a published model of another system", () => {
  it("is fetched file by file, converted once, and its terms with it", async () => {
    await using server = await WeightServer.start(...contents.map((file) => serving(file)));
    const model = await loadModel("small", options(server.host));
    expect(server.requests.map(({ url }) => url)).toEqual([
      "/small/vocals.pth",
      "/small/drums.pth",
    ]);
    expect(model.source).toBe(originalPath(small, cache));
    expect(model.config).toMatchObject({ name: "small", licence: "non-commercial", targets });
    const expected = formulaUmx({ hidden: 16, frameLength: 1024, hop: 256, maxBin: 372, targets });
    const name = "drums.fc1.weight";
    expect(model.state.get(name)?.data).toEqual(expected.state.get(name)?.data);
    expect(readdirSync(cache)).toEqual([
      `small-${small.files[0].check.kind === "sha256" && small.files[0].check.begin}.safetensors`,
    ]);
    await loadModel("small", { ...options(server.host), offline: true });
    expect(server.requests.length).toBe(2);
  });

  it("goes on where a download stopped", async () => {
    const [vocals, drums] = contents;
    await using server = await WeightServer.start(
      serving(vocals, { etag: '"1"', cutAfter: 5000 }),
      serving(vocals, { etag: '"1"' }),
      serving(drums, { unsized: true }),
    );
    await fetchOriginal(small, options(server.host));
    expect(server.ranges).toEqual([undefined, "bytes=5000-", undefined]);
  });

  it("is refused if a file is another than its name says, and nothing of it is kept", async () => {
    await using server = await WeightServer.start(serving(contents[0]), serving(someBytes(3000)));
    await expect(fetchOriginal(small, options(server.host))).rejects.toMatchObject({
      code: "checksum-mismatch",
    });
    expect(existsSync(originalPath(small, cache))).toBe(false);
  });

  it("is refused if its files are no such model, however they begin", async () => {
    const unchecked: OriginalModel = {
      ...small,
      files: small.files.map((file) => ({ ...file, check: { kind: "none" } })),
    };
    const bytes = someBytes(3000);
    await using server = await WeightServer.start(serving(bytes));
    await expect(fetchOriginal(unchecked, options(server.host))).rejects.toMatchObject({
      code: "weights-corrupt",
      message: expect.stringContaining("is not the model small"),
    });
    expect(readdirSync(cache)).toEqual([]);
  });

  it("says which address failed", async () => {
    await using server = await WeightServer.start(answering(403));
    await expect(fetchOriginal(small, options(server.host))).rejects.toMatchObject({
      code: "download-failed",
      message: expect.stringContaining(`${server.host}/small/vocals.pth`),
    });
  });

  it("is listed, checked and removed", async () => {
    await using server = await WeightServer.start(...contents.map((file) => serving(file)));
    const given = options(server.host);
    const listed = async () => {
      const [model] = (await listModels(given)).slice(-1);
      return model;
    };
    expect(await listed()).toMatchObject({ name: "small", place: "remote", size: 2000 });
    await expect(modelHash("small", given)).rejects.toMatchObject({ code: "weights-missing" });
    expect(await verifyModel(await listed(), given)).toEqual({ kind: "absent" });
    await fetchOriginal(small, given);
    expect(await listed()).toMatchObject({ place: "cached", path: originalPath(small, cache) });
    expect(await verifyModel(await listed(), given)).toEqual({ kind: "good", by: "content" });
    const bytes = readFileSync(originalPath(small, cache));
    expect(await modelHash("small", given)).toBe(createHash("sha256").update(bytes).digest("hex"));
    expect(await removeOriginal(small, cache)).toBe(true);
    expect(await removeOriginal(small, cache)).toBe(false);
    await expect(loadModel("small", { ...given, offline: true })).rejects.toMatchObject({
      code: "offline",
    });
  });
});

describe("version 1 of xumx-sliCQ", () => {
  it("is fetched with its json, and known by Git's checksum", async () => {
    const published = originalModels.find(({ name }) => name === "slicq1");
    if (!published) throw new Error("not published");
    const [weights, json] = ["pth", "json"].map((end) =>
      readFileSync(goldenPath(`umx_family/files/slicq1/xumx_slicq.${end}`)),
    );
    const blob = createHash("sha1").update(`blob ${weights.length}\0`).update(weights);
    const [first, second] = published.files;
    const check = { kind: "git blob", sha1: blob.digest("hex") } as const;
    const own: OriginalModel = { ...published, files: [{ ...first, check }, second] };
    await using server = await WeightServer.start(serving(weights), serving(json));
    const given = { cache, host: server.host, originals: [own], pauseSeconds: 0.01 };
    const { config, state } = await loadModel("slicq1", given);
    expect(config).toMatchObject({ family: "slicq1", bandwidth: 2000, name: "slicq1" });
    expect(config.licence).toMatch(/MUSDB18/);
    expect(state.get("bucketed_unmixes_other.1.cdae.12.bias")?.shape).toEqual([2]);
    // The published file's own checksum is not that of these.
    await using again = await WeightServer.start(serving(weights), serving(json));
    const other = { ...given, host: again.host, cache: `${cache}2`, originals: [published] };
    await expect(loadModel("slicq1", other)).rejects.toMatchObject({ code: "checksum-mismatch" });
  });
});

describe("the published models of other systems", () => {
  it.each(originalModels)("$name is described before it is fetched", async ({ name, config }) => {
    const { licence, targets } = config;
    expect(await describeModel(name)).toEqual({ name, licence, targets });
  });

  it("have names of their own, terms, and addresses that a checksum begins in", () => {
    const names = [...publishedModels, ...originalModels].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { config, files } of originalModels) {
      expect(config.licence).toBeTruthy();
      for (const { url, check } of files) {
        expect(new URL(url).protocol).toBe("https:");
        if (check.kind === "sha256") {
          expect(check.begin).toMatch(/^[0-9a-f]{8}$/);
          expect(url).toContain(check.begin);
        }
      }
    }
  });
});
