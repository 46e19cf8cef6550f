/** `xumx-slicq submit`: songs into a queue, for workers. */
import { createInterface } from "node:readline";
import type { Command } from "commander";
import { ArgumentError } from "../errors.ts";
import { type JobSettings, type SubmitEvent, submit } from "../jobs/index.ts";
import { abortOnSignals } from "./abort.ts";
import { addSongFlags, demixSettings, type SongFlags } from "./demixFlags.ts";
import { FAILED } from "./exitCodes.ts";
import {
  addQueueFlags,
  addStoreFlags,
  listed,
  type QueueFlags,
  queueOptions,
  type StoreFlags,
  storeOptions,
} from "./queueFlags.ts";
import { print, printJson, sayError } from "./terminal.ts";

/** Stands for the addresses on stdin. */
const STREAM = "-";

interface SubmitFlags extends SongFlags, QueueFlags, StoreFlags {
  readonly output: string;
  readonly recursive?: true;
  readonly allowHost?: readonly string[];
  readonly allowPrivate?: true;
  readonly json?: true;
}

const examples = `
Examples:
  xumx-slicq submit music/ -r -o stems                  a folder of this machine, for workers on it
  xumx-slicq submit s3://music/albums/ -o s3://stems --format flac
  xumx-slicq submit - -o s3://stems --allow-host media.example.com < addresses.txt
`;

/** Adds the command to the program. */
export function addSubmitCommand(program: Command): void {
  const command = program
    .command("submit")
    .description("put songs into a queue, from which workers on any machines take them")
    .argument(
      "<song...>",
      'files, folders, patterns, s3://bucket/prefix, https://…; "-": one of these a line on stdin',
    )
    .optionsGroup("Input:")
    .option("-r, --recursive", "search folders within folders too")
    .option("--allow-host <name>", "songs may be fetched from there; may be repeated", listed)
    .option("--allow-private", "these hosts may have private addresses")
    .optionsGroup("Output:")
    .requiredOption(
      "-o, --output <place>",
      "a folder, or s3://bucket/prefix; each song gets a folder in it",
    )
    .addHelpText("after", examples);
  addSongFlags(command);
  addStoreFlags(command);
  addQueueFlags(command)
    .optionsGroup("Messages:")
    .option("--json", "one JSON object a line on stdout: what became of each input")
    .action(runSubmit);
}

async function runSubmit(inputs: readonly string[], flags: SubmitFlags): Promise<void> {
  const signal = abortOnSignals();
  if (inputs.includes(STREAM) && process.stdin.isTTY) {
    throw new ArgumentError("There are no addresses on stdin.", "Pipe them in, one a line.");
  }
  const { phase, level, shifts, gate, chunkSize } = flags;
  const settings: JobSettings = {
    ...demixSettings(flags),
    ...{ level, ...(phase && { phase }), ...(chunkSize !== undefined && { chunkSize }) },
    // Not said where there is but one: jobs keep the names that they had before there were more.
    ...(shifts > 1 && { shifts }),
    ...(gate !== undefined && { gate }),
  };
  const summary = await submit(allInputs(inputs), {
    ...{ ...queueOptions(flags), ...storeOptions(flags) },
    ...{ output: flags.output, model: flags.model, settings, signal },
    recursive: flags.recursive ?? false,
    access: { hosts: flags.allowHost ?? [], privateHosts: flags.allowPrivate ?? false },
    onEvent: (event) => (flags.json ? printJson(asJson(event)) : told(event)),
  });
  const { submitted, known, problems } = summary;
  if (flags.json) printJson({ event: "summary", ...summary });
  else print(`${submitted} submitted, ${known} known already, ${problems} problems\n`);
  if (problems > 0) process.exitCode = FAILED;
}

function told(event: SubmitEvent): void {
  if (event.kind === "problem") sayError(event.error);
}

function asJson(event: SubmitEvent) {
  if (event.kind !== "problem") {
    const { kind, id, input, output } = event;
    return { event: kind, id, input, output };
  }
  const { code, message, hint = null } = event.error;
  return { event: "problem", input: event.input, code, message, hint };
}

async function* allInputs(inputs: readonly string[]): AsyncGenerator<string> {
  for (const input of inputs) {
    if (input !== STREAM) yield input;
    else {
      for await (const line of createInterface({ input: process.stdin })) {
        if (line.trim() !== "") yield line.trim();
      }
    }
  }
}
