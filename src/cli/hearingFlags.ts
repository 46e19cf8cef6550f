/** Options that say who listens: an audiogram, a level, the noise. */
import { readFile } from "node:fs/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import { AudioError } from "../errors.ts";
import {
  type AudiogramName,
  audiogramNames,
  type Ears,
  type HearingSettings,
  namedAudiogram,
  readAudiogram,
} from "../evaluation/index.ts";
import { decibels } from "./values.ts";

/** What the options give. */
export interface HearingFlags {
  readonly audiogram: string;
  readonly level: number;
  readonly seed: number | "off";
}

/** Adds the options to a command. */
export function addHearingOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--audiogram <name|file>",
        `who listens with HAAQI: ${audiogramNames.join(", ")}, or a JSON file`,
      ).default("normal"),
    )
    .option("--level <dB>", "level of the reference for HAAQI, dB SPL", decibels, 65)
    .option("--seed <n|off>", "seed of HAAQI's noise, as NumPy's", seed, 0);
}

/** A seed of NumPy's, or "off". */
export function seed(text: string): number | "off" {
  if (text === "off") return "off";
  const value = Number(text);
  if (/^\d+$/.test(text) && value < 2 ** 32) return value;
  throw new InvalidArgumentError('a whole number below 2^32 is expected, or "off"');
}

/**
 * The settings that the options mean.
 * @throws AudioError "not-found"/"unreadable" and DataError for the audiogram's file.
 */
export async function hearingSettings(flags: HearingFlags): Promise<HearingSettings> {
  const { audiogram, level, seed: noise } = flags;
  return { name: audiogram, ears: await earsOf(audiogram), level, noise };
}

/** The audiograms of two ears, by a name or from a file. @throws as {@link hearingSettings} */
export async function earsOf(audiogram: string): Promise<Ears> {
  const name = audiogramNames.find((known: AudiogramName) => known === audiogram);
  if (name) {
    const both = namedAudiogram(name);
    return { left: both, right: both };
  }
  try {
    return readAudiogram(await readFile(audiogram, "utf8"), audiogram);
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && "errno" in cause)) throw cause;
    throw new AudioError(
      cause.code === "ENOENT" ? "not-found" : "unreadable",
      `The audiogram ${audiogram} cannot be read.`,
      `Give ${audiogramNames.join(", ")}, or a JSON file.`,
      { cause },
    );
  }
}
