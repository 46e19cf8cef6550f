/** Finds the songs that are meant by files, folders and patterns. */
import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { extname, join, relative, resolve, sep } from "node:path";
import { glob, isDynamicPattern } from "tinyglobby";
import { AudioError, throwIfAborted, XumxError } from "../errors.ts";

/** A file that was found. */
export interface FoundSong {
  readonly path: string;
  /** Folders between the one that was given, or the fixed part of a pattern, and the file; "/" between them. */
  readonly folder: string;
  /** Size of the file. */
  readonly bytes: number;
  /** Whether the file itself was named, not a folder or a pattern. */
  readonly named: boolean;
}

/** What was found, and what of it could not be. */
export interface SongSearch {
  /** In the order of the inputs, sorted within each; no file twice. */
  readonly songs: readonly FoundSong[];
  readonly problems: readonly { readonly input: string; readonly error: XumxError }[];
}

export interface SearchOptions {
  /** Whether folders within folders are searched too. */
  readonly recursive?: boolean;
  /** A folder that is not searched when one around it is: where the outputs go. */
  readonly except?: string;
  readonly signal?: AbortSignal;
}

/** Endings of files that count as songs when a folder or a pattern is given; a file given by its name may have any. */
const endings = new Set(
  [
    ...["wav", "wave", "bwf", "rf64", "w64", "aif", "aiff", "aifc", "flac", "mp3", "mp2"],
    ...["ogg", "oga", "opus", "m4a", "m4b", "aac", "wma", "caf", "ape", "wv", "mka"],
  ].map((ending) => `.${ending}`),
);

/**
 * Finds songs. What exists under exactly the given name is meant, even if the name could be read as a pattern. Hidden
 * files and folders are passed over; links are followed.
 *
 * Inputs that lead to nothing become problems, so that others can still be worked on.
 */
export async function findSongs(
  inputs: readonly string[],
  options: SearchOptions = {},
): Promise<SongSearch> {
  const songs = new Map<string, FoundSong>();
  const problems: { input: string; error: XumxError }[] = [];
  for (const input of inputs) {
    throwIfAborted(options.signal);
    const found = await search(input, options);
    if (found instanceof XumxError) {
      problems.push({ input, error: found });
      continue;
    }
    for (const song of found) {
      const key = resolve(song.path);
      if (!songs.has(key)) songs.set(key, song);
    }
  }
  return { songs: [...songs.values()], problems };
}

async function search(
  input: string,
  options: SearchOptions,
): Promise<readonly FoundSong[] | XumxError> {
  const stats = await stat(input).catch(systemError);
  if (stats instanceof Error) {
    if (!isMissing(stats)) return unreadable(input, stats);
    const pattern = process.platform === "win32" ? input.replaceAll("\\", "/") : input;
    return isDynamicPattern(pattern) && !pattern.startsWith("!")
      ? matches(pattern, options)
      : new AudioError("not-found", `${input} does not exist.`, "Check the path.");
  }
  if (!stats.isDirectory()) return [{ path: input, folder: "", bytes: stats.size, named: true }];
  const songs = await songsIn(input, input, options, new Set());
  if (songs instanceof XumxError || songs.length > 0) return songs;
  return new AudioError(
    "not-found",
    `${input} holds no songs.`,
    options.recursive ? "Check the path." : "The folders in it were not searched.",
  );
}

/** Songs of a folder; `seen` holds the folders around it, so that links cannot lead in circles. */
async function songsIn(
  folder: string,
  root: string,
  options: SearchOptions,
  seen: ReadonlySet<string>,
): Promise<FoundSong[] | XumxError> {
  throwIfAborted(options.signal);
  const entries = await listing(folder);
  if (entries instanceof Error) return unreadable(folder, entries);
  const songs: FoundSong[] = [];
  const own = await realpath(folder).catch(() => resolve(folder));
  const left = folder !== root && own === (await exceptFolder(options));
  if (left || seen.has(own)) return songs;
  for (const entry of entries.sort(byName)) {
    if (entry.name.startsWith(".")) continue;
    const path = join(folder, entry.name);
    const stats = await stat(path).catch(systemError);
    if (stats instanceof Error) continue;
    if (stats.isFile() && isSong(entry.name)) {
      songs.push({
        path,
        folder: slashed(relative(root, folder)),
        bytes: stats.size,
        named: false,
      });
    } else if (stats.isDirectory() && options.recursive) {
      const inner = await songsIn(path, root, options, new Set(seen).add(own));
      // A folder that cannot be read does not hide the others.
      if (!(inner instanceof XumxError)) songs.push(...inner);
    }
  }
  return songs;
}

/** Songs that match a pattern; its leading folders that exist as they are written are not patterns. */
async function matches(
  pattern: string,
  options: SearchOptions,
): Promise<readonly FoundSong[] | XumxError> {
  const parts = pattern.split("/");
  let fixed = 0;
  while (fixed < parts.length - 1) {
    const folder = await stat(parts.slice(0, fixed + 1).join("/") || "/").catch(systemError);
    if (folder instanceof Error || !folder.isDirectory()) break;
    fixed++;
  }
  const base = fixed === 0 ? "." : parts.slice(0, fixed).join("/") || "/";
  const outputs = await exceptFolder(options);
  const inside = outputs?.startsWith(`${resolve(base)}${sep}`) ? `${outputs}${sep}` : undefined;
  const found = await glob(parts.slice(fixed).join("/"), {
    cwd: base,
    expandDirectories: false,
    caseSensitiveMatch: process.platform !== "win32",
    ...(options.signal && { signal: options.signal }),
  });
  const songs: FoundSong[] = [];
  for (const name of found.sort()) {
    const path = join(base, name);
    if (!isSong(name) || (inside && resolve(path).startsWith(inside))) continue;
    const stats = await stat(path).catch(systemError);
    if (stats instanceof Error || (await leadsRound(base, name))) continue;
    const folder = name.includes("/") ? name.slice(0, name.lastIndexOf("/")) : "";
    songs.push({ path, folder, bytes: stats.size, named: false });
  }
  if (songs.length > 0) return songs;
  return new AudioError("not-found", `No song matches ${pattern}.`, "Check the pattern.");
}

/** Whether a link among a file's folders leads back to one of them: what lies there is found without it. */
async function leadsRound(base: string, name: string): Promise<boolean> {
  const folders = name.split("/").slice(0, -1);
  const paths = [base, ...folders.map((_, i) => join(base, ...folders.slice(0, i + 1)))];
  const real = await Promise.all(paths.map((path) => realpath(path).catch(() => path)));
  return new Set(real).size < real.length;
}

async function exceptFolder({ except }: SearchOptions): Promise<string | undefined> {
  return except === undefined ? undefined : realpath(except).catch(() => resolve(except));
}

function listing(folder: string): Promise<Dirent[] | Error> {
  return readdir(folder, { withFileTypes: true }).catch(systemError);
}

function isSong(name: string): boolean {
  return endings.has(extname(name).toLowerCase());
}

function byName(a: Dirent, b: Dirent): number {
  return a.name < b.name ? -1 : 1;
}

function slashed(path: string): string {
  return path.split(sep).join("/");
}

function systemError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function isMissing(error: Error): boolean {
  return "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

function unreadable(path: string, cause: Error): AudioError {
  return new AudioError(
    "unreadable",
    `${path} cannot be read: ${cause.message}`,
    "Check the path and its permissions.",
    { cause },
  );
}
