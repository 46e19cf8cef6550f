import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AbortError, ArgumentError, WeightsError } from "../errors.ts";
import { type Tensor, writeSafetensors } from "../tensors/index.ts";
import { goldenDir } from "../testing/golden.ts";
import { bytesOf, pickle, pickleStateDict, torchFile } from "../testing/torchFile.ts";
import { bundledModels } from "./bundled.ts";
import { cachedPath } from "./cache.ts";
import { configMetadata, parseOriginalConfig } from "./config.ts";
import { defaultModel } from "./defaultModel.ts";
import type { DownloadProgress } from "./download.ts";
import { aboutFile, findModel, loadModel, readModel } from "./load.ts";
import { publishedModels } from "./registry.ts";
import { publishedAs, serving, WeightServer } from "./testing/weightServer.ts";

const root = mkdtempSync(join(tmpdir(), "xumx models "));
afterAll(() => rmSync(root, { recursive: true }));

/** Writes a file below the test's folder and returns its path. */
function put(path: string, content: string | Uint8Array): string {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, content);
  return full;
}

const json = {
  args: { fbins: 32, fmin: 115.5, fscale: "mel", realtime: true, sample_rate: 44100 },
};
const storage = Float32Array.of(1, 2, 3);
const pth = torchFile(
  pickle(
    pickleStateDict([
      { name: "w", type: "FloatStorage", key: "0", length: 3, offset: 0, shape: [3], stride: [1] },
    ]),
  ),
  { 0: bytesOf(storage) },
);
const state = new Map<string, Tensor>([["w", { dtype: "f32", shape: [3], data: storage }]]);
const safetensors = writeSafetensors(state, {
  metadata: configMetadata(parseOriginalConfig(json, "ours")),
});

async function complaint(pathOrName: string): Promise<string> {
  try {
    await loadModel(pathOrName);
  } catch (error) {
    if (error instanceof WeightsError) return `${error.code}: ${error.message} ${error.hint}`;
    throw error;
  }
  return "";
}

it("loads the original's folder, or its .pth, or a checkpoint, each with the json beside it", async () => {
  const source = put("original/xumx_slicq_v2.pth", pth);
  put("original/xumx_slicq_v2.json", JSON.stringify(json));
  const checkpoint = put("original/other.chkpnt", pth);
  put("original/other.json", JSON.stringify(json));
  for (const path of [join(root, "original"), source, checkpoint]) {
    const model = await loadModel(path);
    expect(model.config.name).toBe("original");
    const scale = { name: "mel", bins: 32, fmin: 115.5, gamma: 15 };
    expect(model.config).toMatchObject({ scale });
    expect(model.state.get("w")?.data).toEqual(storage);
    expect(model.source).toBe(path === checkpoint ? checkpoint : source);
  }
});

it("loads a safetensors file, alone in a folder under any name, or called model.safetensors", async () => {
  const single = put("single/größe.safetensors", safetensors);
  expect((await loadModel(single)).config.name).toBe("ours");
  expect((await loadModel(join(root, "single"))).source).toBe(single);
  put("both/a.safetensors", "no model");
  const preferred = put("both/model.safetensors", safetensors);
  expect((await loadModel(join(root, "both"))).source).toBe(preferred);
});

it("says what is missing, and lists the models there are", async () => {
  const unknown = await complaint("no-such-model");
  expect(unknown).toMatch(/^weights-missing: There is no model "no-such-model"/);
  for (const name of await bundledModels()) expect(unknown).toContain(name);
  mkdirSync(join(root, "empty"));
  expect(await complaint(join(root, "empty"))).toMatch(/weights-missing.*holds no weights/);
  put("many/a.safetensors", safetensors);
  put("many/b.safetensors", safetensors);
  expect(await complaint(join(root, "many"))).toMatch(/which of a\.safetensors, b\.safetensors/);
  const alone = put("alone/model.pth", pth);
  expect(await complaint(alone)).toMatch(/weights-missing.*model\.json: there is no such file/);
  expect(await complaint(join(alone, "below"))).toMatch(/^unreadable|^weights-missing/);
  expect(await complaint("a\0b")).toMatch(/^unreadable|^weights-missing/);
});

it("names the file at fault", async () => {
  const bare = put("bad/bare.safetensors", writeSafetensors(state));
  expect(await complaint(bare)).toMatch(/^weights-mismatch: .*bare\.safetensors: .*no entry/);
  const cut = put("bad/cut.safetensors", safetensors.subarray(0, -1));
  expect(await complaint(cut)).toMatch(/^weights-corrupt: .*cut\.safetensors: Tensor "w"/);
  const empty = put("bad/empty.pth", "");
  put("bad/empty.json", JSON.stringify(json));
  expect(await complaint(empty)).toMatch(/^weights-corrupt: .*empty\.pth: .*no zip archive/);
  const broken = put("bad/broken.pth", pth);
  put("bad/broken.json", "{");
  expect(await complaint(broken)).toMatch(/^weights-corrupt: .*json is not valid JSON/);
});

