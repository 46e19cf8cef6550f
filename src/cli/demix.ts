/** `xumx-slicq demix`: songs to stems. */
import { tmpdir } from "node:os";
import type { Command } from "commander";
import {
  type BatchEvent,
  DemixJob,
  FolderStore,
  type Inspection,
  type Problem,
  StreamStore,
  songStream,
} from "../demix/index.ts";
import { AbortError, ArgumentError, throwIfAborted } from "../errors.ts";
import { clearLeftovers, removeUnfinished } from "../files/index.ts";
import { describeModel, type ModelDescription } from "../models/index.ts";
import { targets } from "../networks/index.ts";
import { openSeparator, type Separator } from "../separation/index.ts";
import { chooseOutputs, type DemixSettings, type Song, type Store } from "../stems/index.ts";
import { version } from "../version.ts";
import { abortOnSignals } from "./abort.ts";
import { addDemixFlags, type DemixFlags, demixSettings } from "./demixFlags.ts";
import type { DemixReporter, RunStart } from "./demixReport.ts";
import { FAILED, MISUSED } from "./exitCodes.ts";
import { JsonReport } from "./jsonReport.ts";
import { say, standardOutput } from "./terminal.ts";
import { TextReport } from "./textReport.ts";

/** Stands for stdin among the inputs, and for stdout as the output. */
const STREAM = "-";

const examples = `
Examples:
  xumx-slicq song.wav                                   separated/<model>/song/{vocals,drums,bass,other}.wav
  xumx-slicq demix *.flac music/ -r -o stems            songs and folders of songs, into stems/
  xumx-slicq demix song.mp3 --two-stems vocals          vocals and no_vocals, which sum to the song exactly
  xumx-slicq demix song.wav --format flac --depth input as fine as the song, at its own rate
  xumx-slicq demix song.wav --start 1:00 --duration 30  half a minute of it
  xumx-slicq demix a.wav --filename "{track} ({stem})"  separated/a (vocals).wav, …
  cat song.mp3 | xumx-slicq demix - --stems vocals -o - | player -
`;

/** Adds the command to the program. */
export function addDemixCommand(program: Command): void {
  const command = program
    .command("demix")
    .description("separate songs into vocals, drums, bass and other (the command may be left out)")
    .argument("<song...>", 'audio files, folders or patterns of them; "-" is stdin')
    .addHelpText("after", examples);
  addDemixFlags(command).action(runDemix);
}

async function runDemix(inputs: readonly string[], flags: DemixFlags): Promise<void> {
  const signal = abortOnSignals(() => {
    removeUnfinished();
    say("Interrupted; nothing was left half-written.");
  });
  const reporter: DemixReporter = flags.json
    ? new JsonReport()
    : new TextReport({
        quiet: flags.quiet ?? false,
        verbose: flags.verbose ?? false,
        listFolders: flags.output !== STREAM,
      });
  // Of songs that came through stdin to a program that was killed.
  await clearLeftovers(tmpdir());
  try {
    await separateAll(inputs, flags, reporter, signal);
  } catch (error) {
    if (error instanceof Error && !(error instanceof AbortError)) reporter.error(error);
    throw error;
  }
}

async function separateAll(
  inputs: readonly string[],
  flags: DemixFlags,
  reporter: DemixReporter,
  signal: AbortSignal,
): Promise<void> {
  const settings = demixSettings(flags);
  const model = await describeModel(flags.model);
  const store = storeFor(flags, settings, stemsOf(model, flags));
  await using stdin = inputs.includes(STREAM) ? await standardInput(signal) : undefined;
  const songs: (string | Song)[] = inputs.filter((input) => input !== STREAM);
  await using job = await DemixJob.make(stdin ? [stdin, ...songs] : songs, store, {
    ...settings,
    model: model.name,
    modelStems: stemsOf(model, flags),
    recursive: flags.recursive ?? false,
    pattern: flags.filename,
    skipExisting: flags.skipExisting ?? false,
    signal,
    ...(flags.name !== undefined && { track: flags.name }),
    ...(flags.chunkSize !== undefined && { chunkSize: flags.chunkSize }),
  });
  const tally = new Tally(reporter);
  for (const problem of job.problems) tally.problem(problem);
  reporter.leftOut(job.leftOut);
  if (job.tasks.length === 0) return tally.end([], false);

  const jobs = flags.dryRun ? 0 : Math.min(flags.jobs, job.pending);
  const separators: Separator[] = [];
  try {
    for (let i = 0; i < jobs; i++) {
      separators.push(await separatorFor(flags, jobs, reporter, signal));
    }
    const [first] = separators;
    const { runtime, phase, level, gate } = first ?? {};
    const { threads, shifts } = flags;
    tally.start({
      version,
      model,
      runtime,
      phase,
      level,
      shifts,
      gate,
      settings,
      jobs,
      threads,
      tasks: job.tasks,
    });
    if (flags.dryRun) {
      for await (const inspection of job.inspect(signal)) tally.inspection(inspection);
      return tally.end([], false);
    }
    if (runtime?.notice) reporter.notice(runtime.notice);
    await job.run(separators, { signal, onEvent: (event) => tally.event(event) });
    await tally.end(separators, false);
  } catch (error) {
    if (error instanceof AbortError) await tally.end(separators, true);
    throw error;
  } finally {
    await Promise.all(separators.map((separator) => separator.close()));
  }
}

