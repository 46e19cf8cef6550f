/**
 * The published models: weights that the authors of xumx-sliCQ-V2 share, which are fetched when first asked for.
 *
 * Only the weights (`.pth`) are fetched. The configurations that lie beside them are known, so they stand here: what
 * is not fetched cannot be missing, be changed or lie, and a fetched file is right if its checksum is.
 */
import { type ModelScale, targets } from "../networks/index.ts";
import type { ModelConfig } from "./config.ts";

/** A model that can be fetched. */
export interface PublishedModel {
  readonly name: string;
  readonly config: ModelConfig;
  readonly weights: PublishedFile;
}

/** A file at an address that never changes its content. */
export interface PublishedFile {
  /** Address relative to the {@link publishedHost} or to a mirror of it. */
  readonly path: string;
  /** Size in bytes. */
  readonly size: number;
  /** SHA-256 of the content, lower-case hexadecimal. */
  readonly sha256: string;
}

/** Where the published models lie: addresses are this and a file's path. */
export const publishedHost = "https://github.com/sevagh/xumx-sliCQ/raw/v2/";

/** 15 Hz is the gamma at which the original runs every model, whatever it stores. */
const bark262: ModelScale = { name: "bark", bins: 262, fmin: 32.9, gamma: 15 };
const mel32: ModelScale = { name: "mel", bins: 32, fmin: 115.5, gamma: 15 };

const common = { family: "xumx-slicq-v2", sampleRate: 44100, targets } as const;

/** The original's code is under the MIT licence; its weights keep the terms of the music they were trained on. */
const musdb = "non-commercial: trained on MUSDB18-HQ (academic use only)";
const periphery =
  "no terms are stated, take it as non-commercial: trained on multitracks that are not distributed";

/** All models that can be fetched by name. */
export const publishedModels: readonly PublishedModel[] = [
  {
    name: "v2",
    config: {
      ...common,
      name: "v2",
      scale: bark262,
      realtime: false,
      licence: musdb,
      training: { data: "MUSDB18-HQ", epochs: 266, bestEpoch: 198, bestLoss: 0.0405442 },
    },
    weights: {
      path: "pretrained_model/xumx_slicq_v2.pth",
      size: 62466945,
      sha256: "48c86f90083c8417c47e236b12a848518c3e29d46b1a34d7e275d27b1e3203f8",
    },
  },
  {
    name: "v2-realtime",
    config: {
      ...common,
      name: "v2-realtime",
      scale: bark262,
      realtime: true,
      licence: musdb,
      training: { data: "MUSDB18-HQ", epochs: 554, bestEpoch: 274, bestLoss: 0.0430327 },
    },
    weights: {
      path: "pretrained_model_realtime/xumx_slicq_v2.pth",
      size: 62467137,
      sha256: "12e25e8b7289117a1edc95fa898d40c074a56bfa9057f0b36b2d4c7c3bafe5c1",
    },
  },
  {
    name: "v2-tiny",
    config: {
      ...common,
      name: "v2-tiny",
      scale: mel32,
      realtime: true,
      licence: musdb,
      training: { data: "MUSDB18-HQ", epochs: 473, bestEpoch: 171, bestLoss: -25.721 },
    },
    weights: {
      path: ".github/pretrained_models_other/pretrained_model_tiny_rt/xumx_slicq_v2.pth",
      size: 14749819,
      sha256: "fefd98596e37f0596b1f7612671712525833ab48466388c8e9110f7b962a5068",
    },
  },
  {
    name: "v2-tiny-metal",
    config: {
      ...common,
      name: "v2-tiny-metal",
      scale: mel32,
      realtime: true,
      licence: periphery,
      training: {
        data: "multitracks of the metal band Periphery",
        epochs: 440,
        bestEpoch: 127,
        bestLoss: -18.0918,
      },
    },
    weights: {
      path: ".github/pretrained_models_other/pretrained_model_tiny_metal/xumx_slicq_v2.pth",
      size: 14749819,
      sha256: "812c92bc7af9a06d6278fbbae8c230b19017c8fced9606ab68744b1e220451d0",
    },
  },
];
