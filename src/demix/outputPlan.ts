/** Which song is written where: settled, and checked for collisions, before any work starts. */
import { stat } from "node:fs/promises";
import { resolve, sep } from "node:path";
import { ArgumentError, throwIfAborted, XumxError } from "../errors.ts";
import type { OutputName, OutputPlace, Song, Store } from "../stems/index.ts";
import { type Conflict, placeOf, tellApart } from "./nameConflicts.ts";
import { ownOutputs } from "./ownOutputs.ts";
import { keyOf, type NameSettings, type PlannedSong, type TaggedSong } from "./plannedSong.ts";
import { folderName } from "./trackName.ts";

export interface PlanSettings extends NameSettings {
  readonly store: Store;
  readonly names: readonly OutputName[];
  readonly signal?: AbortSignal;
}

/** A song and the places of all its outputs. */
export interface DemixTask {
  readonly song: Song;
  /** Its track's name: the file's without its ending, or more where that would not tell songs apart. */
  readonly track: string;
  readonly bytes: number;
  readonly outputs: readonly PlannedOutput[];
  /** Whether all outputs are there already, and none is about to be replaced by what a killed program left. */
  readonly complete: boolean;
}

/** An output, its key and where that lies. */
export interface PlannedOutput extends OutputPlace {
  /** Where it will lie; undefined in a stream. */
  readonly path: string | undefined;
}

/** An input that is not separated because something is wrong. */
export interface Problem {
  readonly input: string;
  readonly error: XumxError;
}

/** An input that is not separated, and rightly so. */
export interface LeftOut {
  readonly input: string;
  /** For people: a part of a sentence. */
  readonly reason: string;
}

export interface OutputPlan {
  readonly tasks: readonly DemixTask[];
  /** Songs whose tags are needed and cannot be read; that cannot be told apart; that would overwrite another. */
  readonly problems: readonly Problem[];
  /** What earlier runs wrote. */
  readonly leftOut: readonly LeftOut[];
}

/**
 * Gives every output of every song its place. Songs whose outputs would be the same files get names that tell them
 * apart; where that cannot be, these songs are problems, and no others.
 *
 * @throws {ArgumentError} if several outputs of each song would be one file.
 */
export async function planOutputs(
  planned: readonly PlannedSong[],
  settings: PlanSettings,
): Promise<OutputPlan> {
  const { store, names } = settings;
  const { songs, problems } = await withTags(planned, settings);
  const kept =
    store.folder === undefined ? { songs, leftOut: [] } : await withoutOwn(songs, settings);
  const naming = tellApart(kept.songs, names[0], settings);
  const refused = (conflict: Conflict) => conflictProblems(conflict, store);
  problems.push(...naming.conflicts.flatMap(refused));

  const tasks: Task[] = naming.songs.map((named) => ({
    named,
    outputs: names.map((name) => {
      const key = keyOf(named, name, settings);
      return { name, key, path: store.locate(key) };
    }),
  }));
  const colliding = collisions(tasks);
  for (const [{ named }, conflict] of colliding) {
    problems.push(...refused(conflict).filter(({ input }) => input === named.song.name));
  }
  const left = new Set(kept.leftOut.map(({ input }) => input));
  const inputs = planned.flatMap(({ song, path }) => (path && !left.has(song.name) ? [path] : []));
  const overwriting = await overwritten(tasks, inputs);
  problems.push(...overwriting.values());

  const done: DemixTask[] = [];
  for (const task of tasks) {
    throwIfAborted(settings.signal);
    if (colliding.has(task) || overwriting.has(task)) continue;
    const { song, track, bytes } = task.named;
    const { outputs } = task;
    done.push({ song, track, bytes, outputs, complete: await allThere(store, outputs) });
  }
  return { tasks: done, problems, leftOut: kept.leftOut };
}

interface Task {
  readonly named: TaggedSong;
  readonly outputs: readonly PlannedOutput[];
}

