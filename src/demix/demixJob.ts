/** Songs to separate, as one object: made, looked at, run with progress, cancelled. */
import {
  type AudioFormat,
  type AudioShape,
  checkOutput,
  floatWav,
  type OutputFormat,
} from "../audio/index.ts";
import { ArgumentError, ClosedError, ThreadError, throwIfAborted, XumxError } from "../errors.ts";
import type { Separator } from "../separation/index.ts";
import {
  chooseOutputs,
  clipModeFor,
  type DemixProgress,
  type DemixResult,
  type DemixSettings,
  endingOf,
  formatFor,
  OpenSong,
  type OutputPlace,
  type Song,
  type Store,
  separateSong,
} from "../stems/index.ts";
import { BatchPace } from "./batchPace.ts";
import { type DemixTask, type LeftOut, type Problem, planOutputs } from "./outputPlan.ts";
import type { PlannedSong } from "./plannedSong.ts";
import { type HeldSong, songAt } from "./songFile.ts";
import { findSongs } from "./songSearch.ts";
import { defaultTemplate, parseTemplate } from "./template.ts";
import { trackName } from "./trackName.ts";

/** Which songs there are, and what is written of each. */
export interface DemixJobOptions extends DemixSettings {
  /** Name of the model, as {@link Separator} and `describeModel` tell it: outputs may be named after it. */
  readonly model: string;
  /** Names of the stems that it gives, as these tell them, too; the four of music by default. */
  readonly modelStems?: readonly string[];
  /** Whether folders within folders are searched too. */
  readonly recursive?: boolean;
  /**
   * Where outputs lie in the store, "{model}/{folder}/{track}/{stem}.{ext}" by default. The other placeholders are
   * {ending}, and {artist}, {title}, {album}, {albumartist}, {date}, {genre} and {number} from the songs' tags.
   */
  readonly pattern?: string;
  /** Name of the track, of a job with one song; by default the file's. */
  readonly track?: string;
  /** Whether songs whose outputs are all there are left alone. */
  readonly skipExisting?: boolean;
  /** Samples of hard chunks, as {@link SeparateOptions} have it. */
  readonly chunkSize?: number;
  readonly signal?: AbortSignal;
}

/** How a job is run. */
export interface DemixRunOptions {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: BatchEvent) => void;
}

/** What happens while a job runs. `task` is the song's place in the job's tasks, from 0 on. */
export type BatchEvent =
  | { readonly kind: "started"; readonly task: number }
  | {
      readonly kind: "progress";
      readonly task: number;
      readonly song: DemixProgress;
      /** Of the whole job, by size of files, 0 to 1. */
      readonly fraction: number;
    }
  | { readonly kind: "skipped"; readonly task: number }
  | {
      readonly kind: "done";
      readonly task: number;
      readonly result: DemixResult;
      /** From the start of this song. */
      readonly seconds: number;
    }
  | { readonly kind: "failed"; readonly task: number; readonly error: Error };

/** How a job ended, in numbers of songs. */
export interface BatchSummary {
  readonly done: number;
  readonly skipped: number;
  readonly failed: number;
}

/** What will become of a song, as far as its head tells. */
export type Inspection =
  | {
      readonly kind: "separate";
      readonly task: number;
      /** Of the song's file. */
      readonly input: AudioFormat;
      /** Of every output. */
      readonly shape: AudioShape;
      readonly format: OutputFormat;
      /** Samples per channel of every output, if they are known already. */
      readonly frames: number | undefined;
      /** What will be lost or changed on the way: channels mixed down, and the like. */
      readonly notices: readonly string[];
    }
  /** All outputs are there already. */
  | { readonly kind: "skip"; readonly task: number }
  | { readonly kind: "fail"; readonly task: number; readonly error: XumxError };

/**
 * Songs found, their outputs settled: what stands between a wish and the work. Nothing is written, and no model needed,
 * before {@link run}.
 *
 * ```ts
 * await using job = await DemixJob.make(["album"], new FolderStore("stems"), { model: separator.modelName });
 * for (const { song, outputs } of job.tasks) console.log(song.name, outputs.map(({ path }) => path));
 * for (const { input, reason } of job.leftOut) console.log(input, reason);
 * const { done, failed } = await job.run([separator], { onEvent: console.log });
 * ```
 */
