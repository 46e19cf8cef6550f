/** `xumx-slicq demix`: songs to stems. */
import type { Writable } from "node:stream";
import type { Command } from "commander";
import { floatWav } from "../audio/index.ts";
import {
  type BatchEvent,
  chooseOutputs,
  demixAll,
  endingOf,
  parseTemplate,
  planOutputs,
  removeHeld,
  removeUnfinished,
} from "../demix/index.ts";
import { AbortError, ArgumentError, throwIfAborted } from "../errors.ts";
import { openSeparator, type Separator } from "../separation/index.ts";
import { abortOnSignals } from "./abort.ts";
import { addDemixFlags, type DemixFlags, demixSettings } from "./demixFlags.ts";
import { demixInputs, STREAM } from "./demixInputs.ts";
import type { DemixReporter, RunStart } from "./demixReport.ts";
import { FAILED } from "./exitCodes.ts";
import { JsonReport } from "./jsonReport.ts";
import { TextReport } from "./textReport.ts";
import { version } from "./version.ts";

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
    removeHeld();
    process.stderr.write("Interrupted; nothing was left half-written.\n");
  });
  const reporter: DemixReporter = flags.json
    ? new JsonReport()
    : new TextReport({
        quiet: flags.quiet ?? false,
        verbose: flags.verbose ?? false,
        listFolders: flags.output !== STREAM,
      });
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
  const template = parseTemplate(flags.filename);
  const { names } = chooseOutputs(settings);
  const stream = flags.output === STREAM ? standardOutput(flags, names.length) : undefined;
  await using found = await demixInputs(inputs, flags, signal);
  const { songs } = found;
  const tally = new Tally(reporter);
  for (const { input, error } of found.problems) tally.problem(input, error);
  if (songs.length === 0) return tally.end([], false);

  const jobs = Math.min(flags.jobs, songs.length);
  const separators: Separator[] = [];
  try {
    for (let job = 0; job < jobs; job++) {
      separators.push(await separatorFor(flags, jobs, reporter, signal));
    }
    const [{ modelName: model, licence, runtime, phase }] = separators;
    const plan = stream
      ? { tasks: songs.map((song) => ({ ...song, outputs: [], complete: false })), problems: [] }
      : await planOutputs(songs, {
          ...{ output: flags.output, template, model, names, signal },
          extension: endingOf(settings.format ?? floatWav),
        });
    for (const { input, error } of plan.problems) tally.problem(input, error);
    tally.start({
      ...{ version, model: { name: model, licence }, runtime, phase, settings, jobs },
      threads: flags.threads,
      tasks: plan.tasks,
    });
    if (runtime.notice) reporter.notice(runtime.notice);
    await demixAll(separators, plan.tasks, {
      ...settings,
      signal,
      skipExisting: flags.skipExisting ?? false,
      ...(flags.chunkSize !== undefined && { chunkSize: flags.chunkSize }),
      ...(stream && { stream }),
      onEvent: (event) => tally.event(event),
    });
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
  const { phase } = flags;
  return openSeparator({
    model: flags.model,
    threads: Math.max(1, Math.floor(flags.threads / jobs)),
    runtime: flags.runtime,
    device: flags.device,
    ...(phase && { phase }),
    loading: { signal, onProgress: (progress) => reporter.download(progress) },
  });
}

/** @throws {ArgumentError} if not exactly one stem, and nothing else, can go there. */
function standardOutput({ json, skipExisting }: DemixFlags, outputs: number): Writable {
  if (outputs > 1) {
    throw new ArgumentError(
      `One output fits into stdout, not ${outputs}.`,
      "Choose one stem, for example --stems vocals.",
    );
  }
  if (json || skipExisting) {
    throw new ArgumentError(
      `${json ? "--json" : "--skip-existing"} does not go together with --output -.`,
    );
  }
  if (process.stdout.isTTY) {
    throw new ArgumentError(
      "stdout is a terminal.",
      "Send it to a file or a program: … | player -",
    );
  }
  return process.stdout;
}

/** Counts what happens, and tells it on. */
class Tally {
  readonly #reporter: DemixReporter;
  readonly #counts = { done: 0, skipped: 0, failed: 0 };
  readonly #spent = { decode: 0, encode: 0 };
  #start = performance.now();

  constructor(reporter: DemixReporter) {
    this.#reporter = reporter;
  }

  start(run: RunStart): void {
    this.#start = performance.now();
    this.#reporter.start(run);
  }

  problem(input: string, error: Error): void {
    this.#counts.failed++;
    this.#reporter.problem(input, error);
  }

  event(event: BatchEvent): void {
    // A reader of stdout that has heard enough is no failure.
    if (event.kind === "failed" && isClosedPipe(event.error)) return;
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
    if (this.#counts.failed > 0) process.exitCode = FAILED;
  }
}

function isClosedPipe(error: Error): boolean {
  const { cause } = error;
  return cause instanceof Error && "code" in cause && cause.code === "EPIPE";
}
