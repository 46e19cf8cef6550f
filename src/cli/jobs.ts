/** `xumx-slicq jobs`: how far the songs of a queue are, and what is to become of them. */
import { type Command, Option } from "commander";
import { ArgumentError } from "../errors.ts";
import { Catalogue, type CatalogueStatus, type SongChoice } from "../jobs/index.ts";
import { abortOnSignals } from "./abort.ts";
import { ProgressBar, shownTime } from "./progressBar.ts";
import { addQueueFlags, type QueueFlags, queueOptions } from "./queueFlags.ts";
import { escaped, print, printJson } from "./terminal.ts";
import { number } from "./values.ts";

interface JobsFlags extends QueueFlags {
  readonly json?: true;
}

interface ChoiceFlags extends JobsFlags {
  readonly all?: true;
  readonly code?: string;
}

/** Adds the command to the program. */
export function addJobsCommand(program: Command): void {
  const jobs = program
    .command("jobs")
    .description("look at the songs of a queue, and look after them");
  const command = (name: string, description: string) =>
    addQueueFlags(jobs.command(name).description(description))
      .optionsGroup("Messages:")
      .option("--json", "JSON on stdout, one object a line");
  command("status", "how many songs wait, are at work, done and failed; pace and time left").action(
    (flags: JobsFlags) =>
      withCatalogue(flags, async (catalogue) => {
        const status = await catalogue.status();
        if (flags.json) printJson(status);
        else print(statusText(status));
      }),
  );
  command("watch", "the same again and again, until all is done")
    .addOption(
      new Option("--every <s>", "seconds from look to look")
        .argParser(number(0.1, 3600))
        .default(1),
    )
    .action((flags: JobsFlags & { readonly every: number }) =>
      withCatalogue(flags, (catalogue) => watch(catalogue, flags)),
    );
  command("failed", "songs that failed for good, and why; the last ones first").action(
    (flags: JobsFlags) =>
      withCatalogue(flags, async (catalogue) => {
        for await (const song of catalogue.failed()) {
          if (flags.json) printJson(song);
          else {
            print(`${song.id}  ${escaped(song.input)}\n  ${song.code}: ${escaped(song.message)}\n`);
            if (song.hint) print(`  ${escaped(song.hint)}\n`);
          }
        }
      }),
  );
  choosing(command("retry", "give failed songs another chance")).action(
    (ids: readonly string[], flags: ChoiceFlags) =>
      withCatalogue(flags, async (catalogue) => {
        const songs = await catalogue.retry(choiceOf(ids, flags));
        if (flags.json) printJson({ event: "retried", songs });
        else print(`${songs} songs are tried again\n`);
      }),
  );
  choosing(
    command(
      "cancel",
      "call songs off: waiting and failed ones at once, those at work within a second",
    ),
  ).action((ids: readonly string[], flags: ChoiceFlags) =>
    withCatalogue(flags, async (catalogue) => {
      const songs = await catalogue.cancel(choiceOf(ids, flags));
      if (flags.json) printJson({ event: "cancelled", songs });
      else print(`${songs} songs are called off\n`);
    }),
  );
  command("drain", "hand out no more songs, and wait for those at work")
    .option("--resume", "hand songs out again")
    .action((flags: JobsFlags & { readonly resume?: true }) =>
      withCatalogue(flags, async (catalogue) => {
        if (flags.resume) await catalogue.resume();
        else await catalogue.drain(abortOnSignals());
        const event = flags.resume ? "resumed" : "drained";
        if (flags.json) printJson({ event });
        else print(flags.resume ? "songs are handed out again\n" : "no song is at work\n");
      }),
    );
}

function choosing(command: Command): Command {
  return command
    .argument("[job...]", "names of jobs, as `jobs failed` and `submit --json` tell them")
    .optionsGroup("Songs:")
    .option("--all", "all of them")
    .option("--code <name>", "those that failed for this reason, e.g. store-failed");
}

function choiceOf(ids: readonly string[], { all, code }: ChoiceFlags): SongChoice {
  const given = [ids.length > 0, all === true, code !== undefined].filter((one) => one).length;
  if (given !== 1) {
    throw new ArgumentError("Which songs are meant?", "Name jobs, or give --all or --code.");
  }
  if (all) return { all: true };
  return code === undefined ? { ids } : { code };
}

async function withCatalogue(
  flags: JobsFlags,
  use: (catalogue: Catalogue) => Promise<void>,
): Promise<void> {
  await using catalogue = await Catalogue.open(queueOptions(flags));
  await use(catalogue);
}

async function watch(
  catalogue: Catalogue,
  flags: JobsFlags & { readonly every: number },
): Promise<void> {
  const signal = abortOnSignals();
  const isTerminal = process.stderr.isTTY && !flags.json;
  const bar = isTerminal ? new ProgressBar("songs") : undefined;
  let last: CatalogueStatus | undefined;
  try {
    for await (const status of catalogue.watch(flags.every, signal)) {
      last = status;
      if (flags.json) printJson(status);
      else if (bar) bar.update(fractionOf(status), barLabel(status));
      else print(`${shortText(status)}\n`);
    }
  } finally {
    bar?.clear();
  }
  if (bar && last) print(`${shortText(last)}\n`);
}

/** Done of all, songs at work by their parts. */
function fractionOf({ waiting, active, delayed, done, failed, atWork }: CatalogueStatus): number {
  const all = waiting + active + delayed + done + failed;
  const parts = atWork.reduce((sum, { fraction }) => sum + fraction, 0);
  return all === 0 ? 1 : (done + failed + parts) / all;
}

function barLabel({ done, failed, active, songsPerHour }: CatalogueStatus): string {
  const pace = songsPerHour === undefined ? "" : `, ${Math.round(songsPerHour)} an hour`;
  return `${done} done, ${failed} failed, ${active} at work${pace}`;
}

function shortText(status: CatalogueStatus): string {
  const { waiting, delayed, secondsLeft, held } = status;
  const left =
    secondsLeft === undefined || secondsLeft === 0 ? "" : `, ${shownTime(secondsLeft)} left`;
  const state = held ? ", held back" : "";
  return `${barLabel(status)}, ${waiting} waiting, ${delayed} to be tried again${left}${state}`;
}

function statusText(status: CatalogueStatus): string {
  const { waiting, active, delayed, done, failed, held, songsPerHour, secondsLeft } = status;
  const rows: readonly (readonly [string, string])[] = [
    ["waiting", held ? `${waiting} (held back: xumx-slicq jobs drain --resume)` : String(waiting)],
    ["at work", String(active)],
    ["to be tried again", String(delayed)],
    ["done", String(done)],
    ["failed", String(failed)],
    [
      "songs an hour",
      songsPerHour === undefined ? "not known yet" : String(Math.round(songsPerHour)),
    ],
    ["time left", secondsLeft === undefined ? "not known yet" : shownTime(secondsLeft)],
  ];
  const songs = status.atWork.map(({ input, fraction, worker, seconds }) => {
    const percent = `${Math.floor(100 * fraction)} %`.padStart(5);
    return `${percent}  ${shownTime(seconds).padStart(9)}  ${escaped(worker)}  ${escaped(input)}\n`;
  });
  const table = rows.map(([name, value]) => `${name.padEnd(18)} ${value}\n`).join("");
  return songs.length === 0 ? table : `${table}\n${songs.join("")}`;
}
