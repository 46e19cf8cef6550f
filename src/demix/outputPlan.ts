/** Which song is written where: settled, and checked for collisions, before any work starts. */
import { stat } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import type { AudioTags } from "../audio/index.ts";
import { ArgumentError, throwIfAborted, XumxError } from "../errors.ts";
import { Unfinished } from "../files/index.ts";
import type { OutputName } from "./outputs.ts";
import type { Song } from "./song.ts";
import { renderTemplate, type Template } from "./template.ts";
import { folderName } from "./trackName.ts";

/** A song to plan for. */
export interface PlannedSong {
  readonly song: Song;
  /** Name of the track: the file's without its ending. */
  readonly track: string;
  /** See {@link FoundSong}. */
  readonly folder: string;
  /** Size of the file, for the progress of a batch; 0 if unknown. */
  readonly bytes: number;
  /** Path of the file, if it is one: it must not be overwritten. */
  readonly path?: string;
  /** Whether it was found, rather than named. */
  readonly searched?: boolean;
}

export interface PlanSettings {
  /** The folder below which everything is written. */
  readonly output: string;
  readonly template: Template;
  /** Name of the model. */
  readonly model: string;
  readonly names: readonly OutputName[];
  /** Ending of the output format. */
  readonly extension: string;
  readonly signal?: AbortSignal;
}

/** A song and the paths of all its outputs. */
export interface DemixTask {
  readonly song: Song;
  readonly track: string;
  readonly bytes: number;
  readonly outputs: readonly { readonly name: OutputName; readonly path: string }[];
  /** Whether all outputs are there already, and none is about to be replaced by what a killed program left. */
  readonly complete: boolean;
}

export interface OutputPlan {
  readonly tasks: readonly DemixTask[];
  /** Songs whose tags are needed and cannot be read. */
  readonly problems: readonly { readonly input: string; readonly error: XumxError }[];
}

/**
 * Gives every output of every song its path. Songs that were found among the model's own outputs are left out.
 *
 * @throws {ArgumentError} if two outputs would be one file, on a file system that tells neither case nor ways of writing
 * a letter apart; or if an output would overwrite one of the songs.
 */
export async function planOutputs(
  songs: readonly PlannedSong[],
  settings: PlanSettings,
): Promise<OutputPlan> {
  const tasks: DemixTask[] = [];
  const problems: { input: string; error: XumxError }[] = [];
  const unfinished = new Unfinished();
  const own = `${resolve(settings.output, folderName(settings.model))}${sep}`;
  for (const planned of songs) {
    throwIfAborted(settings.signal);
    if (planned.searched && planned.path && resolve(planned.path).startsWith(own)) continue;
    const { song, track, bytes } = planned;
    try {
      const tags = settings.template.needsTags ? await tagsOf(song, settings.signal) : {};
      const outputs = settings.names.map((name) => ({
        name,
        path: outputPath(planned, tags, name, settings),
      }));
      tasks.push({ song, track, bytes, outputs, complete: await allThere(outputs, unfinished) });
    } catch (error) {
      if (!(error instanceof XumxError) || error.code === "aborted") throw error;
      problems.push({ input: song.name, error });
    }
  }
  refuseCollisions(tasks);
  await refuseOverwriting(tasks, songs);
  return { tasks, problems };
}

function outputPath(
  { track, folder }: PlannedSong,
  tags: AudioTags,
  stem: OutputName,
  { output, template, model, extension }: PlanSettings,
): string {
  const values = { model, folder, track, stem, ext: extension, tags };
  return join(output, ...renderTemplate(template, values).split("/"));
}

async function tagsOf(song: Song, signal?: AbortSignal): Promise<AudioTags> {
  await using source = await song.open(signal);
  return source.tags;
}

async function allThere(outputs: DemixTask["outputs"], unfinished: Unfinished): Promise<boolean> {
  for (const { path } of outputs) {
    const stats = await stat(path).catch(() => undefined);
    if (!stats?.isFile() || stats.size === 0 || (await unfinished.has(path))) return false;
  }
  return true;
}

function refuseCollisions(tasks: readonly DemixTask[]): void {
  const writers = new Map<string, Song>();
  for (const { song, outputs } of tasks) {
    for (const { path } of outputs) {
      const key = resolve(path).normalize("NFC").toLowerCase();
      const other = writers.get(key);
      if (other === song) {
        throw new ArgumentError(
          `Several outputs of ${song.name} would be the file ${path}.`,
          "Put {stem} into the pattern of file names.",
        );
      }
      if (other) {
        throw new ArgumentError(
          `${other.name} and ${song.name} would both be written to ${path}.`,
          "Separate them one at a time into different folders, or choose a pattern of file names that tells them apart.",
        );
      }
      writers.set(key, song);
    }
  }
}

async function refuseOverwriting(
  tasks: readonly DemixTask[],
  songs: readonly PlannedSong[],
): Promise<void> {
  const inputs = new Map<string, string>();
  for (const { path } of songs) {
    const key = path && (await identity(path));
    if (key) inputs.set(key, path);
  }
  for (const { path } of tasks.flatMap(({ outputs }) => outputs)) {
    const key = await identity(path);
    const input = key && inputs.get(key);
    if (input) {
      throw new ArgumentError(
        `The output ${path} would overwrite the song ${input}.`,
        "Choose another output folder or pattern of file names.",
      );
    }
  }
}

/** Tells a file from every other on the machine, by whatever path it is reached. */
async function identity(path: string): Promise<string | undefined> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined);
  return stats && `${stats.dev}:${stats.ino}`;
}