async function withTags(planned: readonly PlannedSong[], { template, signal }: PlanSettings) {
  const songs: TaggedSong[] = [];
  const problems: Problem[] = [];
  for (const song of planned) {
    throwIfAborted(signal);
    if (!template.needsTags) {
      songs.push({ ...song, tags: {} });
      continue;
    }
    try {
      await using source = await song.song.open(signal);
      songs.push({ ...song, tags: source.tags });
    } catch (error) {
      if (!(error instanceof XumxError) || error.code === "aborted") throw error;
      problems.push({ input: song.song.name, error });
    }
  }
  return { songs, problems };
}

/** Leaves out what earlier runs wrote below the output folder. */
async function withoutOwn(songs: readonly TaggedSong[], settings: PlanSettings) {
  const { store, model, names } = settings;
  const output = store.folder ?? "";
  const ofModel = `${resolve(output, folderName(model))}${sep}`;
  const isBelow = ({ searched, path }: TaggedSong) =>
    searched === true && path !== undefined && resolve(path).startsWith(ofModel);
  let left = songs.filter((song) => !isBelow(song));
  for (;;) {
    const named = [...left, ...tellApart(left, names[0], settings).songs];
    const own = await ownOutputs(named, output, settings);
    const paths = new Set([...own].map(({ path }) => path));
    if (paths.size === 0) break;
    left = left.filter(({ path }) => !paths.has(path));
  }
  const kept = new Set(left);
  const leftOut = songs
    .filter((song) => !kept.has(song))
    .map(({ song }) => ({ input: song.name, reason: "an earlier run wrote it" }));
  return { songs: left, leftOut };
}

/** All songs of a conflict, each with the names of all. */
function conflictProblems({ songs, key }: Conflict, store: Store): readonly Problem[] {
  const all = songs.map(({ song }) => song.name);
  const list = `${all.slice(0, -1).join(", ")} and ${all.at(-1)}`;
  return songs.map(({ song }) => ({
    input: song.name,
    error: new ArgumentError(
      `${list} would ${all.length === 2 ? "both" : "all"} be written to ${store.locate(key) ?? key}.`,
      "Choose a pattern of file names that tells them apart, with {folder}, {track} or {ending}; or separate them into different folders.",
    ),
  }));
}

/**
 * Tasks that share a place with another.
 * @throws {ArgumentError} if a task shares one with itself.
 */
function collisions(tasks: readonly Task[]): ReadonlyMap<Task, Conflict> {
  const writers = new Map<string, Task[]>();
  for (const task of tasks) {
    for (const { key, path = key } of task.outputs) {
      const place = placeOf(key);
      const others = writers.get(place) ?? [];
      if (others.includes(task)) {
        throw new ArgumentError(
          `Several outputs of ${task.named.song.name} would be the file ${path}.`,
          "Put {stem} into the pattern of file names.",
        );
      }
      writers.set(place, [...others, task]);
    }
  }
  const bad = new Map<Task, Conflict>();
  for (const [key, group] of writers) {
    if (group.length < 2) continue;
    const conflict = { songs: group.map(({ named }) => named), key };
    for (const task of group) if (!bad.has(task)) bad.set(task, conflict);
  }
  return bad;
}

/** Tasks of which an output would overwrite one of the inputs. */
async function overwritten(
  tasks: readonly Task[],
  inputs: readonly string[],
): Promise<ReadonlyMap<Task, Problem>> {
  const known = new Map<string, string>();
  for (const path of inputs) {
    const key = await identity(path);
    if (key) known.set(key, path);
  }
  const bad = new Map<Task, Problem>();
  for (const task of tasks) {
    for (const { path } of task.outputs) {
      const key = path && (await identity(path));
      const input = key && known.get(key);
      if (!input || bad.has(task)) continue;
      const error = new ArgumentError(
        `The output ${path} would overwrite the song ${input}.`,
        "Choose another output folder or pattern of file names.",
      );
      bad.set(task, { input: task.named.song.name, error });
    }
  }
  return bad;
}

/** Tells a file from every other on the machine, by whatever path it is reached. */
async function identity(path: string): Promise<string | undefined> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined);
  return stats && `${stats.dev}:${stats.ino}`;
}

async function allThere(store: Store, outputs: readonly PlannedOutput[]): Promise<boolean> {
  for (const { key } of outputs) if (!(await store.has(key))) return false;
  return true;
}
