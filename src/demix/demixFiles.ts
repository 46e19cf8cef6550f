/** Whatever songs are meant by files, folders and patterns: found, planned and separated in one call. */
import { floatWav } from "../audio/index.ts";
import { ArgumentError, type XumxError } from "../errors.ts";
import type { Separator } from "../separation/index.ts";
import { type BatchEvent, demixAll } from "./batch.ts";
import type { DemixResult, DemixSettings } from "./demixFile.ts";
import { endingOf } from "./formatChoice.ts";
import { type PlannedSong, planOutputs } from "./outputPlan.ts";
import { chooseOutputs } from "./outputs.ts";
import { type HeldSong, songAt } from "./song.ts";
import { findSongs } from "./songSearch.ts";
import { defaultTemplate, parseTemplate } from "./template.ts";
import { trackName } from "./trackName.ts";

/** Settings of all songs, and which songs there are. */
export interface DemixFilesOptions extends DemixSettings {
  /** Whether folders within folders are searched too. */
  readonly recursive?: boolean;
  /**
   * Where outputs lie below the folder, "{model}/{folder}/{track}/{stem}.{ext}" by default. The other placeholders are
   * {artist}, {title}, {album}, {albumartist}, {date}, {genre} and {number}, from the songs' tags.
   */
  readonly pattern?: string;
  /** Whether songs whose outputs are all there are left alone. */
  readonly skipExisting?: boolean;
  /** Samples of hard chunks, as {@link SeparateOptions} have it. */
  readonly chunkSize?: number;
  readonly signal?: AbortSignal;
  /** Called with the finished fraction of all songs, 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
  /** Called as each song ends. */
  readonly onOutcome?: (outcome: SongOutcome) => void;
}

/** What became of a song, or of an input that led to none. `song` is its path, or the input. */
export type SongOutcome =
  | { readonly kind: "done"; readonly song: string; readonly result: DemixResult }
  | { readonly kind: "skipped"; readonly song: string }
  | { readonly kind: "failed"; readonly song: string; readonly error: Error };

/**
 * Separates all songs that files, folders and glob patterns lead to. A song that fails does not stop the others; one
 * during which a thread of its separator dies is tried once more. No two outputs are ever the same file, and none
 * overwrites a song.
 *
 * ```ts
 * const outcomes = await demixFiles(separator, ["album/*.flac"], "stems", {
 *   pattern: "{artist} - {title} ({stem})",
 *   format: { container: "flac", encoding: "input" },
 * });
 * ```
 * @param separators one, or several that work on as many songs at once.
 * @param folder the folder below which outputs are written.
 * @returns one outcome for every song and every input without one, in the order in which they ended.
 * @throws {ArgumentError} for settings that do not go together, and names of outputs that collide; {@link AbortError}:
 * songs at work are withdrawn, finished ones stay.
 */
export async function demixFiles(
  separators: Separator | readonly Separator[],
  inputs: readonly string[],
  folder: string,
  options: DemixFilesOptions = {},
): Promise<readonly SongOutcome[]> {
  const { recursive = false, pattern = defaultTemplate, onProgress, onOutcome, ...rest } = options;
  const crew = "stream" in separators ? [separators] : separators;
  if (crew.length === 0) throw new ArgumentError("A batch needs a separator.");
  const template = parseTemplate(pattern);
  const { names } = chooseOutputs(options);
  const extension = endingOf(options.format ?? floatWav);
  const signal = options.signal && { signal: options.signal };

  const outcomes: SongOutcome[] = [];
  const ended = (outcome: SongOutcome) => {
    outcomes.push(outcome);
    onOutcome?.(outcome);
  };
  const failed = ({ input, error }: { readonly input: string; readonly error: XumxError }) =>
    ended({ kind: "failed", song: input, error });

  const found = await findSongs(inputs, { recursive, except: folder, ...signal });
  found.problems.forEach(failed);
  const held: HeldSong[] = [];
  try {
    const songs: PlannedSong[] = [];
    for (const { path, named, ...about } of found.songs) {
      const song = await songAt(path, options.signal);
      held.push(song);
      songs.push({ ...about, song, track: trackName(path), path, searched: !named });
    }
    const { tasks, problems } = await planOutputs(songs, {
      ...{ output: folder, template, model: crew[0].modelName, names, extension, ...signal },
    });
    problems.forEach(failed);
    const onEvent = (event: BatchEvent) => {
      const song = tasks[event.task].song.name;
      if (event.kind === "progress") onProgress?.(event.fraction);
      else if (event.kind === "done") ended({ kind: "done", song, result: event.result });
      else if (event.kind === "skipped") ended({ kind: "skipped", song });
      else if (event.kind === "failed") ended({ kind: "failed", song, error: event.error });
    };
    await demixAll(crew, tasks, { ...rest, onEvent });
    onProgress?.(1);
    return outcomes;
  } finally {
    for (const song of held) await song[Symbol.asyncDispose]();
  }
}
