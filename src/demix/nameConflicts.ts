/** Songs whose outputs would be the same files: told apart by what their paths differ in. */
import {
  endingOfSong,
  foldersAround,
  keyOf,
  type NameSettings,
  type TaggedSong,
} from "./plannedSong.ts";

/** Songs with outputs of their own, and groups of songs that cannot be told apart. */
export interface Naming {
  /** In the order in which they were given; some have other tracks or folders than they had. */
  readonly songs: readonly TaggedSong[];
  readonly conflicts: readonly Conflict[];
}

/** Songs, two or more, that would be written to the same place. */
export interface Conflict {
  readonly songs: readonly TaggedSong[];
  readonly key: string;
}

/**
 * Where songs would be written to the same place, on a file system that tells neither case nor ways of writing a letter
 * apart, all of them get other names: `song (wav)` and `song (mp3)`, or the folders around their files that differ, if
 * that is enough under the template. None keeps the plain name, so that the outputs of one song are never taken for
 * those of another that was not there before.
 *
 * @param stem the name of any one output: if two songs' are told apart, all are.
 */
export function tellApart(
  songs: readonly TaggedSong[],
  stem: string,
  settings: NameSettings,
): Naming {
  const place = (song: TaggedSong) => placeOf(keyOf(song, stem, settings));
  const named = [...songs];
  const conflicts: Conflict[] = [];
  const places = new Map<string, number[]>();
  for (const [i, song] of songs.entries()) {
    const at = place(song);
    places.set(at, [...(places.get(at) ?? []), i]);
  }
  for (const members of [...places.values()].filter(({ length }) => length > 1)) {
    const group = members.map((i) => songs[i]);
    const free = (renamed: readonly TaggedSong[]) => {
      const wanted = renamed.map(place);
      return new Set(wanted).size === wanted.length && !wanted.some((at) => places.has(at));
    };
    const renamed = renamings(group).find(free);
    if (!renamed) {
      conflicts.push({ songs: group, key: keyOf(group[0], stem, settings) });
      continue;
    }
    for (const [j, i] of members.entries()) {
      named[i] = renamed[j];
      places.set(place(renamed[j]), [i]);
    }
  }
  const refused = new Set(conflicts.flatMap(({ songs }) => songs));
  return { songs: named.filter((song) => !refused.has(song)), conflicts };
}

/** What a case-insensitive, normalising file system knows a path by. */
export function placeOf(path: string): string {
  return path.normalize("NFC").toLowerCase();
}

/** Other names for all songs of a group, the plainest first. */
function renamings(group: readonly TaggedSong[]): readonly (readonly TaggedSong[])[] {
  const ending = (song: TaggedSong) => ({
    ...song,
    track: `${song.track} (${endingOfSong(song) || "no ending"})`,
  });
  const around = group.map(foldersAround);
  const depth = differingDepth(around);
  const inFolders = group.map((song, i) => ({
    ...song,
    folder: around[i].slice(-depth).join("/"),
  }));
  const prefixed = group.map((song, i) => ({
    ...song,
    track: [...around[i].slice(-depth), song.track].join(" - "),
  }));
  return [
    group.map(ending),
    ...(depth > 0 ? [inFolders, inFolders.map(ending), prefixed, prefixed.map(ending)] : []),
  ];
}

/** How many folders, from the innermost on, have to be named until no two songs' are the same; 0 if none help. */
function differingDepth(around: readonly (readonly string[])[]): number {
  const distinct = new Set(around.map((folders) => folders.join("/"))).size;
  if (distinct === 1) return 0;
  for (let depth = 1; ; depth++) {
    const named = new Set(around.map((folders) => folders.slice(-depth).join("/")));
    if (named.size === distinct) return depth;
  }
}
