/** What a song's file says about the song, in the few fields that every container knows. */

/** Text tags of a song; a field that the file lacks is absent. Values are trimmed, never empty. */
export interface AudioTags {
  readonly title?: string;
  readonly artist?: string;
  readonly album?: string;
  readonly albumArtist?: string;
  /** As written: a year, or a date such as 1997-05-21. */
  readonly date?: string;
  readonly genre?: string;
  /** As written: 3, or 3/12. */
  readonly track?: string;
  readonly comment?: string;
}

export type TagField = keyof AudioTags;

/** Longer values are cut. */
const MAX_LENGTH = 10000;

/** Tags out of fields and values as they were found; the first legible value of a field stands. */
export function tagsFrom(found: Iterable<readonly [field: TagField, value: string]>): AudioTags {
  const tags: { -readonly [Field in TagField]?: string } = {};
  for (const [field, value] of found) {
    const text = legible(value);
    if (text !== "") tags[field] ??= text;
  }
  return tags;
}

/** Without what is no text: control characters (line breaks stay), and all after a zero. */
function legible(value: string): string {
  return (
    value
      .split("\0", 1)[0]
      .slice(0, MAX_LENGTH)
      .replace(/\r\n?/g, "\n")
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must go.
      .replace(/[\u0001-\u0008\u000b-\u001f\u007f\ufeff\ufffd]/g, "")
      .trim()
  );
}

/** The tags of several places; earlier ones stand. */
export function mergedTags(...places: readonly AudioTags[]): AudioTags {
  return Object.assign({}, ...places.toReversed());
}

/** Text that ought to be UTF-8, but was often written in a local encoding: then Windows' Western European one. */
export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/**
 * What `read` finds, or `otherwise`: tags are wholesome extras, and no song fails for theirs. What is wrong with the
 * file itself shows when its samples are read.
 */
export async function triedTags<T>(read: () => T | Promise<T>, otherwise: T): Promise<T> {
  try {
    return await read();
  } catch {
    return otherwise;
  }
}