export class DemixJob implements AsyncDisposable {
  /** The songs that will be separated or are complete, and the places of their outputs. */
  readonly tasks: readonly DemixTask[];
  /** Inputs that lead to no song, and songs that cannot be separated, as far as is known before the work. */
  readonly problems: readonly Problem[];
  /** Songs that were found and are left alone, and why. */
  readonly leftOut: readonly LeftOut[];
  readonly #store: Store;
  readonly #settings: DemixSettings & { readonly chunkSize?: number };
  readonly #skipExisting: boolean;
  readonly #held: readonly HeldSong[];
  readonly #cancelled = new AbortController();
  #state: "made" | "running" | "ended" | "closed" = "made";
  #work: Promise<unknown> = Promise.resolve();

  /**
   * Finds songs and settles where their outputs go.
   *
   * @param inputs files, folders and glob patterns; or songs that are opened already. Songs from pipes are read to their
   * end and held until the job is closed.
   * @throws {ArgumentError} for settings that do not go together, or if several songs were found where one can be;
   * {@link AbortError}. What is wrong with single songs becomes a problem.
   */
  static async make(
    inputs: readonly (string | Song)[],
    store: Store,
    options: DemixJobOptions,
  ): Promise<DemixJob> {
    const { model, recursive = false, pattern = defaultTemplate, track, signal, ...rest } = options;
    const { skipExisting = false, modelStems, ...settings } = rest;
    const template = parseTemplate(pattern);
    const { names } = chooseOutputs(settings, modelStems);
    if (store.single && names.length > 1) {
      throw new ArgumentError(
        `A stream takes one output, not ${names.length}.`,
        "Choose one stem.",
      );
    }
    const found = await findSongs(
      inputs.filter((input) => typeof input === "string"),
      {
        recursive,
        ...(store.folder !== undefined && { except: store.folder }),
        ...(signal && { signal }),
      },
    );
    const given = inputs.filter((input) => typeof input !== "string");
    const count = given.length + found.songs.length;
    if (count > 1 && (track !== undefined || store.single)) {
      const what = store.single ? "A stream" : "The name of a track";
      throw new ArgumentError(`${what} is for one song; there are ${count}.`);
    }
    const held: HeldSong[] = [];
    try {
      const songs: PlannedSong[] = given.map((song) => ({
        ...{ song, track: track ?? trackName(song.name), folder: "", bytes: 0 },
      }));
      for (const { path, folder, bytes, named } of found.songs) {
        const song = await songAt(path, signal);
        held.push(song);
        const name = track ?? trackName(path);
        songs.push({ song, track: name, folder, bytes, path, searched: !named });
      }
      const { tasks, problems, leftOut } = await planOutputs(songs, {
        ...{ store, template, model, names },
        extension: endingOf(settings.format ?? floatWav),
        ...(signal && { signal }),
      });
      const all = [...found.problems, ...problems];
      return new DemixJob(store, { tasks, problems: all, leftOut }, settings, skipExisting, held);
    } catch (error) {
      await release(held);
      throw error;
    }
  }

  /** A job of one song, whose outputs' places are settled already. */
  static ofSong(
    song: Song,
    store: Store,
    places: readonly OutputPlace[],
    settings: DemixSettings & { readonly chunkSize?: number },
  ): DemixJob {
    const outputs = places.map((place) => ({ ...place, path: store.locate(place.key) }));
    const task = { song, track: song.name, bytes: 0, outputs, complete: false };
    return new DemixJob(store, { tasks: [task], problems: [], leftOut: [] }, settings, false, []);
  }

  private constructor(
    store: Store,
    plan: Pick<DemixJob, "tasks" | "problems" | "leftOut">,
    settings: DemixSettings & { readonly chunkSize?: number },
    skipExisting: boolean,
    held: readonly HeldSong[],
  ) {
    this.tasks = plan.tasks;
    this.problems = plan.problems;
    this.leftOut = plan.leftOut;
    this.#store = store;
    this.#settings = settings;
    this.#skipExisting = skipExisting;
    this.#held = held;
  }

