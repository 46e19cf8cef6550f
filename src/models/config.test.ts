import { expect, it } from "vitest";
import { WeightsError } from "../errors.ts";
import { configMetadata, metadataKey, parseConfig, parseOriginalConfig } from "./config.ts";

const args = {
  batch_size: 64,
  fbins: 262,
  fgamma: 3.5,
  fmin: 32.9,
  fscale: "bark",
  lr: 0.001,
  nb_channels: 2,
  realtime: true,
  sample_rate: 44100.0,
  seq_dur: 2.0,
};

it("reads the original's json, and takes gamma 15 whatever it says", () => {
  const json = { args, best_loss: -25.7, epochs_trained: 473, train_loss_history: [1, 2] };
  expect(parseOriginalConfig(json, "tiny")).toEqual({
    family: "xumx-slicq-v2",
    name: "tiny",
    scale: { name: "bark", bins: 262, fmin: 32.9, gamma: 15 },
    realtime: true,
    sampleRate: 44100,
    targets: ["bass", "vocals", "other", "drums"],
    training: {
      epochs: 473,
      bestLoss: -25.7,
      batchSize: 64,
      excerptSeconds: 2,
      learningRate: 0.001,
    },
  });
});

it.each<[string, unknown, RegExp]>([
  ["a list", [], /json, an object was expected/],
  ["no args", {}, /of no known kind \(xumx-slicq-v2/],
  ["a missing scale", { args: { ...args, fscale: undefined } }, /"fscale" is missing/],
  ["an unknown scale", { args: { ...args, fscale: "oct" } }, /"fscale" is "oct".*bark, mel/],
  ["a broken number of bins", { args: { ...args, fbins: 1.5 } }, /"fbins" is 1\.5/],
  ["one bin", { args: { ...args, fbins: 1 } }, /"fbins" is 1;/],
  ["too high a frequency", { args: { ...args, fmin: 22050 } }, /"fmin" is 22050/],
  ["a number as text", { args: { ...args, fmin: "32.9" } }, /"fmin" is "32\.9"; .* a number/],
  ["realtime as a number", { args: { ...args, realtime: 1 } }, /"realtime" is 1.*true or false/],
  ["the LSTM variant", { args: { ...args, lstm: true } }, /LSTM.*not supported yet/],
  ["another rate", { args: { ...args, sample_rate: 48000 } }, /48000, not 44100/],
  ["mono", { args: { ...args, nb_channels: 1 } }, /1 channels/],
])("refuses %s", (_, json, message) => {
  expect(() => parseOriginalConfig(json, "x")).toThrow(WeightsError);
  expect(() => parseOriginalConfig(json, "x")).toThrow(message);
});

const config = {
  ...parseOriginalConfig({ args, epochs_trained: 3 }, "round"),
  licence: "academic use only",
};

it("reads back the metadata that it writes, with gamma as stored", () => {
  expect(parseConfig(configMetadata(config))).toEqual(config);
  if (config.family !== "xumx-slicq-v2") throw new Error("another family");
  const scale = { ...config.scale, gamma: 7 };
  expect(parseConfig(configMetadata({ ...config, scale }))).toMatchObject({ scale: { gamma: 7 } });
});

it.each<[string, Record<string, unknown>, RegExp]>([
  ["another family", { family: "demucs" }, /"family" is "demucs".*xumx-slicq-v2/],
  ["other targets", { targets: ["vocals", "drums"] }, /targets are not bass, vocals/],
  ["another rate", { sampleRate: 22050 }, /22050/],
  ["no name", { name: undefined }, /"name" is missing/],
  ["a licence that is no text", { licence: 4 }, /"licence" is 4/],
  ["a gate that is no flag", { gate: "yes" }, /"gate" is "yes"/],
  ["nested training facts", { training: { a: [] } }, /"a" is \[\]/],
])("refuses metadata with %s", (_, changes, message) => {
  const text = JSON.stringify({ ...config, ...changes });
  expect(() => parseConfig(new Map([[metadataKey, text]]))).toThrow(WeightsError);
  expect(() => parseConfig(new Map([[metadataKey, text]]))).toThrow(message);
});

it("refuses files without our metadata, or with what is not JSON", () => {
  expect(() => parseConfig(new Map())).toThrow(/no entry "xumx-slicq"/);
  expect(() => parseConfig(new Map([[metadataKey, "{"]]))).toThrow(/not valid JSON/);
});

it.each([
  [
    { window: { slices: 100_000 }, regularisation: { kind: "fixed" } },
    /from 1 to 2000, not 100000/,
  ],
  [{ window: 1e8, regularisation: { kind: "fixed" } }, /from 1 to 16000, not 100000000/],
  [{ window: 5000, regularisation: { kind: "relative", amount: 1e308 } }, /at most 1, not 1e\+308/],
] as const)(
  "refuses a file that asks for a phase step beyond all bounds: %j",
  (settings, message) => {
    const config = parseOriginalConfig({ args }, "x");
    const phase = { method: "wiener-em", ...settings } as const;
    expect(() => parseConfig(configMetadata({ ...config, phase }))).toThrow(WeightsError);
    expect(() => parseConfig(configMetadata({ ...config, phase }))).toThrow(message);
  },
);

it("keeps whether stems are gated", () => {
  expect(parseConfig(configMetadata({ ...config, gate: true })).gate).toBe(true);
  expect(parseConfig(configMetadata(config)).gate).toBeUndefined();
});
