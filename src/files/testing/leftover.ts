/** What a killed program leaves, for tests. */
import { spawnSync } from "node:child_process";
import { mkdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { type HiddenKind, hiddenFolderName } from "../owner.ts";

/** Makes the hidden folder of a process that ran on this machine and has ended. */
export function leftoverIn(parent: string, kind: HiddenKind = "part"): string {
  const { pid } = spawnSync(process.execPath, ["--version"]);
  const path = join(parent, hiddenFolderName(kind).replace(`-${process.pid}-`, `-${pid}-`));
  mkdirSync(path, { mode: 0o700 });
  return path;
}

/** Makes the hidden folder of a process of another machine or container, which last gave a sign of life so long ago. */
export function foreignIn(parent: string, seconds: number, kind: HiddenKind = "part"): string {
  const name = hiddenFolderName(kind).replace(/^\.xumx-.{8}/, ".xumx-0123abcd");
  const path = join(parent, name);
  mkdirSync(path, { mode: 0o700 });
  setAge(path, seconds);
  return path;
}

/** Makes a hidden folder look as if its owner gave the last sign of life so long ago. */
export function setAge(path: string, seconds: number): void {
  const then = Date.now() / 1e3 - seconds;
  utimesSync(path, then, then);
}
