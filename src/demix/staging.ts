/**
 * All files of a song, or none: they are written in hidden folders beside their targets and moved there together once
 * all are whole.
 */
import { createHash, randomBytes } from "node:crypto";
import { rmdirSync, rmSync } from "node:fs";
import { link, mkdir, readdir, realpath, rename, rm, rmdir, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, extname, join, resolve } from "node:path";
import { unwritable } from "../audio/index.ts";
import { AudioError } from "../errors.ts";

interface Move {
  readonly part: string;
  readonly target: string;
}

/** Names of the hidden folders tell whose they are, so that what a killed program left can be told and removed. */
const host = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
const ownName = new RegExp(`^\\.xumx-${host}-(\\d+)-[0-9a-f]{8}\\.part$`);

/** Those at work, for {@link removeUnfinished}. */
const unfinished = new Set<Staging>();

/**
 * Removes what all unfinished stagings of this program wrote, at once: for programs that are about to exit without
 * waiting for anything.
 */
export function removeUnfinished(): void {
  for (const staging of unfinished) staging.removeNow();
}

export class Staging implements AsyncDisposable {
  readonly #moves: Move[] = [];
  /** Hidden folders by the folder they lie in. */
  readonly #folders = new Map<string, string>();
  /** What scratch files are for. */
  readonly #scratches: Move[] = [];
  /** Folders that were missing, innermost last. */
  readonly #made: string[] = [];

  constructor() {
    unfinished.add(this);
  }

  /**
   * A path to write the file to that will become `target`. Missing folders are made; of a link, its end is meant.
   * @throws {AudioError} "unwritable".
   */
  async place(target: string): Promise<string> {
    try {
      const end = await replaceable(target);
      const folder = await this.#folder(dirname(resolve(end)));
      const part = join(folder, `${this.#moves.length}${extname(end)}`);
      this.#moves.push({ part, target: end });
      return part;
    } catch (cause) {
      throw unwritable(target, cause);
    }
  }

  /**
   * A path for what is needed only meanwhile, for the sake of `target` and, if that is a file, on its file system.
   * @throws {AudioError} "unwritable".
   */
  async scratch(target: string, folder = dirname(target)): Promise<string> {
    try {
      const part = join(await this.#folder(resolve(folder)), `aside-${this.#scratches.length}`);
      this.#scratches.push({ part, target });
      return part;
    } catch (cause) {
      throw unwritable(target, cause);
    }
  }

  /** An error of whoever writes to a place, told with the target's name. */
  told(error: unknown): unknown {
    if (!(error instanceof AudioError)) return error;
    const { message } = error;
    const move = [...this.#moves, ...this.#scratches].find(({ part }) => message.includes(part));
    if (!move) return error;
    return new AudioError(error.code, message.replace(move.part, move.target), error.hint, {
      cause: error,
    });
  }

  /**
   * Moves all files to their targets, replacing what is there. If one cannot be moved, those before it are taken back,
   * and what they replaced is restored.
   * @throws {AudioError} "unwritable".
   */
  async commit(): Promise<void> {
    const moved: Move[] = [];
    for (const move of this.#moves) {
      try {
        await replaceable(move.target);
        await keep(move.target, `${move.part}.old`);
        await rename(move.part, move.target);
      } catch (cause) {
        await restore(move.target, `${move.part}.old`);
        for (const { part, target } of moved.reverse()) {
          await rm(target, { force: true });
          await restore(target, `${part}.old`);
        }
        throw unwritable(move.target, cause);
      }
      moved.push(move);
    }
    this.#made.length = 0;
  }

  /** Removes what was written unless it was moved to its targets; folders too that were made for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    // What hinders the removal must not hide the error that led here.
    for (const folder of this.#folders.values()) {
      await rm(folder, { recursive: true, force: true }).catch(() => {});
    }
    for (const folder of this.#made.splice(0).reverse()) await rmdir(folder).catch(() => {});
    unfinished.delete(this);
  }

  /** The same at once, for {@link removeUnfinished}. */
  removeNow(): void {
    for (const folder of this.#folders.values()) rmSync(folder, { recursive: true, force: true });
    for (const folder of this.#made.splice(0).reverse()) {
      try {
        rmdirSync(folder);
      } catch {
        // Others may have written there.
      }
    }
  }

  async #folder(parent: string): Promise<string> {
    const known = this.#folders.get(parent);
    if (known !== undefined) return known;
    const path = join(
      parent,
      `.xumx-${host}-${process.pid}-${randomBytes(4).toString("hex")}.part`,
    );
    for (let attempt = 1; ; attempt++) {
      await this.#make(parent);
      try {
        await mkdir(path);
        break;
      } catch (error) {
        // Another song's failure may just have removed the folder as empty.
        if (attempt === 3 || !hasCode(error, "ENOENT")) throw error;
      }
    }
    this.#folders.set(parent, path);
    await removeLeftovers(parent);
    return path;
  }

  /** Makes a folder and those around it, one by one, to know which ones were missing. */
  async #make(folder: string): Promise<void> {
    const missing: string[] = [];
    let path = folder;
    while (!(await isThere(path)) && dirname(path) !== path) {
      missing.unshift(path);
      path = dirname(path);
    }
    for (const path of missing) {
      try {
        await mkdir(path);
        this.#made.push(path);
      } catch (error) {
        // Another song may have made it meanwhile.
        if (!hasCode(error, "EEXIST")) throw error;
      }
    }
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    throw error;
  }
}

/** Removes what programs that no longer run left in a folder. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = ownName.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) {
      await rm(join(folder, name), { recursive: true, force: true }).catch(() => {});
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasCode(error, "ESRCH");
  }
}

/** The path itself or, of a link, its end; refuses what is there and is no regular file. */
async function replaceable(path: string): Promise<string> {
  const stats = await stat(path).catch((error: unknown) => {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  });
  if (!stats) return path;
  if (stats.isFile()) return realpath(path);
  const kind = stats.isDirectory() ? "is a folder" : "is not a regular file";
  throw new AudioError("unwritable", `${path} ${kind}.`, "Choose another output path.");
}

/** Puts a second name on what is about to be replaced; where files cannot have two, moves it. */
async function keep(target: string, copy: string): Promise<void> {
  try {
    await link(target, copy);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return;
    await rename(target, copy);
  }
}

async function restore(target: string, copy: string): Promise<void> {
  await rename(copy, target).catch(() => {});
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
