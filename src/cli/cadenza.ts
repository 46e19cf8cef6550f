/** `xumx-slicq cadenza`: the first Cadenza challenge, enhanced and evaluated. */
import { availableParallelism } from "node:os";
import { type Command, Option } from "commander";
import { type CadenzaSplit, cadenzaSplits, enhanceSplit, evaluateSplit } from "../cadenza/index.ts";
import type { XumxError } from "../errors.ts";
import { defaultModel } from "../models/index.ts";
import { abortOnSignals } from "./abort.ts";
import { seed } from "./hearingFlags.ts";
import { ProgressBar } from "./progressBar.ts";
import { escaped, print, printPath, say } from "./terminal.ts";
import { whole } from "./values.ts";

interface SplitFlags {
  readonly root: string;
  readonly split: CadenzaSplit;
  readonly listeners?: readonly string[];
  readonly songs?: readonly string[];
  readonly every: number;
}

interface EnhanceFlags extends SplitFlags {
  readonly model: string;
  readonly estimates?: string;
  readonly compressor?: true;
  readonly threads?: number;
  readonly jobs?: number;
  readonly zip?: string;
  readonly out: string;
}

interface EvaluateFlags extends SplitFlags {
  readonly enhanced: string;
  readonly segments?: true;
  readonly noise: "song" | number | "off";
  readonly jobs?: number;
  readonly out: string;
}

/** Adds the commands to the program. */
export function addCadenzaCommand(program: Command): void {
  const cadenza = program
    .command("cadenza")
    .description("the first Cadenza challenge, task 1: music for listeners with a hearing loss");
  addSplitOptions(
    cadenza
      .command("enhance")
      .description(
        "stems and remixes for every listener, as they are handed in; what is there is skipped",
      ),
  )
    .option("--model <dir|name>", "model that separates", defaultModel)
    .option("--estimates <dir>", "take stems from <dir>/<song>/<stem>.wav instead of a model")
    .option("--compressor", "compress each stem after the prescription, as the challenge allows")
    .option("--threads <n>", "threads of the model (default: as many as cores)", whole(1))
    .option("--jobs <n>", "listeners worked on at once (default: as many as cores)", whole(1))
    .option("--zip <team>", "in the end zip the test split as submission_<team>.zip")
    .requiredOption("--out <dir>", "where enhanced_signals goes")
    .action(runEnhance);
  addSplitOptions(
    cadenza
      .command("evaluate")
      .description("HAAQI of the enhanced stems, as the challenge scores them, to a CSV file"),
  )
    .requiredOption("--enhanced <dir>", "the output folder of `cadenza enhance`")
    .option(
      "--segments",
      "the signals are the test split's objective segments: cut the references too",
    )
    .option(
      "--noise <song|n|off>",
      "seed of HAAQI's noise: of the song's name as in the challenge, one number, or none",
      (text) => (text === "song" ? text : seed(text)),
      "song",
    )
    .option("--jobs <n>", "pairs worked on at once (default: as many as cores)", whole(1))
    .requiredOption(
      "--out <file>",
      "the CSV file; what an interrupted run scored is kept beside it",
    )
    .action(runEvaluate);
}

function addSplitOptions(command: Command): Command {
  return command
    .requiredOption("--root <dir>", "the challenge's folder, with metadata and audio inside")
    .addOption(
      new Option("--split <name>", "which songs and listeners")
        .choices(cadenzaSplits)
        .default("valid"),
    )
    .option("--listeners <name...>", "only these listeners")
    .option("--songs <name...>", "only these songs")
    .option("--every <n>", "only every n-th pair of song and listener", whole(1), 1);
}

function choiceOf({ root, split, listeners, songs, every }: SplitFlags) {
  return { root, split, every, ...(listeners && { listeners }), ...(songs && { songs }) };
}

async function runEnhance(flags: EnhanceFlags): Promise<void> {
  const signal = abortOnSignals();
  const cores = availableParallelism();
  const { estimates, model, threads = cores, jobs = cores, zip, compressor = false, out } = flags;
  const bar = new ProgressBar("enhancing");
  try {
    for await (const event of enhanceSplit({
      ...choiceOf(flags),
      method: estimates
        ? { kind: "estimates", path: estimates }
        : { kind: "model", model, threads },
      compressor,
      jobs,
      ...(zip !== undefined && { zip }),
      out,
      signal,
    })) {
      bar.clear();
      if (event.kind === "zipped") {
        printPath(event.path);
        continue;
      }
      if (event.kind === "enhanced") say(escaped(`${event.song}, ${event.listener}`));
      bar.update(event.done / event.total);
    }
  } finally {
    bar.clear();
  }
}

async function runEvaluate(flags: EvaluateFlags): Promise<void> {
  const signal = abortOnSignals();
  const { enhanced, segments = false, noise, jobs = availableParallelism(), out } = flags;
  const bar = new ProgressBar("scoring");
  let first: XumxError | undefined;
  const scores: number[] = [];
  try {
    for await (const event of evaluateSplit({
      ...choiceOf(flags),
      enhanced,
      segments,
      noise,
      jobs,
      out,
      signal,
    })) {
      bar.clear();
      const { song, listener, score, warnings, error } = event;
      if (error) {
        say(escaped(`${song}, ${listener}: ${error.message}`));
        if (error.hint) say(`  ${escaped(error.hint)}`);
        first ??= error;
      } else {
        scores.push(score);
        say(escaped(`${song}, ${listener}: ${score.toFixed(4)}`));
      }
      for (const warning of warnings) say(`  ${escaped(warning)}`);
      bar.update(event.done / event.total);
    }
  } finally {
    bar.clear();
  }
  const known = scores.filter(Number.isFinite);
  const mean = known.reduce((sum, score) => sum + score, 0) / known.length;
  const from =
    noise === "song" ? "seeded by the song's name" : noise === "off" ? "off" : `seed ${noise}`;
  print(
    `HAAQI v1, mean of ${known.length} pairs: ${known.length > 0 ? mean.toFixed(4) : "–"} ` +
      `(references at 65 dB SPL, 24 kHz, noise ${from})\n`,
  );
  if (first) throw first;
}
