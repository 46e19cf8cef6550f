/** Several files, or none of them: written in hidden folders beside their places, and moved there together. */
import { link, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { systemCode, unwritable } from "./fileError.ts";
import { FileWriter } from "./fileWriter.ts";
import { movesLeft } from "./journal.ts";
import { ownerOf } from "./owner.ts";
import { PrivateFolder } from "./privateFolder.ts";
import { syncFolder } from "./sync.ts";
import { replaceable } from "./target.ts";

interface Move {
  readonly folder: PrivateFolder;
  readonly writer: FileWriter;
  /** The end of the target. */
  readonly target: string;
}

/** How files are staged. */
export interface StagingOptions {
  /** A folder that no file may leave by a link, and below which all targets lie. */
  readonly within?: string;
}

/**
 * Files that appear together. If the program is killed while they are moved, the next one that writes to one of their
 * folders moves the rest, and {@link Unfinished} knows of them until then.
 *
 * ```ts
 * await using staging = new Staging({ within: "stems" });
 * const file = await staging.create("stems/song/vocals.wav");
 * await file.write(bytes);
 * await file.close();
 * await staging.commit();
 * ```
 */
export class Staging implements AsyncDisposable {
  readonly #within: string | undefined;
  readonly #moves: Move[] = [];
  /** Hidden folders by the folder they lie in. */
  readonly #folders = new Map<string, Promise<PrivateFolder>>();
  #asides = 0;

  constructor({ within }: StagingOptions = {}) {
    this.#within = within;
  }

  /**
   * Begins the file that will become `target`. Missing folders are made. Of a link, its end is meant.
   * @returns a writer, to be closed before {@link commit}, or aborted. Its errors name the target.
   * @throws {FileError} "unwritable", also if the target leads out of `within`, or is a folder or a device.
   */
  async create(target: string): Promise<FileWriter> {
    try {
      const end = resolve(await replaceable(target, this.#within));
      const folder = await this.#folder(dirname(end));
      const part = join(folder.path, `${this.#moves.length}${extname(end)}`);
      const writer = await FileWriter.create(part, target);
      this.#moves.push({ folder, writer, target: end });
      return writer;
    } catch (cause) {
      throw unwritable(target, cause);
    }
  }

  /**
   * Begins a file that is needed only meanwhile, for the sake of `target`; on its file system unless another `folder` is
   * given. It lies at the writer's `part` until it is aborted or the staging ends.
   * @throws {FileError} "unwritable".
   */
  async aside(target: string, folder = dirname(target)): Promise<FileWriter> {
    try {
      const { path } = await this.#folder(resolve(folder));
      return await FileWriter.create(join(path, `aside-${this.#asides++}`), target, false);
    } catch (cause) {
      throw unwritable(target, cause);
    }
  }

  /**
   * Moves all files to their targets, replacing what is there, and forces their names to the disk. If one cannot be
   * moved, those before it are taken back, and what they replaced is restored.
   * @throws {FileError} "unwritable".
   */
  async commit(): Promise<void> {
    const moves = [...this.#moves];
    const folders = [...new Set(moves.map(({ folder }) => folder))];
    const done: Move[] = [];
    let current = moves[0]?.target ?? "";
    try {
      // A single move is made or not made; only several may be made by half.
      if (moves.length > 1) {
        for (const folder of folders) await folder.journal(movesOf(folder, moves));
      }
      for (const move of moves) {
        current = move.target;
        await replaceable(move.target);
        await keep(move);
        done.push(move);
        await rename(move.writer.part, move.target);
      }
      for (const folder of folders) await syncFolder(folder.parent);
    } catch (cause) {
      for (const folder of folders) await folder.withdrawJournal().catch(() => {});
      for (const move of done.reverse()) await takeBack(move);
      throw unwritable(current, cause);
    }
  }

  /** Removes what was written unless it was moved to its targets; folders too that were made for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { writer } of this.#moves) await writer.abort().catch(() => {});
    for (const folder of await Promise.allSettled(this.#folders.values())) {
      if (folder.status === "fulfilled") await folder.value[Symbol.asyncDispose]();
    }
  }

  #folder(parent: string): Promise<PrivateFolder> {
    const known = this.#folders.get(parent);
    if (known) return known;
    const made = PrivateFolder.create(parent);
    this.#folders.set(parent, made);
    return made;
  }
}

function movesOf(folder: PrivateFolder, moves: readonly Move[]) {
  return moves
    .filter((move) => move.folder === folder)
    .map(({ writer, target }) => ({ part: basename(writer.part), name: basename(target) }));
}

/** Puts a second name on what is about to be replaced; where files cannot have two, moves it. */
async function keep({ writer, target }: Move): Promise<void> {
  try {
    await link(target, `${writer.part}.old`);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") await rename(target, `${writer.part}.old`);
  }
}

async function takeBack({ writer, target }: Move): Promise<void> {
  const moved = await rename(`${writer.part}.old`, target).then(
    () => true,
    () => false,
  );
  // There was nothing before.
  if (!moved) await rm(target, { force: true }).catch(() => {});
}

/** Tells which files a killed program has still to move, of any folders; asks each folder once. */
export class Unfinished {
  readonly #known = new Map<string, Promise<ReadonlySet<string>>>();

  /** Whether something else than what lies at `path` now was about to become this file. */
  async has(path: string): Promise<boolean> {
    const folder = dirname(resolve(path));
    const known = this.#known.get(folder) ?? namesLeft(folder);
    this.#known.set(folder, known);
    return (await known).has(basename(path));
  }
}

async function namesLeft(folder: string): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const hidden of await readdir(folder).catch(() => [])) {
    if (!ownerOf(hidden)) continue;
    for (const { name } of await movesLeft(join(folder, hidden))) names.add(name);
  }
  return names;
}
