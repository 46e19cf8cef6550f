/**
 * Several files take their names one after another, and a program may be killed in between. So before the first one
 * moves, the hidden folder gets a list of what moves where. Everything on it is whole and on the disk by then: whoever
 * finds the list of a program that is gone does the rest.
 */
import { lstat, open, readFile, rename } from "node:fs/promises";
import { basename, join } from "node:path";
import { syncFolder } from "./sync.ts";

const JOURNAL = "moves.json";

/** A file in a hidden folder and its name in the folder around it. */
export interface Move {
  readonly part: string;
  readonly name: string;
}

/** Writes the list, and forces it to the disk. @throws system errors */
export async function writeJournal(folder: string, moves: readonly Move[]): Promise<void> {
  const handle = await open(join(folder, JOURNAL), "wx");
  try {
    await handle.writeFile(JSON.stringify(moves));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await syncFolder(folder);
}

/** Path of the list in a hidden folder. */
export function journalIn(folder: string): string {
  return join(folder, JOURNAL);
}

/** What of the list in a hidden folder has not been moved; empty without a list. */
export async function movesLeft(folder: string): Promise<readonly Move[]> {
  const left: Move[] = [];
  for (const move of await readJournal(folder)) {
    if (await isFile(join(folder, move.part))) left.push(move);
  }
  return left;
}

/**
 * Does the moves that are left in a hidden folder, into `parent`. What was written there since is newer and stays.
 * @throws system errors
 */
export async function finishMoves(folder: string, parent: string): Promise<void> {
  const moves = await movesLeft(folder);
  if (moves.length === 0) return;
  const { mtimeMs: decided } = await lstat(journalIn(folder));
  for (const { part, name } of moves) {
    const target = join(parent, name);
    const there = await lstat(target).catch(() => undefined);
    if (there && (!there.isFile() || there.mtimeMs > decided)) continue;
    await rename(join(folder, part), target);
  }
  await syncFolder(parent);
}

async function readJournal(folder: string): Promise<readonly Move[]> {
  const text = await readFile(journalIn(folder), "utf8").catch(() => "[]");
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.filter(isMove) : [];
  } catch {
    // Cut short: nothing had moved yet.
    return [];
  }
}

/** Names are names, not paths: what lies in a hidden folder never leads out of the folder around it. */
function isMove(value: unknown): value is Move {
  if (typeof value !== "object" || value === null) return false;
  if (!("part" in value) || !("name" in value)) return false;
  return isName(value.part) && isName(value.name);
}

function isName(value: unknown): boolean {
  return typeof value === "string" && value !== "" && basename(value) === value && value !== "..";
}

async function isFile(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
