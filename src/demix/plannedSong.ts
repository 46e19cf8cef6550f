/** A song to plan for, and the names that outputs of it get. */
import { dirname, extname, resolve, sep } from "node:path";
import type { AudioTags } from "../audio/index.ts";
import type { OutputName, Song } from "../stems/index.ts";
import { renderTemplate, type Template } from "./template.ts";

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

/** A song with the tags that its outputs' names need. */
export interface TaggedSong extends PlannedSong {
  readonly tags: AudioTags;
}

/** What all outputs' names are made of. */
export interface NameSettings {
  readonly template: Template;
  /** Name of the model. */
  readonly model: string;
  /** Ending of the output format. */
  readonly extension: string;
}

/** The key of one output, see {@link Store}. */
export function keyOf(
  song: TaggedSong,
  stem: OutputName | string,
  { template, model, extension }: NameSettings,
): string {
  const { folder, track, tags } = song;
  return renderTemplate(template, {
    ...{ model, folder, track, stem, tags },
    ...{ ending: endingOfSong(song), ext: extension },
  });
}

/** The song's own ending without the dot; empty if there is none. */
export function endingOfSong({ path = "" }: PlannedSong): string {
  return extname(path).slice(1);
}

/** Names of the folders around the song's file, outermost first. */
export function foldersAround({ path }: PlannedSong): readonly string[] {
  return path === undefined
    ? []
    : dirname(resolve(path))
        .split(sep)
        .filter((name) => name !== "");
}
