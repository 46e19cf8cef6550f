/** Scores a data set under several methods; what is already scored is skipped. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openDataset, type SongProblem, type Split, songsOf } from "../datasets/index.ts";
import { ArgumentError, XumxError } from "../errors.ts";
import { describeHearing, type HearingSettings } from "./hearing.ts";
import { type MethodSpec, openMethod } from "./methods.ts";
import { readMuseval } from "./musevalFile.ts";
import { writeTrack } from "./scoreFiles.ts";
import type { MixtureChoice, TrackJob } from "./trackJob.ts";
import { scoreTracks } from "./trackPool.ts";

/** Which songs are separated, by what, and where the scores go. */
export interface EvaluationOptions {
  /** Folder of the data set, see {@link openDataset}. */
  readonly data: string;
  /** Which songs; all of them where it is left out. */
  readonly split?: Split;
  readonly methods: readonly MethodSpec[];
  /** Scores go to `<out>/<method>/<song>.json`, in museval's format. */
  readonly out: string;
  /** What is separated; "file" by default. */
  readonly mixture?: MixtureChoice;
  /** Score HAAQI beside the others, for this listener; a track scored for another one is scored again. */
  readonly hearing?: HearingSettings;
  /** Tracks worked on at once, each with its signals in memory; 1 by default. */
  readonly jobs?: number;
  readonly signal?: AbortSignal;
}

/** What happened to a song under a method. */
export interface EvaluationEvent {
  readonly kind: "scored" | "skipped" | "failed";
  readonly song: string;
  readonly method: string;
  /** Of a failure. */
  readonly error?: XumxError;
  /** Of a song that was scored: what was done to the estimates before, in words. */
  readonly notes?: readonly string[];
  /** Songs and methods finished, and all of them. */
  readonly done: number;
  readonly total: number;
}

/** Methods that are scored together where somebody listens; all their stems are in memory then. */
const MOST_TOGETHER = 3;

/** A prepared evaluation. */
export interface Evaluation {
  /** Folders with one file of scores per song, one for each method. */
  readonly folders: readonly string[];
  /** Songs that cannot be opened. */
  readonly problems: readonly SongProblem[];
  /** Does the work. May be called once. */
  run(): AsyncGenerator<EvaluationEvent>;
}

/**
 * Looks at the data, the methods and what is already there.
 * @throws XumxError if the data set or a method cannot be opened, or two methods have one name.
 */
export async function prepareEvaluation(options: EvaluationOptions): Promise<Evaluation> {
  const { data, split, methods, out, mixture = "file", jobs = 1, hearing, signal } = options;
  if (!Number.isInteger(jobs) || jobs < 1) {
    throw new ArgumentError(`There must be at least one job, not ${jobs}.`);
  }
  const dataset = await openDataset(data, signal);
  const songs = split === undefined ? dataset.songs : songsOf(dataset, split);
  const names: string[] = [];
  for (const spec of methods) {
    await using method = await openMethod(spec);
    const name = safeName(method.name);
    if (names.includes(name)) {
      throw new ArgumentError(
        `Two methods have the name "${name}".`,
        "Score them into different folders.",
      );
    }
    names.push(name);
  }
  const pathOf = (song: string, method: number) => join(out, names[method], `${song}.json`);
  async function* run(): AsyncGenerator<EvaluationEvent> {
    const total = songs.length * methods.length;
    let done = 0;
    const left: TrackJob[] = [];
    for (const { name: song } of songs) {
      const due: number[] = [];
      for (const method of methods.keys()) {
        if (!(await isScored(pathOf(song, method), hearing))) due.push(method);
        else yield { kind: "skipped", song, method: names[method], done: ++done, total };
      }
      const together = hearing ? MOST_TOGETHER : 1;
      for (let i = 0; i < due.length; i += together) {
        left.push({ song, methods: due.slice(i, i + together) });
      }
    }
    const setup = { data, methods, mixture, ...(hearing && { hearing }) };
    for await (const { job, outcome } of scoreTracks(setup, left, jobs, signal)) {
      for (const [i, method] of job.methods.entries()) {
        const event = { song: job.song, method: names[method], total };
        if (outcome instanceof XumxError) {
          yield { kind: "failed", ...event, error: outcome, done: ++done };
        } else {
          await writeTrack(pathOf(job.song, method), outcome[i]);
          const { notes } = outcome[i];
          yield { kind: "scored", ...event, ...(notes && { notes }), done: ++done };
        }
      }
    }
  }
  return { folders: names.map((name) => join(out, name)), problems: dataset.problems, run };
}

/** Whether a file of scores is there and whole, with HAAQI for the same listener if that is asked for. */
async function isScored(path: string, hearing: HearingSettings | undefined): Promise<boolean> {
  try {
    const scores = readMuseval(await readFile(path, "utf8"), path);
    if (!hearing) return true;
    return (
      scores.hearing !== undefined && describeHearing(scores.hearing) === describeHearing(hearing)
    );
  } catch {
    return false;
  }
}

/** A method's name as a folder's. */
function safeName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must go.
  return name.replace(/[\u0000-\u001f<>:"/\\|?*]/g, "_").replace(/^\.+|[. ]+$/g, "_") || "unnamed";
}
