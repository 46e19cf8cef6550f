/** Options of `train` that choose losses. */
import { InvalidArgumentError } from "commander";
import { ArgumentError } from "../errors.ts";
import type { HaaqiTraining, LossSettings } from "../training/index.ts";
import { earsOf } from "./hearingFlags.ts";
import type { TrainFlags } from "./recipeFlags.ts";

/** What `--loss` gives. */
export interface LossChoice {
  readonly spectral: LossSettings["spectral"];
  readonly haaqi: boolean;
}

const spectralNames = ["complex", "sdr", "magnitude"] as const;

/** Where nothing is said of it. */
const usualHaaqi: HaaqiTraining = {
  weight: 1,
  audiograms: "random",
  channels: 4,
  level: 65,
};

/** One of the losses of errors, and perhaps haaqi. */
export function lossList(text: string): LossChoice {
  const names = text.split(",").map((name) => name.trim());
  const [spectral, ...others] = spectralNames.filter((known) => names.includes(known));
  const haaqi = names.includes("haaqi");
  if (spectral && others.length === 0 && names.length === (haaqi ? 2 : 1)) {
    return { spectral, haaqi };
  }
  throw new InvalidArgumentError(
    `one of ${spectralNames.join(", ")} is expected, and perhaps haaqi after a comma`,
  );
}

/**
 * The loss HAAQI that the options mean; undefined without it.
 *
 * @param saved that of the training that goes on
 * @throws ArgumentError for its options without it; AudioError "not-found"/"unreadable" and DataError for audiograms
 */
export async function haaqiOf(
  flags: TrainFlags,
  saved: HaaqiTraining | undefined,
): Promise<HaaqiTraining | undefined> {
  const { loss, haaqiWeight, haaqiAudiograms, haaqiChannels, haaqiLevel } = flags;
  if (!(loss?.haaqi ?? saved !== undefined)) {
    const own = [haaqiWeight, haaqiAudiograms, haaqiChannels, haaqiLevel];
    if (own.every((value) => value === undefined)) return undefined;
    throw new ArgumentError(
      "HAAQI is not among the losses, but has options.",
      "Add it to --loss, as in --loss sdr,haaqi.",
    );
  }
  const base = saved ?? usualHaaqi;
  return {
    weight: haaqiWeight ?? base.weight,
    audiograms:
      haaqiAudiograms === undefined ? base.audiograms : await audiogramsOf(haaqiAudiograms),
    channels: haaqiChannels ?? base.channels,
    level: haaqiLevel ?? base.level,
  };
}

/** Of a file with two ears, both are taken. */
async function audiogramsOf(list: string): Promise<HaaqiTraining["audiograms"]> {
  if (list === "random") return list;
  const found = await Promise.all(list.split(",").map((name) => earsOf(name.trim())));
  return found.flatMap(({ left, right }) => (left === right ? [left] : [left, right]));
}
