/** Names of folders that come from users' file names and models: safe on every platform. */
import { basename, extname } from "node:path";

const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** Most bytes of a folder's name: file systems allow 255, some of which writers need for endings. */
const MOST_BYTES = 200;

/** A file's name without folder and ending, made fit for a folder: never empty, hidden, reserved or too long. */
export function trackName(path: string): string {
  return folderName(basename(path, extname(path)));
}

/** Any name, made fit for a folder. */
export function folderName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must go.
  const plain = withoutEnd(name.replace(/[\u0000-\u001f\u007f<>:"/\\|?*]/g, "_"));
  const shown = plain.replace(/^\.+/, "_");
  const free = RESERVED.test(shown) ? `_${shown}` : shown;
  return withoutEnd(shorten(free)) || "untitled";
}

/** Without the dots and spaces at the end, which Windows drops. */
function withoutEnd(name: string): string {
  return name.replace(/[. ]+$/, "");
}

function shorten(name: string): string {
  const encoder = new TextEncoder();
  let short = name;
  while (encoder.encode(short).length > MOST_BYTES) short = [...short].slice(0, -1).join("");
  return short;
}
