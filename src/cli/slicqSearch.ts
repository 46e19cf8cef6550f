/** `xumx-slicq slicq-search`: a random search for the transform in which an oracle separates best. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { type Dataset, openDataset, type Split, songsOf, splits } from "../datasets/index.ts";
import {
  type OracleName,
  oracleNames,
  originalSearch,
  parseTransform,
  readStems,
  scoreTransform,
  searchSlicq,
  type Trial,
} from "../evaluation/index.ts";
import { targets } from "../networks/index.ts";
import { type ScaleName, scaleNames } from "../transforms/slicqt/index.ts";
import { abortOnSignals } from "./abort.ts";
import { ProgressBar } from "./progressBar.ts";
import { escaped, print, say } from "./terminal.ts";

interface SearchFlags {
  readonly data: string;
  readonly split?: Split;
  readonly scales: readonly ScaleName[];
  readonly bins: readonly number[];
  readonly fmins: readonly number[];
  readonly iterations: number;
  readonly oracle: Exclude<OracleName, "mixture">;
  readonly seed: number;
  readonly maxSlice: number;
  readonly perTarget?: boolean;
  readonly single?: string;
  readonly state?: string;
}

/** Adds the command to the program. */
export function addSlicqSearchCommand(program: Command): void {
  const { scales, bins, fmins, seed, maxSlice, oracle } = originalSearch;
  program
    .command("slicq-search")
    .description("search scale, bins and lowest frequency of the sliCQT for the best oracle uSDR")
    .requiredOption("--data <dir>", "folder of songs with stems")
    .addOption(
      new Option("--split <name>", "songs of one split only, by folder names").choices(splits),
    )
    .option("--scales <names>", `some of ${scaleNames.join(",")}`, scaleList, scales)
    .option("--bins <least,most>", "numbers of bins", numbers(2), bins)
    .option("--fmins <from,to,step>", "lowest frequencies in Hz", numbers(3), fmins)
    .option("--iterations <n>", "trials", wholeNumber, 60)
    .addOption(
      new Option("--oracle <name>", "what is scored")
        .choices(oracleNames.filter((name) => name !== "mixture"))
        .default(oracle),
    )
    .option("--seed <n>", "of the random numbers", wholeNumber, seed)
    .option("--max-slice <samples>", "longest slice", wholeNumber, maxSlice)
    .option("--per-target", "also show the best transform of every target")
    .option("--single <transform>", "score one transform only, sliCQT or STFT")
    .option("--state <file>", "JSON lines; an interrupted search goes on from there")
    .action(runSearch);
}

function scaleList(text: string): readonly ScaleName[] {
  return text.split(",").map((name) => {
    const scale = scaleNames.find((known) => known === name);
    if (!scale) throw new InvalidArgumentError(`scales are ${scaleNames.join(", ")}`);
    return scale;
  });
}

function numbers(length: number) {
  return (text: string): readonly number[] => {
    const values = text.split(",").map(Number);
    if (values.length !== length || values.some((value) => !Number.isFinite(value)))
      throw new InvalidArgumentError(`${length} numbers with commas between are expected`);
    return values;
  };
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError("a whole number from 1 is expected");
  return value;
}

async function runSearch(flags: SearchFlags): Promise<void> {
  const signal = abortOnSignals();
  const dataset: Dataset = await openDataset(flags.data, signal);
  for (const { name, error } of dataset.problems) {
    say(escaped(`${name} is left out: ${error.message}`));
  }
  const songs = flags.split ? songsOf(dataset, flags.split) : dataset.songs;
  if (flags.single !== undefined) {
    parseTransform(flags.single);
    const readers = songs.map((song) => async () => ({
      stems: await readStems(song, signal),
      sampleRate: song.sampleRate,
    }));
    const scores = await scoreTransform(flags.single, flags.oracle, readers, signal);
    print(`${header()}${row({ transform: flags.single, ...scores })}`);
    return;
  }
  const [least, most] = flags.bins;
  const [from, to, step] = flags.fmins;
  const { scales, oracle, seed, maxSlice } = flags;
  const space = {
    scales,
    bins: [least, most] as const,
    fmins: [from, to, step] as const,
    maxSlice,
    oracle,
    seed,
  };
  const trials: Trial[] = [];
  const bar = new ProgressBar("searching");
  print(header());
  try {
    for await (const trial of searchSlicq(space, songs, flags.iterations, flags.state, signal)) {
      bar.clear();
      trials.push(trial);
      print(row(trial));
      bar.update(trials.length / flags.iterations);
    }
  } finally {
    bar.clear();
  }
  const best = trials.reduce((a, b) => (b.mean > a.mean ? b : a));
  print(`\nbest mean of targets:\n${row(best)}`);
  if (!flags.perTarget) return;
  for (const target of targets) {
    const own = trials.reduce((a, b) => (b.uSDR[target] > a.uSDR[target] ? b : a));
    print(`best ${target}:\n${row(own)}`);
  }
}

function header(): string {
  const columns = [...targets, "mean"].map((name) => name.padStart(8)).join("");
  return `uSDR, mean over songs (dB)\n${"transform".padEnd(24)}${columns}\n`;
}

function row({ transform, uSDR, mean }: Pick<Trial, "transform" | "uSDR" | "mean">): string {
  const values = [...targets.map((target) => uSDR[target]), mean];
  return `${transform.padEnd(24)}${values.map((value) => value.toFixed(2).padStart(8)).join("")}\n`;
}
