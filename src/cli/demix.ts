/** `xumx-slicq demix`: songs to stems. */
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { demixFile, folderName, trackName } from "../demix/index.ts";
import { ArgumentError, throwIfAborted } from "../errors.ts";
import { defaultModel } from "../models/index.ts";
import { openSeparator } from "../separation/index.ts";
import { abortOnSignals } from "./abort.ts";
import { ProgressBar } from "./progressBar.ts";

interface DemixFlags {
  readonly output: string;
  readonly model: string;
  readonly threads: number;
  readonly runtime: "auto" | "native" | "wasm";
  readonly chunkSize?: number;
}

/** Adds the command to the program. */
export function addDemixCommand(program: Command): void {
  program
    .command("demix")
    .description("separate songs into vocals, drums, bass and other")
    .argument("<file...>", "WAV, FLAC or MP3 files, any sample rate, mono or stereo")
    .option("-o, --output <dir>", "where <model>/<track>/<stem>.wav go", "separated")
    .option(
      "--model <dir|name>",
      "a bundled model's name, or a folder or file of weights",
      defaultModel,
    )
    .option("--threads <n>", "processor threads to use", wholeNumber, availableParallelism())
    .option("--runtime <name>", "tensor runtime: auto, native or wasm", runtimeName, "auto")
    .option(
      "--chunk-size <samples>",
      "hard chunks as the original's (2621440); default: one piece",
      wholeNumber,
    )
    .action(runDemix);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError("a whole number from 1 is expected");
  return value;
}

function runtimeName(text: string): DemixFlags["runtime"] {
  if (text === "auto" || text === "native" || text === "wasm") return text;
  throw new InvalidArgumentError("auto, native or wasm is expected");
}

async function runDemix(files: readonly string[], flags: DemixFlags): Promise<void> {
  const signal = abortOnSignals();
  checkTracks(files);
  const { threads, runtime } = flags;
  await using separator = await openSeparator(flags.model, { threads, runtime });
  if (separator.runtime.notice) process.stderr.write(`note: ${separator.runtime.notice}\n`);
  for (const file of files) {
    throwIfAborted(signal);
    const directory = join(flags.output, folderName(separator.modelName), trackName(file));
    const bar = new ProgressBar(basename(file));
    try {
      const start = performance.now();
      const { frames, sampleRate } = await demixFile(separator, file, directory, {
        signal,
        onProgress: (fraction) => bar.update(fraction),
        ...(flags.chunkSize && { chunkSize: flags.chunkSize }),
      });
      bar.clear();
      const seconds = (performance.now() - start) / 1e3;
      const length = frames / sampleRate;
      process.stderr.write(
        `${basename(file)}: ${length.toFixed(1)} s of music in ${seconds.toFixed(1)} s, ${(length / seconds).toFixed(1)} × real time\n`,
      );
      process.stdout.write(`${directory}\n`);
    } finally {
      bar.clear();
    }
  }
}

/** Two songs must not write the same files. */
function checkTracks(files: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const file of files) {
    // Some file systems do not tell case apart.
    const name = trackName(file).toLowerCase();
    const other = seen.get(name);
    if (other !== undefined) {
      throw new ArgumentError(
        `${other} and ${file} would both be written to the folder "${trackName(file)}".`,
        "Separate them one at a time, with different --output folders.",
      );
    }
    seen.set(name, file);
  }
}
