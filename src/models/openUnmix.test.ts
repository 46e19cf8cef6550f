import { cp, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { familyOf } from "../networks/index.ts";
import { formulaUmx, formulaXumx } from "../networks/umx/testing/formulaUmx.ts";
import { openUnmixEm } from "../phase/index.ts";
import { checkState, writeSafetensors } from "../tensors/index.ts";
import { goldenPath } from "../testing/golden.ts";
import { configMetadata } from "./config.ts";
import { modelFromSafetensors } from "./fromBytes.ts";
import { loadModel } from "./load.ts";
import { targetFiles } from "./openUnmix.ts";

const files = (name: string) => goldenPath(`umx_family/files/${name}`);
const sizes = { hidden: 16, frameLength: 1024, hop: 256, maxBin: 372 };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "umx-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function copy(name: string, from: string): Promise<string> {
  const to = join(folder, name);
  await cp(files(from), to, { recursive: true });
  return to;
}

describe("a folder of Open-Unmix", () => {
  it("is read with all its targets, in the usual order", async () => {
    const { config, state } = await loadModel(files("umx"));
    expect(config).toMatchObject({
      ...{ family: "umx", name: "umx", targets: ["vocals", "drums"], sampleRate: 44100 },
      ...{ frameLength: 1024, hop: 256, channels: 2 },
    });
    const expected = formulaUmx({ ...sizes, targets: ["vocals", "drums"] }).state;
    expect(state.size).toBe(2 * 46);
    for (const [name, { data }] of expected) {
      if (name.includes("num_batches")) continue;
      expect(state.get(name)?.data, name).toEqual(data);
    }
  });

  it("is itself again from a file of ours, with another phase step, too", async () => {
    const { config, state } = await loadModel(files("umx"));
    const phase = { ...openUnmixEm, iterations: 2, window: "song", residual: "complex" } as const;
    for (const given of [config, { ...config, phase }]) {
      const bytes = writeSafetensors(state, { metadata: configMetadata(given) });
      const again = modelFromSafetensors(bytes);
      expect(again.config).toEqual(given);
      expect(again.state.get("drums.fc1.weight")).toEqual(state.get("drums.fc1.weight"));
    }
  });

  it("is read from files of before PyTorch 1.6, tensors that share a storage too", async () => {
    const { config, state } = await loadModel(files("umx-legacy"));
    const expected = formulaUmx({ ...sizes, targets: ["vocals"] }).state;
    for (const [name, { data }] of expected) {
      if (name.includes("num_batches"))
        expect(state.get(name)?.data).toEqual(BigInt64Array.of(4711n));
      else expect(state.get(name)?.data, name).toEqual(data);
    }
    expect(state.get("vocals.sample_rate")).toBeDefined();
    expect(() => familyOf(config.family).prepare(config, state)).not.toThrow();
  });

  it("is refused where a file is not the one that its name promises", async () => {
    const wrong = await copy("wrong", "umx");
    await rename(join(wrong, "vocals.pth"), join(wrong, "vocals-12345678.pth"));
    await expect(loadModel(wrong)).rejects.toMatchObject({ code: "checksum-mismatch" });
  });

  it("is refused without its separator.json, with a wrong one, and where tensors are missing", async () => {
    const without = await copy("without", "umx");
    await rm(join(without, "separator.json"));
    await expect(loadModel(without)).rejects.toMatchObject({ code: "weights-missing" });
    const wrong = await copy("wrong-json", "umx");
    await writeFile(join(wrong, "separator.json"), '{"nfft": 1023, "nhop": 256}');
    await expect(loadModel(wrong)).rejects.toMatchObject({ code: "weights-mismatch" });
    const { config, state } = await loadModel(files("umx"));
    const less = new Map(state);
    less.delete("drums.fc2.weight");
    expect(() => familyOf(config.family).prepare(config, less)).toThrow(/drums\.fc2\.weight/);
  });

  it("takes for a target's weights only files that are named for it", () => {
    const names = ["separator.json", "zither.json", "other.json", "vocals.json", "drums.json"];
    const weights = ["other2.pth", "other-0123abcd.pth", "vocals.pth", "zither_00000000.pth"];
    expect([...targetFiles([...names, ...weights])]).toEqual([
      ["vocals", "vocals.pth"],
      ["other", "other-0123abcd.pth"],
      ["zither", "zither_00000000.pth"],
    ]);
  });
});

describe("a file of X-UMX", () => {
  it("says all itself", async () => {
    const { config, state } = await loadModel(files("xumx"));
    expect(config).toMatchObject({
      ...{ family: "xumx", name: "xumx", targets: ["bass", "drums", "vocals", "other"] },
      ...{ sampleRate: 44100, frameLength: 1024, hop: 256, channels: 2 },
    });
    const expected = formulaXumx({ ...sizes, hidden: 8 }).state;
    for (const [name, { data }] of expected) expect(state.get(name)?.data, name).toEqual(data);
    const family = familyOf(config.family);
    const isWindow = (name: string) => /window$/.test(name);
    expect(() => checkState(state, family.expectedTensors(config, state), isWindow)).not.toThrow();
  });

  it("is read by its path, too, and another file without a json is not", async () => {
    const { config } = await loadModel(files("xumx/best_model.pth"));
    expect(config.family).toBe("xumx");
    const alone = await copy("alone.pth", "umx/vocals.pth");
    await expect(loadModel(alone)).rejects.toMatchObject({
      code: "weights-missing",
      hint: expect.stringMatching(/json beside it/),
    });
  });
});
