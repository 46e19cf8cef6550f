/** Where outputs lie below the output folder, as a pattern: "{track}/{stem}.{ext}". */
import type { AudioTags } from "../audio/index.ts";
import { ArgumentError } from "../errors.ts";
import { folderName, MOST_NAME_BYTES, shortened } from "./trackName.ts";

/** What placeholders stand for. */
export const placeholders = {
  model: "the model's name",
  folder: "folders between the one that was given (or the fixed part of a pattern) and the song",
  track: "the song's file name without its ending",
  ending: "the song's own ending: mp3, …; “unknown” where there is none",
  stem: "the output's name: vocals, no_vocals, residual, …",
  ext: "the ending of the output format",
  artist: "from the song's tags, as are all below; “unknown” where there is none",
  title: "the track's name where there is none",
  album: "",
  albumartist: "the artist where there is none",
  date: "",
  genre: "",
  number: "of the track on the album",
} as const;

type Placeholder = keyof typeof placeholders;

const names: readonly string[] = Object.keys(placeholders);

/** Where outputs lie by default. */
export const defaultTemplate = "{model}/{folder}/{track}/{stem}.{ext}";

/** Most bytes of text between two slashes, so that room is left for the values. */
const MOST_TEXT_BYTES = 128;

/** A checked pattern: folders and at last a file, each made of text and placeholders. */
export interface Template {
  /** As it was given. */
  readonly pattern: string;
  readonly parts: readonly (readonly Piece[])[];
  /** Whether songs must be opened to know their outputs' names. */
  readonly needsTags: boolean;
}

type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "placeholder"; readonly name: Placeholder };

/** The values of one output of one song. */
export interface TemplateValues {
  readonly model: string;
  /** With "/" between folders; empty if there are none. */
  readonly folder: string;
  readonly track: string;
  /** Empty if there is none. */
  readonly ending: string;
  readonly stem: string;
  readonly ext: string;
  readonly tags: AudioTags;
}

/**
 * Reads a pattern. "/" and "\" separate folders; without {ext}, the ending is appended.
 * @throws {ArgumentError} for unknown placeholders, braces that do not match, and what leads out of the output folder.
 */
export function parseTemplate(pattern: string): Template {
  const complete = pattern.includes("{ext}") ? pattern : `${pattern}.{ext}`;
  if (/^[/\\]|^[a-z]:/i.test(complete) || /(^|[/\\])\.{1,2}([/\\]|$)/.test(complete)) {
    throw new ArgumentError(
      `The pattern "${pattern}" leads out of the output folder.`,
      "Give the folder with --output and a pattern for what lies below it.",
    );
  }
  const parts = complete.split(/[/\\]/).map((part) => pieces(part, pattern));
  const used = parts.flat().flatMap((piece) => (piece.kind === "placeholder" ? [piece.name] : []));
  const untagged: readonly Placeholder[] = ["model", "folder", "track", "ending", "stem", "ext"];
  return { pattern, parts, needsTags: used.some((name) => !untagged.includes(name)) };
}

function pieces(part: string, pattern: string): readonly Piece[] {
  const texts = part.split(/(\{[^{}]*\})/).filter((text) => text !== "");
  if (Buffer.byteLength(texts.filter((text) => !text.startsWith("{")).join("")) > MOST_TEXT_BYTES) {
    throw new ArgumentError(`The pattern "${pattern}" has too long a name in it.`);
  }
  return texts.map((text) => {
    const name = /^\{(.*)\}$/.exec(text)?.[1];
    if (name !== undefined && isPlaceholder(name)) return { kind: "placeholder", name };
    if (!/[{}]/.test(text)) return { kind: "text", text };
    throw new ArgumentError(
      `In the pattern "${pattern}", ${text} is not a placeholder.`,
      `There are ${names.map((known) => `{${known}}`).join(" ")}.`,
    );
  });
}

function isPlaceholder(name: string): name is Placeholder {
  return names.includes(name);
}

/**
 * The path of an output, relative to the output folder, with "/" between folders. Every part of it is a name that any
 * platform allows: none is empty, hidden by accident, reserved, or longer than 255 bytes. A part that would be too long
 * has its values shortened, never the stem or the ending.
 */
export function renderTemplate(template: Template, values: TemplateValues): string {
  const rendered = template.parts.flatMap((part) => {
    if (part.length === 1 && part[0].kind === "placeholder" && part[0].name === "folder") {
      return values.folder.split("/").filter((name) => name !== "");
    }
    return [fitted(part, values)];
  });
  return rendered.map(folderName).join("/");
}

/** The text of a part, with as much of its values as fits. */
function fitted(part: readonly Piece[], values: TemplateValues): string {
  const texts = part.map((piece) =>
    piece.kind === "text"
      ? { text: piece.text, fixed: true }
      : {
          text: valueFor(piece.name, values),
          fixed: piece.name === "stem" || piece.name === "ext",
        },
  );
  const whole = texts.map(({ text }) => text).join("");
  if (Buffer.byteLength(whole) <= MOST_NAME_BYTES) return whole;
  const fixed = texts.filter((piece) => piece.fixed);
  const room = MOST_NAME_BYTES - Buffer.byteLength(fixed.map(({ text }) => text).join(""));
  const most = Math.floor(room / (texts.length - fixed.length));
  return texts.map(({ text, fixed }) => (fixed ? text : shortened(text, most))).join("");
}

function valueFor(name: Placeholder, { tags, ...values }: TemplateValues): string {
  switch (name) {
    case "artist":
      return tags.artist ?? tags.albumArtist ?? "unknown";
    case "ending":
      return values.ending || "unknown";
    case "title":
      return tags.title ?? values.track;
    case "album":
      return tags.album ?? "unknown";
    case "albumartist":
      return tags.albumArtist ?? tags.artist ?? "unknown";
    case "date":
      return tags.date ?? "unknown";
    case "genre":
      return tags.genre ?? "unknown";
    case "number":
      // "3/12" is the third of twelve.
      return (tags.track ?? "unknown").replace(/\/.*/, "").padStart(2, "0");
    default:
      return values[name];
  }
}
