/** A song in, files of its stems out. */
import { floatWav } from "../audio/index.ts";
import { ArgumentError } from "../errors.ts";
import type { Separator } from "../separation/index.ts";
import {
  chooseOutputs,
  type DemixOptions,
  type DemixResult,
  endingOf,
  type OutputName,
  type OutputPlace,
  type Song,
  type Store,
} from "../stems/index.ts";
import { DemixJob } from "./demixJob.ts";
import { FolderStore } from "./folderStore.ts";
import { songFile } from "./songFile.ts";
import { StreamStore } from "./streamStore.ts";

/**
 * Where the outputs go: a folder or a store, in which they are `<name>.<ending>`; what gives each its path; or a WHATWG
 * stream, which takes a single output and is left open.
 */
export type Destination =
  | string
  | ((name: OutputName, extension: string) => string)
  | WritableStream<Uint8Array>
  | Store;

/**
 * Separates a song of any supported format, rate and length into files of the song's own rate and channels, exactly as
 * long as it or as the wanted part.
 *
 * Memory is bounded whatever the length. Files get their names, all together, when all have been written to the end; an
 * error or an abort before that leaves nothing.
 *
 * @param song a path, or a song that can be opened.
 * @throws {AudioError} if the song cannot be read; {@link FileError} if the outputs cannot be written, also where a link
 * leads out of the folder; {@link ArgumentError} for settings that do not go together or that the format cannot hold;
 * what {@link Separator.stream} throws.
 */
export async function demixFile(
  separator: Separator,
  song: string | Song,
  destination: Destination,
  options: DemixOptions = {},
): Promise<DemixResult> {
  const { signal, onProgress, ...settings } = options;
  const { names } = chooseOutputs(settings, separator.stems);
  const { store, places } = placesIn(destination, names, endingOf(settings.format ?? floatWav));
  const given = typeof song === "string" ? songFile(song) : song;
  await using job = DemixJob.ofSong(given, store, places, settings);
  let outcome: DemixResult | Error | undefined;
  await job.run([separator], {
    ...(signal && { signal }),
    onEvent: (event) => {
      if (event.kind === "progress") onProgress?.(event.song);
      else if (event.kind === "done") outcome = event.result;
      else if (event.kind === "failed") outcome = event.error;
    },
  });
  if (outcome === undefined || outcome instanceof Error) throw outcome;
  return outcome;
}

function placesIn(
  destination: Destination,
  names: readonly OutputName[],
  ending: string,
): { readonly store: Store; readonly places: readonly OutputPlace[] } {
  if (typeof destination === "function") {
    const places = names.map((name) => ({ name, key: destination(name, ending) }));
    return { store: new FolderStore(), places };
  }
  if (typeof destination === "string") {
    const places = names.map((name) => ({ name, key: `${name}.${ending}` }));
    return { store: new FolderStore(destination), places };
  }
  const store = "begin" in destination ? destination : new StreamStore(destination);
  if (store.single && names.length > 1) {
    throw new ArgumentError(
      `A stream takes one output, not ${names.length}.`,
      "Choose a single stem.",
    );
  }
  return { store, places: names.map((name) => ({ name, key: `${name}.${ending}` })) };
}
