/** Names of files and folders that come from users' file names, tags and models: safe on every platform. */
import { createHash } from "node:crypto";
import { basename, extname } from "node:path";

const RESERVED = /^(con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]|conin\$|conout\$)[ ]*(\.|$)/i;

/** Most bytes of a name: what file systems allow. */
export const MOST_NAME_BYTES = 255;

/** Between what is left of a long name and what tells it from others that begin alike. */
const CUT = "~";
const HASH_DIGITS = 8;

/** A file's name without folder and ending, made fit for a folder: never empty, hidden, reserved or too long. */
export function trackName(path: string): string {
  return folderName(basename(path, extname(path)));
}

/**
 * Any name, made fit for a folder or a file. Letters of any script stay as they are written (composed or not); what a
 * platform forbids becomes "_"; a name that is too long is {@link shortened}.
 */
export function folderName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must go.
  const plain = withoutEnd(wellFormed(name).replace(/[\u0000-\u001f\u007f<>:"/\\|?*]/g, "_"));
  const shown = plain.replace(/^\.+/, "_");
  const free = RESERVED.test(shown) ? `_${shown}` : shown;
  return shortened(free, MOST_NAME_BYTES) || "untitled";
}

/** Halves of pairs that have lost the other half would not survive in a file's name. */
function wellFormed(name: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(name));
}

/** Without the dots and spaces at the end, which Windows drops. */
function withoutEnd(name: string): string {
  return name.replace(/[. ]+$/, "");
}

/** A name of at most `most` bytes: a longer one is cut between two characters and ends in a hash of the whole. */
export function shortened(name: string, most: number): string {
  if (Buffer.byteLength(name) <= most) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, HASH_DIGITS);
  const ending = CUT + hash;
  const room = most - Buffer.byteLength(ending);
  let bytes = 0;
  let short = "";
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > room) break;
    short += character;
  }
  return withoutEnd(short) + ending;
}
