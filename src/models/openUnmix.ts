/** Models of Open-Unmix: a folder with the networks of several targets, each in files of its own. */
import { Fields, unsupported } from "../networks/index.ts";
import { checkedSizes, umxName } from "../networks/umx/index.ts";

import { checkFinite, readPth, type Tensor } from "../tensors/index.ts";
import { type ModelConfig, parseConfigJson } from "./config.ts";
import type { Model } from "./fromBytes.ts";

/** The json that says how all targets' networks are used. */
export const separatorFile = "separator.json";

/** The order of the stems that most models have; others follow, sorted. */
const usual = ["vocals", "drums", "bass", "other", "speech", "noise"];

/** The weights of a target. */
export interface TargetWeights {
  readonly target: string;
  readonly weights: Uint8Array;
}

/** Targets and their files of weights in a folder of these files: those that have a json of their own. */
export function targetFiles(names: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const targets = names
    .flatMap((name) => /^(.+)\.json$/.exec(name)?.[1] ?? [])
    .filter((target) => `${target}.json` !== separatorFile);
  const rank = (target: string) => (usual.indexOf(target) + usual.length) % usual.length;
  const order = (a: string, b: string) =>
    Number(usual.includes(b)) - Number(usual.includes(a)) || rank(a) - rank(b) || (a < b ? -1 : 1);
  for (const target of targets.sort(order)) {
    const own = names.filter((name) => isWeightsOf(target, name)).sort();
    if (own.length > 0) found.set(target, own[0]);
  }
  return found;
}

/** `<target>.pth`, or with the beginning of its checksum as the original's authors publish it. */
function isWeightsOf(target: string, name: string): boolean {
  return name.startsWith(target) && /^([-_][0-9a-f]{8})?\.pth$/.test(name.slice(target.length));
}

/** The beginning of the checksum (SHA-256, hexadecimal) that a file's name states, if it does. */
export function statedChecksum(file: string): string | undefined {
  return /[-_]([0-9a-f]{8})\.pth$/.exec(file)?.[1];
}

/**
 * A model from a folder's files.
 *
 * @param separator content of {@link separatorFile}
 * @param name what to call the model, which the files do not say
 * @throws WeightsError `weights-corrupt` or `weights-mismatch`
 */
export function modelFromOpenUnmix(
  separator: Uint8Array,
  targets: readonly TargetWeights[],
  name: string,
): Model {
  const json = new Fields(parseConfigJson(separator, `The file ${separatorFile}`), separatorFile);
  const config = {
    sampleRate: json.number("sample_rate"),
    frameLength: json.number("nfft"),
    hop: json.number("nhop"),
    channels: json.number("nb_channels"),
  };
  const names = targets.map(({ target }) => target);
  return openUnmixModel({ family: "umx", ...checkedSizes(config, names), name }, targets);
}

/** A model of targets' weights. @throws as {@link modelFromOpenUnmix} */
export function openUnmixModel(config: ModelConfig, targets: readonly TargetWeights[]): Model {
  const state = new Map<string, Tensor>();
  for (const { target, weights } of targets) {
    for (const [name, tensor] of checkFinite(readPth(weights))) {
      state.set(umxName(target, name), tensor);
    }
  }
  if (state.size === 0) throw unsupported("The model has no targets.");
  return { config, state };
}
