/** Settings of Open-Unmix's networks, in our files and in the original's. */
import { ArgumentError } from "../../errors.ts";
import type { StftSettings } from "../../transforms/stft/index.ts";
import { type Fields, unsupported } from "../fields.ts";

/** What Open-Unmix's networks and X-UMX's have in common, all but their numbers; other sizes follow from the tensors. */
export interface UmxSizes {
  /** The stems, in the order of files and outputs. */
  readonly targets: readonly string[];
  readonly sampleRate: number;
  /** Samples of a frame and from frame to frame. */
  readonly frameLength: number;
  readonly hop: number;
  /** Channels that a network sees; one is the mean of the magnitudes of two. */
  readonly channels: 1 | 2;
}

/** All about a set of Open-Unmix networks, one for each target, but their numbers. */
export interface UmxSettings extends UmxSizes {
  readonly family: "umx";
}

const LONGEST_FRAME = 65536;
const MOST_TARGETS = 32;

/** Names that stems may have: files are named for them. */
const stemName = /^[\p{L}\p{N}][\p{L}\p{N} _-]{0,63}$/u;

/** Sizes from the metadata of our files. @throws WeightsError naming the field at fault */
export function readSizes(metadata: Fields): UmxSizes {
  return checkedSizes(
    {
      sampleRate: metadata.number("sampleRate"),
      frameLength: metadata.number("frameLength"),
      hop: metadata.number("hop"),
      channels: metadata.number("channels"),
    },
    metadata.optional("targets"),
  );
}

/**
 * Sizes of unknown origin as they can be used.
 * @throws WeightsError "weights-mismatch" saying which cannot
 */
export function checkedSizes(
  sizes: {
    readonly sampleRate: number;
    readonly frameLength: number;
    readonly hop: number;
    readonly channels: number;
  },
  targets: unknown,
): UmxSizes {
  const { sampleRate, frameLength, hop, channels } = sizes;
  const isWhole = (value: number, least: number, most: number) =>
    Number.isInteger(value) && value >= least && value <= most;
  if (!isWhole(sampleRate, 8000, 192_000)) throw unsupported(`The sample rate is ${sampleRate}.`);
  if (!isWhole(frameLength, 16, LONGEST_FRAME) || frameLength % 4 !== 0) {
    throw unsupported(`The frames are ${frameLength} samples long.`);
  }
  if (!isWhole(hop, 4, frameLength / 2) || hop % 4 !== 0) {
    throw unsupported(`The frames of ${frameLength} samples are ${hop} apart.`);
  }
  if (channels !== 1 && channels !== 2) throw unsupported(`The model has ${channels} channels.`);
  const isName = (name: unknown): name is string => typeof name === "string" && stemName.test(name);
  if (
    !Array.isArray(targets) ||
    !targets.every(isName) ||
    !isWhole(targets.length, 1, MOST_TARGETS)
  ) {
    throw unsupported(`The model's targets are ${JSON.stringify(targets)?.slice(0, 80)}.`);
  }
  if (new Set(targets).size < targets.length || targets.includes("residual")) {
    throw unsupported(`The model's targets are not names of their own: ${targets.join(", ")}.`);
  }
  return { targets, sampleRate, frameLength, hop, channels };
}

/** The transform of a network. */
export function stftOf({ frameLength, hop }: UmxSizes): StftSettings {
  return { length: frameLength, hop, window: "hann" };
}

/** Settings from the metadata of our files. @throws WeightsError naming the field at fault */
export function readSettings(metadata: Fields): UmxSettings {
  return { family: "umx", ...readSizes(metadata) };
}

/** @throws ArgumentError always: the original's models are folders, which we do not write */
export function originalJson(): never {
  throw new ArgumentError(
    "Models of Open-Unmix are not written in the original's form.",
    "Export it as safetensors or ONNX.",
  );
}
