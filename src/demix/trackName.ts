/** Names of files and folders that come from users' file names, tags and models; long ones still told apart. */
import { createHash } from "node:crypto";
import { basename, extname } from "node:path";
import {
  byteLength,
  headOf,
  MOST_NAME_BYTES,
  portableName,
  withoutEnd,
} from "../stems/portableName.ts";

export { MOST_NAME_BYTES };

/** Between what is left of a long name and what tells it from others that begin alike. */
const CUT = "~";
const HASH_DIGITS = 8;

/** A file's name without folder and ending, made fit for a folder: never empty, hidden, reserved or too long. */
export function trackName(path: string): string {
  return folderName(basename(path, extname(path)));
}

/** Any name, made fit for a folder or a file as {@link portableName} makes it; one that is too long is {@link shortened}. */
export function folderName(name: string): string {
  return shortened(portableName(name, Number.POSITIVE_INFINITY), MOST_NAME_BYTES);
}

/** A name of at most `most` bytes: a longer one is cut between two characters and ends in a hash of the whole. */
export function shortened(name: string, most: number): string {
  if (byteLength(name) <= most) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, HASH_DIGITS);
  const ending = CUT + hash;
  return withoutEnd(headOf(name, most - ending.length)) + ending;
}
