/** Finds the songs that are meant by files, folders and patterns; what cannot be looked at is told, never passed over. */
import * as fs from "node:fs";
import { lstat, open, readdir, realpath, stat } from "node:fs/promises";
import { extname, join, relative, resolve, sep } from "node:path";
import { glob, isDynamicPattern } from "tinyglobby";
import { AudioError, throwIfAborted, type XumxError } from "../errors.ts";

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
    ...["wav", "wave", "bwf", "rf64", "w64", "aif", "aiff", "aifc", "flac", "mp3", "mp2", "mp1"],
    ...["ogg", "oga", "opus", "spx", "m4a", "m4b", "m4r", "aac", "latm", "loas", "wma", "caf"],
    ...["ape", "wv", "mka", "weba", "ac3", "eac3", "dts", "amr", "au", "snd", "voc", "tta", "tak"],
    ...["mpc", "mp+", "dsf", "dff", "ra"],
    // Films and videos: their sound is a song too.
    ...["mp4", "m4v", "mov", "qt", "mkv", "webm", "avi", "wmv", "asf", "flv", "f4v", "3gp", "3g2"],
    ...["ogv", "ogx", "mpg", "mpeg", "mpe", "m2v", "vob", "m2ts", "divx", "rm", "rmvb"],
  ].map((ending) => `.${ending}`),
);

/** Endings that transport streams share with TypeScript: their content decides. */
const shared = new Set([".ts", ".mts"]);

/** Whether a file of this name counts as a song where it was not named itself, as far as the name tells. */
export function isSongName(name: string): boolean {
  return endings.has(extname(name).toLowerCase());
}

/** Bytes of their packets, and of what is looked at of them. */
const PACKET = 188;
const HEAD = PACKET + 9;

/**
 * Finds songs. What exists under exactly the given name is meant, even if the name could be read as a pattern. Hidden
 * files and folders are passed over; links are followed.
 *
 * Inputs that lead to nothing become problems, so that others can still be worked on; so does what a folder or a pattern
 * leads to and cannot be looked at: a song whose name is no UTF-8, a folder without permission, a link to nowhere.
 */
export async function findSongs(
  inputs: readonly string[],
  options: SearchOptions = {},
): Promise<SongSearch> {
  const songs = new Map<string, FoundSong>();
  const problems = new Map<string, XumxError>();
  for (const input of inputs) {
    throwIfAborted(options.signal);
    const search = new Search(options);
    await search.run(input);
    for (const song of search.songs) {
      const key = resolve(song.path);
      if (!songs.has(key)) songs.set(key, song);
    }
    for (const { path, error } of search.problems) problems.set(path, error);
  }
  return {
    songs: [...songs.values()],
    problems: [...problems].map(([input, error]) => ({ input, error })),
  };
}

/** What one input leads to. */
class Search {
  readonly songs: FoundSong[] = [];
  readonly problems: { readonly path: string; readonly error: XumxError }[] = [];
  readonly #options: SearchOptions;

  constructor(options: SearchOptions) {
    this.#options = options;
  }

  async run(input: string): Promise<void> {
    const stats = await stat(input).catch(systemError);
    if (!(stats instanceof Error)) {
      if (stats.isDirectory()) await this.#folder(input);
      else this.songs.push({ path: input, folder: "", bytes: stats.size, named: true });
      return;
    }
    const pattern = process.platform === "win32" ? input.replaceAll("\\", "/") : input;
    if (!isMissing(stats)) this.#problem(input, unreadable(input, stats));
    else if (isDynamicPattern(pattern) && !pattern.startsWith("!")) await this.#matches(pattern);
    else this.#problem(input, await missing(input));
  }

