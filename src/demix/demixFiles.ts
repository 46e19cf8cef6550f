/** Whatever songs are meant by files, folders and patterns: found, planned and separated in one call. */
import { ArgumentError } from "../errors.ts";
import type { Separator } from "../separation/index.ts";
import type { DemixResult, DemixSettings, Store } from "../stems/index.ts";
import { type BatchEvent, DemixJob } from "./demixJob.ts";
import { FolderStore } from "./folderStore.ts";

/** Settings of all songs, and which songs there are. */
export interface DemixFilesOptions extends DemixSettings {
  /** Whether folders within folders are searched too. */
  readonly recursive?: boolean;
  /**
   * Where outputs lie below the folder, "{model}/{folder}/{track}/{stem}.{ext}" by default. The other placeholders are
   * {ending}, and {artist}, {title}, {album}, {albumartist}, {date}, {genre} and {number} from the songs' tags.
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
  /** It was found and is no song, but an output of an earlier run. */
  | { readonly kind: "left-out"; readonly song: string; readonly reason: string }
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
 * Songs of one name in one place are told apart: `song.wav` and `song.mp3` become `song (wav)` and `song (mp3)`, two
 * albums' `01.wav` go into folders named after the albums'. Songs that cannot be told apart fail, and no others. For
 * more (to look before working, to cancel), see {@link DemixJob}.
 *
 * @param separators one, or several that work on as many songs at once.
 * @param destination the folder below which outputs are written, or a store.
 * @returns one outcome for every song and every input without one, in the order in which they ended.
 * @throws {ArgumentError} for settings that do not go together; {@link AbortError}: songs at work are withdrawn, finished
 * ones stay.
 */
export async function demixFiles(
  separators: Separator | readonly Separator[],
  inputs: readonly string[],
  destination: string | Store,
  options: DemixFilesOptions = {},
): Promise<readonly SongOutcome[]> {
  const { onProgress, onOutcome, ...rest } = options;
  const crew = "stream" in separators ? [separators] : separators;
  if (crew.length === 0) throw new ArgumentError("A batch needs a separator.");
  const outcomes: SongOutcome[] = [];
  const ended = (outcome: SongOutcome) => {
    outcomes.push(outcome);
    onOutcome?.(outcome);
  };
  const store = typeof destination === "string" ? new FolderStore(destination) : destination;
  await using job = await DemixJob.make(inputs, store, { ...rest, model: crew[0].modelName });
  for (const { input, error } of job.problems) ended({ kind: "failed", song: input, error });
  for (const { input, reason } of job.leftOut) ended({ kind: "left-out", song: input, reason });
  const onEvent = (event: BatchEvent) => {
    const song = job.tasks[event.task].song.name;
    if (event.kind === "progress") onProgress?.(event.fraction);
    else if (event.kind === "done") ended({ kind: "done", song, result: event.result });
    else if (event.kind === "skipped") ended({ kind: "skipped", song });
    else if (event.kind === "failed") ended({ kind: "failed", song, error: event.error });
  };
  await job.run(crew, { ...(options.signal && { signal: options.signal }), onEvent });
  onProgress?.(1);
  return outcomes;
}