  /** How many songs there are to separate; without any, {@link run} needs no separator. */
  get pending(): number {
    return this.tasks.filter((task) => !this.#isSkipped(task)).length;
  }

  /**
   * Opens one song after the other and tells what will become of it; writes nothing.
   * @throws {AbortError}.
   */
  async *inspect(signal?: AbortSignal): AsyncGenerator<Inspection> {
    for (const [task, planned] of this.tasks.entries()) {
      throwIfAborted(signal);
      if (this.#isSkipped(planned)) yield { kind: "skip", task };
      else yield await this.#inspected(task, planned.song, signal);
    }
  }

  /**
   * Separates the songs, as many at once as there are separators. One that fails does not stop the others; one during
   * which a thread of its separator dies is tried once more. A job runs once.
   *
   * @throws {AbortError} when the signal fires or the job is cancelled: songs at work are withdrawn, finished ones stay;
   * {@link ArgumentError} if there is no separator for what there is to do, or the job has run; {@link ClosedError}. Failures of single songs
   * are events.
   */
  run(separators: readonly Separator[], options: DemixRunOptions = {}): Promise<BatchSummary> {
    const work = this.#run(separators, options);
    this.#work = work.catch(() => {});
    return work;
  }

  /** Stops the work: {@link run} ends in an {@link AbortError}, now or when it is called. */
  cancel(): void {
    this.#cancelled.abort();
  }

  /**
   * Ends what is running in a {@link ClosedError}, waits for that and gives back what the job holds. Harmless to repeat.
   */
  async close(): Promise<void> {
    this.#cancelled.abort(closed());
    this.#state = "closed";
    await this.#work;
    await release(this.#held);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #isSkipped({ complete }: DemixTask): boolean {
    return this.#skipExisting && complete;
  }

  async #run(
    separators: readonly Separator[],
    { signal: outer, onEvent }: DemixRunOptions,
  ): Promise<BatchSummary> {
    if (this.#state === "closed") throw closed();
    if (this.#state !== "made") throw new ArgumentError("A job runs once.", "Make another one.");
    if (separators.length === 0 && this.pending > 0) {
      throw new ArgumentError("A batch needs a separator.");
    }
    this.#state = "running";
    const cancelled = this.#cancelled.signal;
    const signal = outer ? AbortSignal.any([outer, cancelled]) : cancelled;
    const { tasks } = this;
    const counts = { done: 0, skipped: 0, failed: 0 };
    const pace = new BatchPace(tasks.map((task) => (this.#isSkipped(task) ? 0 : task.bytes)));
    let next = 0;
    const work = async (separator: Separator | undefined) => {
      while (next < tasks.length) {
        throwIfAborted(signal);
        const task = next++;
        if (this.#isSkipped(tasks[task]) || !separator) {
          counts.skipped++;
          onEvent?.({ kind: "skipped", task });
          continue;
        }
        onEvent?.({ kind: "started", task });
        const start = performance.now();
        try {
          const { song, outputs } = tasks[task];
          const attempt = () =>
            separateSong(separator, song, this.#store, outputs, {
              ...this.#settings,
              signal,
              onProgress: (progress) => {
                pace.set(task, progress.fraction ?? 0);
                onEvent?.({ kind: "progress", task, song: progress, fraction: pace.fraction });
              },
            });
          const result = await attempt().catch(async (error: unknown) => {
            // The separator starts new threads. What a stream was given cannot be taken back.
            if (!(error instanceof ThreadError) || this.#store.single) throw error;
            const second = await attempt();
            return {
              ...second,
              notices: [...second.notices, `${error.message} It was done again.`],
            };
          });
          counts.done++;
          const seconds = (performance.now() - start) / 1e3;
          onEvent?.({ kind: "done", task, result, seconds });
        } catch (error) {
          // Whatever else happens to one song, the others deserve their turn.
          if (signal.aborted || !(error instanceof Error)) throw error;
          counts.failed++;
          onEvent?.({ kind: "failed", task, error });
        }
        pace.set(task, 1);
      }
    };
    const crew = separators.length > 0 ? separators : [undefined];
    const ends = await Promise.allSettled(crew.map(work));
    if (this.#state === "running") this.#state = "ended";
    for (const end of ends) if (end.status === "rejected") throw end.reason;
    return counts;
  }

  async #inspected(task: number, song: Song, signal?: AbortSignal): Promise<Inspection> {
    const { format: choice = floatWav, clip } = this.#settings;
    try {
      // Without a model no slices are known; where the separation would begin does not matter here.
      const grid = { hop: 1, sampleRate: 44100 };
      await using opened = await OpenSong.open(song, this.#settings, grid, signal);
      const format = formatFor(choice, opened.format);
      clipModeFor(clip, format);
      await checkOutput(format, opened.shape);
      const { shape, frames, notices, format: input } = opened;
      return { kind: "separate", task, input, shape, format, frames, notices };
    } catch (error) {
      if (!(error instanceof XumxError) || error.code === "aborted") throw error;
      return { kind: "fail", task, error };
    }
  }
}

function closed(): ClosedError {
  return new ClosedError("The job is closed.", "Make another one.");
}

async function release(held: readonly HeldSong[]): Promise<void> {
  for (const song of held) await song[Symbol.asyncDispose]();
}