function separatorFor(
  flags: DemixFlags,
  jobs: number,
  reporter: DemixReporter,
  signal: AbortSignal,
): Promise<Separator> {
  throwIfAborted(signal);
  const { phase, context } = flags;
  return openSeparator({
    model: flags.model,
    threads: Math.max(1, Math.floor(flags.threads / jobs)),
    runtime: flags.runtime,
    device: flags.device,
    level: flags.level,
    shifts: flags.shifts,
    ...(flags.gate !== undefined && { gate: flags.gate }),
    ...(phase && { phase }),
    ...(context !== undefined && { context }),
    loading: { signal, onProgress: (progress) => reporter.download(progress) },
  });
}

/** @throws {ArgumentError} if there is nothing on stdin; what {@link songStream} throws. */
async function standardInput(signal: AbortSignal) {
  if (process.stdin.isTTY) {
    throw new ArgumentError(
      "There is no song on stdin.",
      "Pipe one in: cat song.mp3 | xumx-slicq -",
    );
  }
  return songStream(process.stdin, "stdin", signal);
}

/** Names of the stems that a separator with these flags gives. */
function stemsOf({ targets: own = targets }: ModelDescription, { phase }: DemixFlags) {
  const isMore = phase?.method === "frame-em" && phase.residual !== undefined;
  return isMore ? [...own, "residual"] : own;
}

/** @throws {ArgumentError} if not exactly one stem, and nothing else, can go to stdout. */
function storeFor(flags: DemixFlags, settings: DemixSettings, stems: readonly string[]): Store {
  const { output, json, skipExisting, dryRun } = flags;
  if (output !== STREAM) return new FolderStore(output);
  const { names } = chooseOutputs(settings, stems);
  if (names.length > 1) {
    throw new ArgumentError(
      `One output fits into stdout, not ${names.length}.`,
      "Choose one stem, for example --stems vocals.",
    );
  }
  if (json || skipExisting) {
    throw new ArgumentError(
      `${json ? "--json" : "--skip-existing"} does not go together with --output -.`,
    );
  }
  if (process.stdout.isTTY && !dryRun) {
    throw new ArgumentError(
      "stdout is a terminal.",
      "Send it to a file or a program: … | player -",
    );
  }
  return new StreamStore(standardOutput());
}

/** Counts what happens, and tells it on. */
class Tally {
  readonly #reporter: DemixReporter;
  readonly #counts = { done: 0, skipped: 0, failed: 0 };
  /** Whether songs failed for the command line's sake alone. */
  #misused = true;
  readonly #spent = { decode: 0, encode: 0 };
  #start = performance.now();

  constructor(reporter: DemixReporter) {
    this.#reporter = reporter;
  }

  start(run: RunStart): void {
    this.#start = performance.now();
    this.#reporter.start(run);
  }

  problem({ input, error }: Problem): void {
    this.#counts.failed++;
    if (error.code !== "invalid-argument") this.#misused = false;
    this.#reporter.problem(input, error);
  }

  inspection(inspection: Inspection): void {
    this.#misused = false;
    if (inspection.kind === "skip") this.#counts.skipped++;
    if (inspection.kind === "fail") this.#counts.failed++;
    this.#reporter.inspection(inspection);
  }

  event(event: BatchEvent): void {
    this.#misused = false;
    if (event.kind === "skipped" || event.kind === "failed") this.#counts[event.kind]++;
    if (event.kind === "done") {
      this.#counts.done++;
      this.#spent.decode += event.result.decodeSeconds;
      this.#spent.encode += event.result.encodeSeconds;
    }
    this.#reporter.event(event);
  }

  async end(separators: readonly Separator[], interrupted: boolean): Promise<void> {
    const seconds = (performance.now() - this.#start) / 1e3;
    const engines = { forward: 0, network: 0, phase: 0, inverse: 0 };
    for (const separator of separators) {
      const times = await separator.times();
      for (const step of ["forward", "network", "phase", "inverse"] as const) {
        engines[step] += times[step];
      }
    }
    const times = { decode: this.#spent.decode, ...engines, encode: this.#spent.encode };
    const peakMemory = process.resourceUsage().maxRSS * 1024;
    this.#reporter.end({ ...this.#counts, interrupted, seconds, times, peakMemory });
    if (this.#counts.failed > 0) process.exitCode = this.#misused ? MISUSED : FAILED;
  }
}
