/**
 * The published models of the other systems: weights that the authors of Open-Unmix, X-UMX and xumx-sliCQ version 1 share, in the
 * files that their programs read. They are fetched when first asked for, and kept as one file of ours.
 *
 * Of most files their authors state the beginning of the checksum. What is fetched must begin like that, and be a model.
 */
import { targets } from "../networks/index.ts";
import { readCheckpoint } from "../tensors/index.ts";
import { modelFromAsteroid } from "./asteroid.ts";
import type { ModelConfig } from "./config.ts";
import { type Model, modelFromPth } from "./fromBytes.ts";
import { openUnmixModel } from "./openUnmix.ts";

/** A model of another system that can be fetched. */
export interface OriginalModel {
  readonly name: string;
  readonly config: ModelConfig;
  readonly files: readonly OriginalFile[];
  /** The model of its files' contents. @throws WeightsError */
  convert(files: readonly Uint8Array[]): Model;
}

/** What tells whether a file is right: the beginning of its SHA-256, the name of a Git object, or nothing. */
export type FileCheck =
  | { readonly kind: "sha256"; readonly begin: string }
  | { readonly kind: "git blob"; readonly sha1: string }
  | { readonly kind: "none" };

/** A file at its publisher's. */
export interface OriginalFile {
  /** Where it lies. On a mirror it lies in a folder named as the model, under the last part of this address. */
  readonly url: string;
  /** Size in bytes, about: nobody states it. */
  readonly about: number;
  readonly check: FileCheck;
}

const musdb = "MUSDB18 (academic use only)";
const noneStated = `no terms are stated for the weights, take them as non-commercial: trained on ${musdb}`;
const stereo = { sampleRate: 44100, frameLength: 4096, hop: 1024, channels: 2 } as const;

/** Open-Unmix: a file for each target, named by it and the beginning of its checksum. */
function openUnmix(
  { targets, ...facts }: Omit<Extract<ModelConfig, { family: "umx" }>, "family">,
  base: string,
  about: number,
  files: Readonly<Record<string, string>>,
): OriginalModel {
  const config: ModelConfig = { family: "umx", targets, ...facts };
  return {
    name: facts.name,
    config,
    files: targets.map((target) => ({
      url: `${base}${files[target]}`,
      about,
      check: { kind: "sha256", begin: files[target].slice(-12, -4) },
    })),
    convert: (contents) =>
      openUnmixModel(
        config,
        targets.map((target, i) => ({ target, weights: contents[i] })),
      ),
  };
}

/** X-UMX: one file, of which nothing is stated. */
function xumx(name: string, url: string, about: number, licence: string): OriginalModel {
  const targets = ["bass", "drums", "vocals", "other"];
  const config: ModelConfig = { family: "xumx", name, ...stereo, targets, licence };
  return {
    name,
    config,
    files: [{ url, about, check: { kind: "none" } }],
    convert: ([contents]) => {
      const model = modelFromAsteroid(readCheckpoint(contents), name);
      return { ...model, config: { ...model.config, licence } };
    },
  };
}

/** xumx-sliCQ version 1: weights, named by Git's checksum of them, and the json beside them. */
function slicq1(): OriginalModel {
  const base = "https://github.com/sevagh/xumx-sliCQ/raw/v1/pretrained-model/";
  const licence = "non-commercial: trained on MUSDB18-HQ (academic use only)";
  const config: ModelConfig = {
    family: "slicq1",
    name: "slicq1",
    scale: { name: "bark", bins: 262, fmin: 32.9, gamma: 25 },
    bandwidth: 16000,
    sampleRate: 44100,
    targets,
    licence,
  };
  return {
    name: "slicq1",
    config,
    files: [
      {
        url: `${base}xumx_slicq.pth`,
        about: 28_000_000,
        check: { kind: "git blob", sha1: "85382708b28597f305d75e2947e8b643f0f6ef2a" },
      },
      { url: `${base}xumx_slicq.json`, about: 60_000, check: { kind: "none" } },
    ],
    convert: ([weights, json]) => {
      const model = modelFromPth(weights, json, "slicq1");
      return { ...model, config: { ...model.config, licence } };
    },
  };
}

const songs = ["vocals", "drums", "bass", "other"];

/** All of them. */
export const originalModels: readonly OriginalModel[] = [
  openUnmix(
    {
      name: "umxhq",
      ...stereo,
      targets: songs,
      licence: noneStated,
      training: { data: "MUSDB18-HQ" },
    },
    "https://zenodo.org/records/3370489/files/",
    35_640_000,
    {
      vocals: "vocals-b62c91ce.pth",
      drums: "drums-9619578f.pth",
      bass: "bass-8d85a5bd.pth",
      other: "other-b52fbbf7.pth",
    },
  ),
  openUnmix(
    { name: "umx", ...stereo, targets: songs, licence: noneStated, training: { data: "MUSDB18" } },
    "https://zenodo.org/records/3370486/files/",
    35_640_000,
    {
      vocals: "vocals-c8df74a5.pth",
      drums: "drums-5a48008b.pth",
      bass: "bass-646024d3.pth",
      other: "other-f8e132cc.pth",
    },
  ),
  openUnmix(
    {
      name: "umxl",
      ...stereo,
      targets: songs,
      licence: "non-commercial: CC BY-NC-SA 4.0",
      training: { data: "about 400 h of private music" },
    },
    "https://zenodo.org/records/5069601/files/",
    113_090_000,
    {
      vocals: "vocals-bccbd9aa.pth",
      drums: "drums-69e0ebd4.pth",
      bass: "bass-2ca1ce51.pth",
      other: "other-c8c5b3e6.pth",
    },
  ),
  openUnmix(
    {
      name: "umxse",
      ...{ sampleRate: 16000, frameLength: 1024, hop: 512, channels: 1 },
      targets: ["speech", "noise"],
      licence: "no terms are stated for the weights: trained on Voicebank+DEMAND",
      training: { data: "Voicebank+DEMAND, 28 speakers" },
    },
    "https://zenodo.org/records/3786908/files/",
    6_350_000,
    { speech: "speech_f5e0d9f9.pth", noise: "noise_04a6fc2d.pth" },
  ),
  xumx(
    "xumx",
    "https://zenodo.org/record/4704231/files/pretrained_xumx.pth?download=1",
    142_500_000,
    noneStated,
  ),
  xumx(
    "xumxl",
    "https://zenodo.org/record/7128659/files/pretrained_xumxl.pth?download=1",
    452_000_000,
    "no terms are stated for the weights, take them as non-commercial: trained on private music",
  ),
  slicq1(),
];
