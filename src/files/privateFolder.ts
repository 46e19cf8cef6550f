/** Hidden folders for what is not whole yet, or is needed only meanwhile. */
import { rmdirSync, rmSync } from "node:fs";
import { lstat, mkdir, readdir, rename, rm, rmdir, stat, utimes } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { systemCode, unwritable } from "./fileError.ts";
import { finishMoves, journalIn, type Move, writeJournal } from "./journal.ts";
import { BEAT, type HiddenKind, hiddenFolderName, isGone, ownerOf } from "./owner.ts";

/** Folders in use by this process. */
const inUse = new Set<PrivateFolder>();
let beat: NodeJS.Timeout | undefined;

/** How often the folders around one are made again when another program removes them. */
const TRIES = 5;

/** What a hidden folder is for. */
export interface PrivateFolderOptions {
  readonly kind?: HiddenKind;
  /** Takes what is of use from a folder that a program that is gone left, before it is removed. */
  readonly salvage?: (leftover: string) => Promise<void>;
}

/**
 * A hidden folder that no other user can look into, with an owner: this process. It is removed when it is disposed; if
 * the process is killed before, by the next one that makes such a folder at the same place.
 *
 * ```ts
 * await using folder = await PrivateFolder.create(tmpdir());
 * await writeFile(join(folder.path, "song"), bytes);
 * ```
 */
export class PrivateFolder implements AsyncDisposable {
  readonly path: string;
  /** The folder around it. */
  readonly parent: string;
  /** Folders that were missing, innermost last. */
  readonly #made: readonly string[];
  #journaled = false;

  /**
   * Makes the folder, and those around it where they are missing. Clears away what programs that are gone left in
   * `parent`: their own moves are finished ({@link journal}), then their folders are removed; never another user's.
   * @throws {FileError} "unwritable".
   */
  static async create(
    parent: string,
    { kind = "part", salvage }: PrivateFolderOptions = {},
  ): Promise<PrivateFolder> {
    const around = resolve(parent);
    const made: string[] = [];
    try {
      const path = join(around, hiddenFolderName(kind));
      for (let tries = 1; ; tries++) {
        try {
          made.push(...(await makeMissing(around)));
          await mkdir(path, { mode: 0o700 });
          break;
        } catch (error) {
          // Another one may have removed the folders around it, as it does with those that it made and left empty.
          if (systemCode(error) !== "ENOENT" || tries === TRIES) throw error;
        }
      }
      const folder = new PrivateFolder(path, around, made);
      try {
        await folder.#clearAway(salvage);
      } catch (error) {
        await folder[Symbol.asyncDispose]();
        throw error;
      }
      return folder;
    } catch (cause) {
      for (const folder of made.reverse()) await rmdir(folder).catch(() => {});
      throw unwritable(parent, cause);
    }
  }

  private constructor(path: string, parent: string, made: readonly string[]) {
    this.path = path;
    this.parent = parent;
    this.#made = made;
    inUse.add(this);
    beat ??= setInterval(showLife, BEAT * 1e3).unref();
  }

  /**
   * Notes that files of this folder are about to move into the one around it, all of them whole. From here on the next
   * program does the rest if this one is killed.
   * @throws system errors
   */
  async journal(moves: readonly Move[]): Promise<void> {
    await writeJournal(this.path, moves);
    this.#journaled = true;
  }

  /** The moves will not be made. */
  async withdrawJournal(): Promise<void> {
    await rm(journalIn(this.path), { force: true });
    this.#journaled = false;
  }

  /** Removes the folder with all that is in it, and the folders made for it that are empty. Harmless to repeat. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#forget();
    // What hinders the removal must not hide the error that led here.
    await rm(this.path, { recursive: true, force: true }).catch(() => {});
    for (const folder of [...this.#made].reverse()) await rmdir(folder).catch(() => {});
  }

  /** The same at once; but files that are about to move are left to the next program. */
  removeNow(): void {
    if (this.#journaled) return;
    this.#forget();
    try {
      rmSync(this.path, { recursive: true, force: true });
      for (const folder of [...this.#made].reverse()) rmdirSync(folder);
    } catch {
      // Others may have written there.
    }
  }

  #forget(): void {
    inUse.delete(this);
    if (inUse.size > 0) return;
    clearInterval(beat);
    beat = undefined;
  }

  /** The folder itself tells the time and the user as the file system knows them. */
  async #clearAway(salvage: PrivateFolderOptions["salvage"]): Promise<void> {
    const { uid, mtimeMs: now } = await lstat(this.path);
    let cleared = 0;
    for (const name of await readdir(this.parent)) {
      const owner = ownerOf(name);
      const path = join(this.parent, name);
      if (!owner || path === this.path) continue;
      const found = await lstat(path).catch(() => undefined);
      if (!found?.isDirectory() || found.uid !== uid) continue;
      if (!isGone(owner, (now - found.mtimeMs) / 1e3)) continue;
      try {
        await finishMoves(path, this.parent);
        // In here nobody else can exchange it for something else while it is removed.
        const taken = join(this.path, `leftover-${cleared++}`);
        await rename(path, taken);
        await salvage?.(taken);
        await rm(taken, { recursive: true, force: true });
      } catch {
        // Another program was faster, or the disk refuses; then the next one tries.
      }
    }
  }
}

/**
 * Removes what this process has not finished, at once: for programs that are about to exit without waiting for anything.
 */
export function removeUnfinished(): void {
  for (const folder of [...inUse]) folder.removeNow();
}

/** Clears away what programs that are gone left in a folder, see {@link PrivateFolder.create}; never fails. */
export async function clearLeftovers(parent: string): Promise<void> {
  try {
    await using _folder = await PrivateFolder.create(parent);
  } catch {
    // Nothing can be written there: then nothing of ours lies there.
  }
}

function showLife(): void {
  const now = new Date();
  for (const { path } of inUse) utimes(path, now, now).catch(() => {});
}

/** Makes a folder and those around it, one by one, and tells which ones were missing. */
async function makeMissing(folder: string): Promise<string[]> {
  const missing: string[] = [];
  let path = folder;
  while (!(await isThere(path)) && dirname(path) !== path) {
    missing.unshift(path);
    path = dirname(path);
  }
  const made: string[] = [];
  for (const each of missing) {
    try {
      await mkdir(each);
      made.push(each);
    } catch (error) {
      // Another one may have made it meanwhile.
      if (systemCode(error) !== "EEXIST") throw error;
    }
  }
  return made;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
}