  async #folder(input: string): Promise<void> {
    await this.#songsIn(input, input, new Set());
    if (this.songs.length > 0 || this.problems.length > 0) return;
    const hint = this.#options.recursive
      ? "Check the path."
      : "The folders in it were not searched.";
    this.#problem(input, new AudioError("not-found", `${input} holds no songs.`, hint));
  }

  /** Songs of a folder; `seen` holds the folders around it, so that links cannot lead in circles. */
  async #songsIn(folder: string, root: string, seen: ReadonlySet<string>): Promise<void> {
    throwIfAborted(this.#options.signal);
    const entries = await readdir(folder, { withFileTypes: true }).catch(systemError);
    if (entries instanceof Error) return this.#problem(folder, unreadable(folder, entries));
    const own = await realpath(folder).catch(() => resolve(folder));
    const left = folder !== root && own === (await exceptFolder(this.#options));
    if (left || seen.has(own)) return;
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const { name } = entry;
      if (name.startsWith(".")) continue;
      const path = join(folder, name);
      const stats = await stat(path).catch(systemError);
      if (stats instanceof Error) await this.#unseen(path, stats, entry.isDirectory());
      else if (stats.isDirectory()) {
        if (this.#options.recursive) await this.#songsIn(path, root, new Set(seen).add(own));
      } else if (stats.isFile() && (await isSong(path))) {
        const between = relative(root, folder).split(sep).join("/");
        this.songs.push({ path, folder: between, bytes: stats.size, named: false });
      }
    }
  }

  /** Songs that match a pattern; its leading folders that exist as they are written are not patterns. */
  async #matches(pattern: string): Promise<void> {
    const parts = pattern.split("/");
    let fixed = 0;
    while (fixed < parts.length - 1) {
      const folder = await stat(parts.slice(0, fixed + 1).join("/") || "/").catch(systemError);
      if (folder instanceof Error || !folder.isDirectory()) break;
      fixed++;
    }
    const base = fixed === 0 ? "." : parts.slice(0, fixed).join("/") || "/";
    const outputs = await exceptFolder(this.#options);
    const inside = outputs?.startsWith(`${resolve(base)}${sep}`) ? `${outputs}${sep}` : undefined;
    for (const name of await this.#glob(base, parts.slice(fixed).join("/"))) {
      const path = join(base, name);
      if (inside && resolve(path).startsWith(inside)) continue;
      const stats = await stat(path).catch(systemError);
      if (stats instanceof Error) await this.#unseen(path, stats, false);
      else if ((await isSong(path)) && !(await leadsRound(base, name))) {
        const folder = name.includes("/") ? name.slice(0, name.lastIndexOf("/")) : "";
        this.songs.push({ path, folder, bytes: stats.size, named: false });
      }
    }
    if (this.songs.length > 0 || this.problems.length > 0) return;
    const error = new AudioError("not-found", `No song matches ${pattern}.`, "Check the pattern.");
    this.#problem(pattern, error);
  }

  /** All names that match, sorted; links to nowhere too. */
  async #glob(base: string, pattern: string): Promise<readonly string[]> {
    const { signal } = this.#options;
    const unread = new Map<string, Error>();
    const found = await glob(pattern, {
      cwd: base,
      expandDirectories: false,
      caseSensitiveMatch: process.platform !== "win32",
      fs: { readdir: noting(unread), ...noLinkIsLost },
      ...(signal && { signal }),
    });
    const depth = pattern.includes("**") ? Number.POSITIVE_INFINITY : pattern.split("/").length;
    for (const [folder, error] of unread) {
      const below = relative(resolve(base), folder);
      const path = join(base, below);
      // The library looks into the folders that match as a whole, too.
      const inside = below === "" ? 0 : below.split(sep).length;
      if (inside < depth && !isHidden(below)) {
        this.#problem(path, isMissing(error) ? await missing(path) : unreadable(path, error));
      }
    }
    return found.sort();
  }

  /** What is listed in a folder and cannot be looked at: a song, or perhaps a folder of songs. */
  async #unseen(path: string, error: Error, isFolder: boolean): Promise<void> {
    const ending = extname(path).toLowerCase();
    const inner = this.#options.recursive === true && (isFolder || ending === "");
    if (!inner && (isFolder || !endings.has(ending))) return;
    this.#problem(path, isMissing(error) ? await missing(path) : unreadable(path, error));
  }

  #problem(path: string, error: XumxError): void {
    this.problems.push({ path, error });
  }
}

/** Node's listing of folders, which remembers those that could not be listed. */
function noting(unread: Map<string, Error>): typeof fs.readdir {
  return new Proxy(fs.readdir, {
    apply(list, _self, [path, options, done]) {
      list(path, options, (error, entries) => {
        if (error) unread.set(resolve(String(path)), error);
        done(error, entries);
      });
    },
  });
}

/** Of a link to nowhere, the link itself is meant. */
const noLinkIsLost = {
  realpath: new Proxy(fs.realpath, {
    apply(find, _self, [path, done]) {
      find(path, (error, found) => done(null, error ? path : found));
    },
  }),
  stat: new Proxy(fs.stat, {
    apply(look, _self, [path, done]) {
      look(path, (error, stats) => (error ? fs.lstat(path, done) : done(null, stats)));
    },
  }),
};

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

/** Whether the file is a song, by the ending of its name or, where that says little, by its first bytes. */
async function isSong(path: string): Promise<boolean> {
  const ending = extname(path).toLowerCase();
  if (!shared.has(ending)) return endings.has(ending);
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    // A packet of 188 bytes begins with a G; four bytes of time may stand before it.
    const starts = (at: number) => at >= bytesRead || buffer[at] === 0x47;
    const binary = bytesRead >= PACKET && buffer.subarray(0, bytesRead).includes(0);
    return binary && ((starts(0) && starts(PACKET)) || (starts(4) && starts(PACKET + 8)));
  } catch {
    return false;
  }
}

function isHidden(path: string): boolean {
  return path.split(sep).some((name) => /^\.[^.]/.test(name));
}

function systemError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function isMissing(error: Error): boolean {
  return "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

/** What there is not, and why it may seem to be there. */
async function missing(path: string): Promise<AudioError> {
  const isLink = await lstat(path).then(
    (stats) => stats.isSymbolicLink(),
    () => false,
  );
  if (isLink) {
    const hint = "Mend or remove the link.";
    return new AudioError("not-found", `${path} is a link that leads nowhere.`, hint);
  }
  // What stands for bytes that are no text, in names that Node has read.
  if (path.includes("\ufffd")) {
    return new AudioError(
      "unreadable",
      `${path} cannot be opened: its name is not UTF-8.`,
      "Rename it; convmv does so for whole folders.",
    );
  }
  return new AudioError("not-found", `${path} does not exist.`, "Check the path.");
}

function unreadable(path: string, cause: Error): AudioError {
  return new AudioError(
    "unreadable",
    `${path} cannot be read: ${cause.message}`,
    "Check the path and its permissions.",
    { cause },
  );
}
