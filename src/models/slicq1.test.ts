import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WeightsError } from "../errors.ts";
import { familyOf } from "../networks/index.ts";
import { formulaSlicq1 } from "../networks/slicq1/testing/formulaSlicq1.ts";
import { firstWienerEm } from "../phase/index.ts";
import { checkState, writeSafetensors } from "../tensors/index.ts";
import { goldenPath } from "../testing/golden.ts";
import { configMetadata, parseOriginalConfig } from "./config.ts";
import { describeModel } from "./describe.ts";
import { modelFromSafetensors } from "./fromBytes.ts";
import { loadModel } from "./load.ts";

const files = goldenPath("umx_family/files/slicq1");
const settings = {
  family: "slicq1",
  scale: { name: "bark", bins: 10, fmin: 300, gamma: 25 },
  bandwidth: 2000,
} as const;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slicq1-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a folder of xumx-sliCQ version 1", () => {
  it("is recognised by its files, and read", async () => {
    const { config, state } = await loadModel(files);
    expect(config).toMatchObject({ ...settings, name: "slicq1", sampleRate: 44100 });
    expect(config.training).toMatchObject({ epochs: 2, bestLoss: -0.4, excerptSeconds: 1 });
    const expected = formulaSlicq1(settings).state;
    expect([...state.keys()]).toEqual([...expected.keys()]);
    for (const [name, { data }] of expected) {
      if (name.includes("num_batches"))
        expect(state.get(name)?.data).toEqual(BigInt64Array.of(583n));
      else expect(state.get(name)?.data, name).toEqual(data);
    }
    expect(await describeModel(files)).toMatchObject({ name: "slicq1" });
  });

  it("is itself again from a file of ours, with another phase step, too", async () => {
    const { config, state } = await loadModel(files);
    for (const given of [config, { ...config, phase: firstWienerEm }]) {
      const again = modelFromSafetensors(
        writeSafetensors(state, { metadata: configMetadata(given) }),
      );
      expect(again.config).toEqual(given);
      expect(again.state).toEqual(state);
    }
  });

  it("is read from its .pth alone, with the json beside it", async () => {
    const to = join(folder, "own");
    await cp(files, to, { recursive: true });
    await rm(join(to, "separator.json"));
    expect((await loadModel(join(to, "xumx_slicq.pth"))).config).toMatchObject(settings);
    await rm(join(to, "xumx_slicq.json"));
    await expect(loadModel(to)).rejects.toMatchObject({ code: "weights-missing" });
  });

  it("is refused if its tensors are not those of its json, which names them", async () => {
    const { config, state } = await loadModel(files);
    if (config.family !== "slicq1") throw new Error("another family");
    const family = familyOf(config.family);
    const wide = { ...config, bandwidth: 20_000 };
    expect(() => checkState(state, family.expectedTensors(wide, state))).toThrow(
      /are missing: "bucketed_unmixes_vocals\.2\.input_mean"/,
    );
  });

  it("has a json that is its own again", async () => {
    const text = await readFile(join(files, "xumx_slicq.json"), "utf8");
    const config = parseOriginalConfig(JSON.parse(text), "x");
    const json = familyOf("slicq1").originalJson(config, config.training ?? {});
    expect(parseOriginalConfig(json, "x")).toEqual(config);
  });

  it.each([
    [{ fscale: "linear" }, /"fscale" is "linear"/],
    [{ nb_channels: 1 }, /1 channels/],
    [{ umx_bilstm: true }, /BiLSTM/],
    [{ fbins: 1 }, /"fbins"/],
  ])("is refused with %j", async (args, message) => {
    const text = await readFile(join(files, "xumx_slicq.json"), "utf8");
    const json = JSON.parse(text);
    const read = () => parseOriginalConfig({ ...json, args: { ...json.args, ...args } }, "x");
    expect(read).toThrow(WeightsError);
    expect(read).toThrow(message);
  });
});
