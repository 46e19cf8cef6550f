/** `xumx-slicq evaluate`: scores a model, a folder of estimates, baselines and oracle bounds on a data set. */
import { availableParallelism, freemem } from "node:os";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { XumxError } from "../errors.ts";
import {
  comparisonTables,
  type MethodSpec,
  type OracleName,
  oracleNames,
  prepareEvaluation,
  readMethod,
  type Split,
  splits,
} from "../evaluation/index.ts";
import { defaultModel } from "../models/index.ts";
import type { AnyPhase } from "../phase/index.ts";
import { MOST_SHIFTS } from "../separation/index.ts";
import { abortOnSignals } from "./abort.ts";
import { addHearingOptions, type HearingFlags, hearingSettings } from "./hearingFlags.ts";
import { phaseOption } from "./phaseFlag.ts";
import { ProgressBar } from "./progressBar.ts";
import { escaped, print, say } from "./terminal.ts";
import { whole } from "./values.ts";

interface EvaluateFlags extends HearingFlags {
  readonly metric?: "haaqi";
  readonly data: string;
  readonly split?: Split;
  readonly model?: readonly string[];
  readonly phase?: AnyPhase;
  readonly shifts: number;
  readonly gate?: boolean;
  readonly estimates?: readonly string[];
  readonly method?: readonly OracleName[];
  readonly transform: readonly string[];
  readonly mixture: "file" | "sum";
  readonly out: string;
  readonly jobs?: number;
}

/** Memory that a track of four minutes takes under an oracle of the sliCQT; others take a third of it. */
const BYTES_PER_JOB = 3e9;

/** Adds the command to the program. */
export function addEvaluateCommand(program: Command): void {
  const command = program
    .command("evaluate")
    .description(
      "score separations of a data set: BSS Eval v4 (cSDR), global SDR (uSDR), SI-SDR; tracks already scored are skipped",
    )
    .requiredOption("--data <dir>", "folder of songs: MUSDB18, MUSDB18-HQ, or any stems in folders")
    .addOption(
      new Option("--split <name>", "songs of one split only, by folder names").choices(splits),
    )
    .option("--model <dir|name...>", `models to score (default: ${defaultModel}, if nothing else)`)
    .addOption(phaseOption())
    .option(
      "--shifts <n>",
      "separations of each song, of which the mean counts",
      whole(1, MOST_SHIFTS),
      1,
    )
    .option("--gate", "silence stems where they do not play (default: as the model has it)")
    .option("--no-gate", "leave stems as the network gives them")
    .option("--estimates <dir...>", "folders of estimates to score: <dir>/<song>/<stem>.wav")
    .addOption(
      new Option("--method <name...>", "baselines and oracle bounds to score").choices(oracleNames),
    )
    .option(
      "--transform <spec...>",
      "transforms of the oracles, e.g. bark-262-32.9 stft-4096-1024-hann",
      ["bark-262-32.9"],
    )
    .addOption(
      new Option("--mixture <which>", "separate the mixture's file or the sum of the stems")
        .choices(["file", "sum"])
        .default("file"),
    )
    .addOption(
      new Option("--metric <name>", "score beside the others, for --audiogram").choices(["haaqi"]),
    )
    .option("--out <dir>", "where <method>/<song>.json go", "scores")
    .option("--jobs <n>", "tracks worked on at once (default: as cores and memory allow)", count);
  addHearingOptions(command).action(runEvaluate);
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError("a whole number from 1 is expected");
  return value;
}

async function runEvaluate(flags: EvaluateFlags): Promise<void> {
  const signal = abortOnSignals();
  const { data, split, mixture, out } = flags;
  const cores = availableParallelism();
  const jobs = flags.jobs ?? Math.max(1, Math.min(cores, Math.floor(freemem() / BYTES_PER_JOB)));
  const hearing = flags.metric && (await hearingSettings(flags));
  const methods = methodsOf(flags, Math.max(1, Math.floor(cores / jobs)));
  const evaluation = await prepareEvaluation({
    data,
    methods,
    out,
    mixture,
    jobs,
    signal,
    ...(split && { split }),
    ...(hearing && { hearing }),
  });
  let first: XumxError | undefined;
  const complain = (song: string, error: XumxError) => {
    say(`${escaped(`${song}: ${error.message}`)}${error.hint ? `\n  ${escaped(error.hint)}` : ""}`);
    first ??= error;
  };
  for (const { name, error } of evaluation.problems) complain(name, error);
  const bar = new ProgressBar("scoring");
  try {
    for await (const event of evaluation.run()) {
      bar.clear();
      if (event.error) complain(`${event.song}, ${event.method}`, event.error);
      else if (event.kind === "scored") {
        say(escaped(`${event.song}, ${event.method}`));
        for (const note of event.notes ?? []) say(`  ${escaped(note)}`);
      }
      bar.update(event.done / event.total);
    }
  } finally {
    bar.clear();
  }
  const scored = await Promise.allSettled(evaluation.folders.map(readMethod));
  const tables = scored.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  if (tables.length > 0) print(comparisonTables(tables));
  if (first) throw first;
}

function methodsOf(flags: EvaluateFlags, threads: number): readonly MethodSpec[] {
  const { estimates = [], method = [], transform, phase, shifts, gate } = flags;
  const nothing = !flags.model && estimates.length === 0 && method.length === 0;
  const models = flags.model ?? (nothing ? [defaultModel] : []);
  return [
    ...models.map(
      (model): MethodSpec => ({
        kind: "model",
        model,
        threads,
        ...(phase && { phase }),
        shifts,
        ...(gate !== undefined && { gate }),
      }),
    ),
    ...estimates.map((path): MethodSpec => ({ kind: "estimates", path })),
    ...method.flatMap((oracle): MethodSpec[] =>
      // The mixture needs no transform.
      (oracle === "mixture" ? transform.slice(0, 1) : transform).map((spec) => ({
        kind: "oracle",
        oracle,
        transform: spec,
      })),
    ),
  ];
}