describe("a published model", () => {
  const model = publishedAs("far", pth);
  const options = (host: string) => ({
    ...{ published: [model], host, cache: mkdtempSync(join(root, "cache")), pauseSeconds: 0.01 },
  });
  beforeEach(() => {
    for (const name of ["HTTP_PROXY", "http_proxy", "XUMX_SLICQ_OFFLINE"]) vi.stubEnv(name, "");
  });
  afterEach(() => vi.unstubAllEnvs());

  it("is fetched once, then loaded from the cache, with the configuration that is known of it", async () => {
    await using server = await WeightServer.start(serving(Buffer.from(pth)));
    const where = options(server.host);
    const steps: string[] = [];
    const onProgress = ({ kind }: DownloadProgress) => steps.push(kind);
    const loaded = await loadModel("far", { ...where, onProgress });
    expect(steps).toContain("done");
    expect(loaded.config).toEqual(model.config);
    expect(loaded.state.get("w")?.data).toEqual(storage);
    expect(loaded.source).toBe(cachedPath(model, where.cache));
    vi.stubEnv("XUMX_SLICQ_OFFLINE", "1");
    expect(await loadModel("far", where)).toEqual(loaded);
    expect(await readModel(structuredClone(await findModel("far", where)))).toEqual(loaded);
    expect(server.requests).toHaveLength(1);
  });

  it("is not fetched when that is forbidden, and the way around is told", async () => {
    await using server = await WeightServer.start(serving(Buffer.from(pth)));
    const where = options(server.host);
    const refusal = {
      name: "WeightsError",
      code: "offline",
      hint: expect.stringContaining(cachedPath(model, where.cache)),
    };
    await expect(loadModel("far", { ...where, offline: true })).rejects.toMatchObject(refusal);
    vi.stubEnv("XUMX_SLICQ_OFFLINE", "yes");
    await expect(loadModel("far", where)).rejects.toMatchObject(refusal);
    expect(server.requests).toHaveLength(0);
    for (const off of ["", "0"]) {
      vi.stubEnv("XUMX_SLICQ_OFFLINE", off);
      await loadModel("far", where);
    }
    expect(server.requests).toHaveLength(1);
  });

  it("that is cut short or damaged in the cache is fetched again", async () => {
    await using server = await WeightServer.start(serving(Buffer.from(pth)));
    const where = options(server.host);
    const { source } = await loadModel("far", where);
    writeFileSync(source, pth.subarray(0, 100));
    await loadModel("far", where);
    expect(server.requests).toHaveLength(2);
    writeFileSync(source, new Uint8Array(pth.length).fill(80));
    await loadModel("far", where);
    expect(server.requests).toHaveLength(3);
  });

  it("can be aborted", async () => {
    await using server = await WeightServer.start(() => {});
    const loading = loadModel("far", { ...options(server.host), signal: AbortSignal.timeout(50) });
    await expect(loading).rejects.toBeInstanceOf(AbortError);
  });

  it("is named where an unknown one is asked for", async () => {
    const unknown = await complaint("no-such-model");
    for (const { name } of publishedModels) expect(unknown).toContain(name);
  });
});

it.skipIf(process.platform === "win32")("does not wait for a device", async () => {
  expect(await complaint("/dev/null")).toMatch(/^unreadable.*neither a file nor a folder/);
});

const bundledDir = fileURLToPath(new URL(`../../models/${defaultModel}/`, import.meta.url));

it("has its default model among the bundled ones, complete and with its terms", async () => {
  expect(await bundledModels()).toContain(defaultModel);
  expect(existsSync(`${bundledDir}README.md`)).toBe(true);
  const { config, state: weights } = await loadModel();
  expect(config.name).toBe(defaultModel);
  expect(config.licence).toMatch(/non-commercial/);
  expect(config).toMatchObject({ scale: { name: "bark", bins: 262, fmin: 32.9 } });
  expect(config.phase).toBeDefined();
  expect(weights.size).toBe(5740);
});

it.skipIf(!goldenDir)("reads the trained .pth whole", async () => {
  const { state: weights, config } = await loadModel(`${goldenDir}weights/realtime`);
  expect(weights.size).toBe(5740);
  expect(config.training).toMatchObject({ epochs: 1, bestLoss: 0.04647222850471735 });
  let values = 0;
  for (const { dtype, data } of weights.values()) {
    if (dtype !== "f32") continue;
    values += data.length;
    expect(data.every((value) => Number.isFinite(value))).toBe(true);
  }
  expect(values).toBeGreaterThan(6_913_886);
});

it("blames the file for weights that are not finite, and for a scale that no transform can have", async () => {
  const weights = new Map<string, Tensor>([
    ["w", { dtype: "f32", shape: [2], data: Float32Array.of(1, Number.NaN) }],
  ]);
  const metadata = configMetadata(parseOriginalConfig(json, "ours"));
  const diverged = put("bad/diverged.safetensors", writeSafetensors(weights, { metadata }));
  expect(await complaint(diverged)).toMatch(
    /^weights-corrupt: .*diverged\.safetensors: Tensor "w" has values that are not finite/,
  );
  expect(() =>
    aboutFile("some.pth", () => {
      throw new ArgumentError("fmin must be lower.", "Lower it.");
    }),
  ).toThrow(new WeightsError("weights-mismatch", "some.pth: fmin must be lower.", "Lower it."));
});
