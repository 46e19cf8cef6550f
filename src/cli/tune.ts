/** `xumx-slicq tune`: searches for the settings that train best. */
import { join } from "node:path";
import { Command } from "commander";
import { ArgumentError } from "../errors.ts";
import { toSvg } from "../evaluation/plot/svg.ts";
import { aligned } from "../evaluation/tables.ts";
import { writeAtomically } from "../files/index.ts";
import {
  type Drawn,
  inOrder,
  parseSearched,
  rungsOf,
  type Searched,
  type Trial,
  type TrialMeasure,
  trialFolder,
  trialOptions,
  trialPicture,
  trialRows,
  tune,
} from "../training/tune/index.ts";
import { abortOnSignals } from "./abort.ts";
import type { TrainFlags } from "./recipeFlags.ts";
import { escaped, print, printPath, say } from "./terminal.ts";
import { trainingOf, withTrainOptions } from "./train.ts";
import { TrainingDisplay } from "./trainingDisplay.ts";
import { oneOf, whole } from "./values.ts";

const measures = ["loss", "sdr"] as const satisfies readonly TrialMeasure[];
/** Options of a training that a search decides itself, or that are about one training alone. */
const unsearched: ReadonlySet<string> = new Set(
  "data valid-data sounds out cache resume init name licence epochs preview-every quiet debug".split(
    " ",
  ),
);

interface TuneFlags extends TrainFlags {
  readonly try: readonly Searched[];
  readonly trials: number;
  readonly rungs: number;
  readonly factor: number;
  readonly measure: TrialMeasure;
  readonly searchSeed: number;
}

/** Adds the command to the program. */
export function addTuneCommand(program: Command): void {
  const command = program
    .command("tune")
    .description(
      "search for the settings that train best: trials drawn at random, of which the best train on",
    )
    .requiredOption(
      "--try <setting>",
      "a setting of train to search, and its choices, again for each: lr=1e-4..1e-2:log, hidden=25,25|50,51",
      (text: string, before: readonly Searched[] = []) => [...before, searched(text)],
    )
    .option("--trials <n>", "trials that begin", whole(2, 10000), 27)
    .option(
      "--rungs <n>",
      "comparisons, after each of which only the best train on",
      whole(1, 20),
      3,
    )
    .option(
      "--factor <n>",
      "of the trials one in so many trains on, for so many times the epochs",
      whole(2, 100),
      3,
    )
    .option(
      "--measure <name>",
      "loss of validation, or sdr of its clips, for losses that differ",
      oneOf(measures),
      "loss",
    )
    .option("--search-seed <n>", "of the trials' settings", whole(0), 1);
  command.optionsGroup("Every trial is a training with these settings:");
  withTrainOptions(command).action(runTune);
}

function searched(text: string): Searched {
  const setting = parseSearched(text);
  const known = trainOptions().options.some(({ long }) => long === `--${setting.name}`);
  if (known && !unsearched.has(setting.name)) return setting;
  throw new ArgumentError(
    `${setting.name} is no setting of a training that can be searched.`,
    "xumx-slicq train --help lists them; data, folders and epochs are the same for all trials.",
  );
}

function trainOptions(): Command {
  return withTrainOptions(new Command().exitOverride().configureOutput({ writeErr: () => {} }));
}

async function runTune(flags: TuneFlags): Promise<void> {
  if (flags.resume) {
    throw new ArgumentError("A search goes on by itself.", "Leave --resume out.");
  }
  const signal = abortOnSignals();
  const { out, trials, factor, measure } = flags;
  const { recipe, ...fixed } = await trainingOf(flags);
  const rungs = rungsOf(recipe.epochs, factor, flags.rungs);
  const display = new TrainingDisplay(recipe.epochs, flags.quiet ?? false);
  const search = tune({
    space: flags.try,
    ...{ trials, rungs, factor, measure, seed: flags.searchSeed, out, signal },
    fixed: { recipe, data: fixed.data, validData: fixed.validData, init: flags.init },
    training: (values) => trainingOf({ ...flags, ...flagsOf(values) }),
    onReport: (trial, report) => {
      if (report.kind === "started") {
        display.clear();
        say(`trial ${trial}`);
      }
      display.show(report);
    },
  });
  let last: readonly Trial[] = [];
  try {
    for await (const all of search) {
      display.clear();
      last = all;
      await showTrials(out, all, rungs, measure);
    }
  } finally {
    display.clear();
  }
  const rows = trialRows(last, measure);
  print(aligned(rows));
  const [best] = inOrder(last);
  if (best?.score === undefined) {
    say("No trial has a score.");
    process.exitCode = 1;
    return;
  }
  say(escaped(`The best is trial ${best.trial}: ${trialOptions(best)}`));
  printPath(trialFolder(out, best.trial));
}

/** A trial's values as flags of a training, read by the very options of `train`. */
function flagsOf(values: Drawn): Partial<TrainFlags> {
  const args = Object.entries(values).flatMap(([name, value]) => {
    if (value === "false") return [];
    return value === "true" ? [`--${name}`] : [`--${name}`, value];
  });
  const command = trainOptions();
  // What is required is given for all trials.
  for (const option of command.options) option.mandatory = false;
  try {
    command.parse(args, { from: "user" });
  } catch (error) {
    throw new ArgumentError(
      error instanceof Error ? error.message.replace(/^error: /, "") : String(error),
    );
  }
  const given = Object.entries(command.opts()).filter(
    ([name]) => command.getOptionValueSource(name) === "cli",
  );
  return Object.fromEntries(given);
}

/** Writes the table and the picture of all trials. */
async function showTrials(
  out: string,
  trials: readonly Trial[],
  rungs: readonly number[],
  measure: TrialMeasure,
): Promise<void> {
  const rows = trialRows(trials, measure).map((row) => row.map(escaped).join("\t"));
  const text = new TextEncoder();
  await writeAtomically(join(out, "trials.tsv"), text.encode(`${rows.join("\n")}\n`));
  const picture = toSvg(trialPicture(trials, rungs, measure));
  await writeAtomically(join(out, "trials.svg"), text.encode(picture));
}
