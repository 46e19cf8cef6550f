/** `xumx-slicq worker`: takes songs from a queue and separates them, until it is told to end. */
import { availableParallelism, tmpdir } from "node:os";
import { type Command, Option } from "commander";
import { AbortError, ArgumentError } from "../errors.ts";
import { clearLeftovers } from "../files/index.ts";
import { SongWorker, StatusServer, type WorkerEvent } from "../jobs/index.ts";
import type { DevicePreference, RuntimePreference } from "../runtime/index.ts";
import { abortOnSignals } from "./abort.ts";
import { addRuntimeFlags } from "./demixFlags.ts";
import {
  addQueueFlags,
  addStoreFlags,
  byteSize,
  listed,
  listenPlace,
  type QueueFlags,
  queueOptions,
  type StoreFlags,
  storeOptions,
} from "./queueFlags.ts";
import { escaped, print, printJson, say } from "./terminal.ts";
import { whole } from "./values.ts";

interface WorkerFlags extends QueueFlags, StoreFlags {
  readonly threads: number;
  readonly songs: number;
  readonly runtime: RuntimePreference;
  readonly device: DevicePreference;
  readonly allowFolder?: readonly string[];
  readonly allowHost?: readonly string[];
  readonly allowPrivate?: true;
  readonly maxInput: number;
  readonly partSize: number;
  readonly grace: number;
  readonly lock: number;
  readonly http: { readonly host: string; readonly port: number } | boolean;
  readonly untilDone?: true;
  readonly json?: true;
}

const examples = `
Examples:
  xumx-slicq worker --allow-folder music --allow-folder stems
  xumx-slicq worker --endpoint http://store:9000 --http 0.0.0.0:9464
  xumx-slicq worker --until-done                        end when nothing is left to do
`;

/** Adds the command to the program. */
export function addWorkerCommand(program: Command): void {
  const cores = availableParallelism();
  const command = program
    .command("worker")
    .description("separate the songs of a queue, until told to end (SIGTERM, Ctrl-C)")
    .addHelpText("after", examples)
    .optionsGroup("Access:")
    .option(
      "--allow-folder <dir>",
      "songs may be read from it and stems written to it; may be repeated",
      listed,
    )
    .option("--allow-host <name>", "songs may be fetched from there; may be repeated", listed)
    .option("--allow-private", "these hosts may have private addresses")
    .option("--max-input <size>", "larger songs fail: MiB, or with K, M, G", byteSize, 4 * 2 ** 30)
    .optionsGroup("Work:")
    .addOption(
      new Option("-t, --threads <n>", "processor threads, of all songs together")
        .argParser(whole(1))
        .default(cores, "all there are"),
    )
    .option("--songs <n>", "songs at once; each takes memory of its own", whole(1, 256), 1)
    .option("--grace <s>", "seconds for songs to end in when the worker is told to", whole(0), 25)
    .option(
      "--lock <s>",
      "seconds without a sign of life after which another worker takes a song",
      whole(1, 3600),
      30,
    )
    .option("--until-done", "end when no song is waiting, at work or to be tried again");
  addRuntimeFlags(command);
  addStoreFlags(command).option(
    "--part-size <size>",
    "of uploads in parts: MiB, or with K, M, G",
    byteSize,
    5 * 2 ** 20,
  );
  addQueueFlags(command)
    .optionsGroup("Messages:")
    .option(
      "--http <[host:]port>",
      "where /health and /metrics are (default: 127.0.0.1:9464, or any free port)",
      listenPlace,
    )
    .option("--no-http", "nowhere")
    .option("--json", "one JSON object a line on stdout for all that happens")
    .action(runWorker);
}

async function runWorker(flags: WorkerFlags): Promise<void> {
  const signal = abortOnSignals();
  // Of songs of a worker that was killed.
  await clearLeftovers(tmpdir());
  const pages = await statusServer(flags.http);
  try {
    const worker = await SongWorker.start({
      ...{ ...queueOptions(flags), ...storeOptions(flags) },
      threads: Math.max(1, Math.floor(flags.threads / flags.songs)),
      ...{ songs: flags.songs, runtime: flags.runtime, device: flags.device },
      ...{ grace: flags.grace, lock: flags.lock },
      ...{ mostBytes: flags.maxInput, partBytes: flags.partSize },
      access: {
        ...{ folders: flags.allowFolder ?? [], hosts: flags.allowHost ?? [] },
        privateHosts: flags.allowPrivate ?? false,
      },
      onEvent: (event) => {
        pages?.note(event);
        const { kind, ...rest } = event;
        if (flags.json) printJson({ event: kind, ...rest });
        else toldAsText(event);
      },
    });
    pages?.watch(worker);
    if (pages) say(`${worker.name}: ${pages.address}/health and /metrics`);
    try {
      await (flags.untilDone ? worker.idle(signal) : ended(signal));
    } catch (error) {
      if (!(error instanceof AbortError)) throw error;
    } finally {
      if (signal.aborted && worker.atWork.length > 0) {
        say(`Ending: songs at work have ${flags.grace} s; then they are handed back.`);
      }
      await worker.close();
    }
  } finally {
    await pages?.[Symbol.asyncDispose]();
  }
}

/** Where nothing was asked for, another port will do; what was asked for must be. */
async function statusServer(http: WorkerFlags["http"]): Promise<StatusServer | undefined> {
  if (http === false) return undefined;
  if (typeof http === "object") return StatusServer.start(http);
  try {
    return await StatusServer.start();
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    return StatusServer.start({ port: 0 });
  }
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function toldAsText(event: WorkerEvent): void {
  const line = lineOf(event);
  if (line !== undefined) print(`${escaped(line)}\n`);
}

function lineOf(event: WorkerEvent): string | undefined {
  switch (event.kind) {
    case "started":
      return undefined;
    case "done": {
      const { already, seconds, duration } = event.performance;
      const took = already ? "done before" : `${seconds.toFixed(1)} s for ${duration.toFixed(0)} s`;
      return `done         ${event.input}  (${took})`;
    }
    case "failed":
      return `failed       ${event.input}  ${event.failure.message}`;
    case "postponed":
      return `again later  ${event.input}  ${event.failure.message}`;
    case "handed-back":
      return `handed back  ${event.input}`;
    case "cancelled":
      return `cancelled    ${event.input}`;
    case "recovered":
      return `recovered    ${event.id}`;
    case "trouble":
      return `trouble      ${event.message}`;
  }
}
