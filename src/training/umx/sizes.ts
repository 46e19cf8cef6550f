/** The networks of Open-Unmix and X-UMX that are trained: their sizes, and what follows from these. */
import { ArgumentError } from "../../errors.ts";
import { targets as stems } from "../../networks/index.ts";
import {
  architectureOf,
  type UmxArchitecture,
  type UmxSettings,
  type UmxSizes,
  umxName,
} from "../../networks/umx/index.ts";
import { type XumxSettings, xumxName } from "../../networks/xumx/index.ts";
import type { StateDict } from "../../tensors/index.ts";
import { SAMPLE_RATE } from "../../transforms/slicqt/index.ts";
import { binCount, type StftSettings } from "../../transforms/stft/index.ts";
import type { Framing } from "./spectra.ts";
import type { SpectraSettings } from "./spectraBatch.ts";
import type { UmxTraining } from "./umxStep.ts";

/** Families of networks that see whole songs. */
export type SongFamilyName = "umx" | "xumx";

/** Sizes of a network of whole songs. */
export interface RecurrentSizes {
  /** In the order of the model's outputs: some of the four stems, or "accompaniment", all but the vocals. */
  readonly targets: readonly string[];
  /** Samples of a frame of the transform, and from frame to frame. */
  readonly frameLength: number;
  readonly hop: number;
  /** Width of the layers. */
  readonly hidden: number;
  /** Recurrent layers look back alone. */
  readonly unidirectional: boolean;
  /** What the network sees of a spectrum, Hz; masks are of all of it. */
  readonly bandwidth: number;
}

/** The originals' sizes; Open-Unmix's four targets are networks of their own, here in one training. */
export const originalSizes: Readonly<Record<SongFamilyName, RecurrentSizes>> = {
  umx: sizesOf(["vocals", "drums", "bass", "other"]),
  xumx: sizesOf(["bass", "drums", "vocals", "other"]),
};

function sizesOf(targets: readonly string[]): RecurrentSizes {
  return {
    targets,
    frameLength: 4096,
    hop: 1024,
    hidden: 512,
    unidirectional: false,
    bandwidth: 16000,
  };
}

/** What all networks of whole songs that are trained have beside their sizes. */
const LAYERS = 3;

/** @throws ArgumentError naming the size that is out of its range */
export function checkSizes(family: SongFamilyName, sizes: RecurrentSizes): void {
  const { targets, frameLength, hop, hidden, unidirectional, bandwidth } = sizes;
  const check = (name: string, wanted: string, good: boolean) => {
    if (!good) throw new ArgumentError(`The ${name} must be ${wanted}.`);
  };
  const isWhole = (value: number, least: number, most: number, multiple: number) =>
    Number.isInteger(value / multiple) && value >= least && value <= most;
  const directions = unidirectional ? 1 : 2;
  check(
    "hidden size",
    `a multiple of ${4 * directions}, 4096 at most`,
    isWhole(hidden, 4 * directions, 4096, 4 * directions),
  );
  check("length of a frame", "a multiple of 4 from 16", isWhole(frameLength, 16, 65536, 4));
  check("hop", "a multiple of 4, half a frame at most", isWhole(hop, 4, frameLength / 2, 4));
  check(
    "bandwidth",
    "above 0 Hz, half the sample rate at most",
    bandwidth > 0 && bandwidth <= SAMPLE_RATE / 2,
  );
  const known = new Set<string>([...stems, ...(family === "umx" ? ["accompaniment"] : [])]);
  check(
    "targets",
    `${family === "umx" ? "" : "all four "}of ${[...known].join(", ")}, each once`,
    targets.length > 0 &&
      targets.every((target) => known.has(target)) &&
      new Set(targets).size === targets.length &&
      (family === "umx" || targets.length === stems.length),
  );
}

/** The transform of a network. */
export function stftOfSizes({ frameLength, hop }: RecurrentSizes): StftSettings {
  return { length: frameLength, hop, window: "hann" };
}

/** How excerpts are cut into frames: Open-Unmix trains without what lies beyond them. */
export function framingOf(family: SongFamilyName): Framing {
  return family === "umx" ? "inside" : "centred";
}

/** Lower bins that a network sees. */
function maxBinOf({ bandwidth, frameLength }: RecurrentSizes): number {
  return Math.floor((bandwidth * frameLength) / SAMPLE_RATE) + 1;
}

/** The network that is trained. */
export function trainingOf(family: SongFamilyName, sizes: RecurrentSizes): UmxTraining {
  const stft = stftOfSizes(sizes);
  const { targets, hidden, unidirectional } = sizes;
  const architecture: UmxArchitecture = {
    channels: 2,
    bins: binCount(stft),
    maxBin: maxBinOf(sizes),
    hidden,
    layers: LAYERS,
    directions: unidirectional ? ["forward"] : ["forward", "reverse"],
  };
  const bridged = family === "xumx";
  return { architecture, targets, nameOf: bridged ? xumxName : umxName, stft, bridged };
}

/** What its batches are prepared for. */
export function spectraSettings(family: SongFamilyName, sizes: RecurrentSizes): SpectraSettings {
  return {
    kind: "spectra",
    stft: stftOfSizes(sizes),
    framing: framingOf(family),
    maxBin: maxBinOf(sizes),
    targets: sizes.targets,
    waves: family === "xumx",
  };
}

/** Settings of the network, as models keep them. */
export function songSettings(
  family: SongFamilyName,
  { targets, frameLength, hop }: RecurrentSizes,
): UmxSettings | XumxSettings {
  return { family, targets, sampleRate: SAMPLE_RATE, frameLength, hop, channels: 2 };
}

/**
 * The sizes of a model's network.
 * @throws ArgumentError for one of another sample rate, of one channel, or of another number of layers
 */
export function sizesOfModel(
  settings: UmxSizes & { readonly family: SongFamilyName },
  state: StateDict,
): RecurrentSizes {
  const { family, targets, frameLength, hop, sampleRate, channels } = settings;
  const nameOf = family === "xumx" ? xumxName : umxName;
  const { hidden, maxBin, layers, directions } = architectureOf(settings, state, nameOf);
  if (sampleRate !== SAMPLE_RATE || channels !== 2 || layers !== LAYERS) {
    throw new ArgumentError(
      `A network of ${channels} channels at ${sampleRate} Hz with ${layers} recurrent layers cannot be trained.`,
      `Give one of 2 channels at ${SAMPLE_RATE} Hz with ${LAYERS} layers.`,
    );
  }
  // In the middle of the last bin, so that no rounding loses it.
  const bandwidth = Math.min(((maxBin - 0.5) * SAMPLE_RATE) / frameLength, SAMPLE_RATE / 2);
  const unidirectional = directions.length === 1;
  return { targets, frameLength, hop, hidden, unidirectional, bandwidth };
}
