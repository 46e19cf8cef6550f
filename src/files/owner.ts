/**
 * Whose a hidden folder is, and whether its owner still runs.
 *
 * A process number says nothing by itself: containers that share a volume all have a process 1, numbers are used again,
 * and machines are renamed. So the name of a folder holds three things: a home (the boot of the machine, the space of
 * process numbers, the host name), the number, and when the process of this number began. A process of the same home is
 * found or not found. Of all others only signs of life count: the folder's time, which its owner renews.
 */
import { createHash, randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Seconds from one sign of life to the next. */
export const BEAT = 20;
/** Seconds without a sign of life after which an owner elsewhere counts as gone. */
export const ABANDONED = 180;

/** "part": work that is not whole. "lock": a folder that is in use. */
export type HiddenKind = "part" | "lock";

/** The process that made a hidden folder. */
export interface Owner {
  readonly kind: HiddenKind;
  /** Eight hexadecimal digits; {@link nowhere} where the system does not tell. */
  readonly home: string;
  readonly pid: number;
  /** When it began, in ticks since the machine was started, base 36. */
  readonly started: string;
}

const nowhere = "00000000";
const hiddenName = /^\.xumx-([0-9a-f]{8})-(\d+)-([0-9a-z]+)-[0-9a-f]{12}\.(part|lock)$/;

let own: Pick<Owner, "home" | "started"> | undefined;

/** A name that no folder has, which says that this process owns it. */
export function hiddenFolderName(kind: HiddenKind): string {
  own ??= { home: homeOf(), started: startOf(process.pid) ?? "0" };
  const random = randomBytes(6).toString("hex");
  return `.xumx-${own.home}-${process.pid}-${own.started}-${random}.${kind}`;
}

/** The owner that the name of a hidden folder tells; undefined for all other names. */
export function ownerOf(name: string): Owner | undefined {
  const found = hiddenName.exec(name);
  if (!found) return undefined;
  const [, home, pid, started, kind] = found;
  return { kind: kind === "lock" ? "lock" : "part", home, pid: Number(pid), started };
}

/**
 * Whether an owner is gone.
 * @param age seconds since its last sign of life, by the clock of the file system.
 */
export function isGone({ home, pid, started }: Owner, age: number): boolean {
  own ??= { home: homeOf(), started: startOf(process.pid) ?? "0" };
  if (home === nowhere || home !== own.home) return age > ABANDONED;
  return startOf(pid) !== started;
}

/** The space in which process numbers mean something, until the machine is started again. */
function homeOf(): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8");
    const space = readlinkSync("/proc/self/ns/pid");
    const told = [boot, space, hostname()].join("\n");
    return createHash("sha256").update(told).digest("hex").slice(0, 8);
  } catch {
    return nowhere;
  }
}

/** When a process began; undefined if there is none of this number. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field is the program's name in brackets, and may hold anything; this is the 22nd.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    // A zombie has ended, whether or not its parent has heard.
    return fields[0] === "Z" ? undefined : Number(fields[19]).toString(36);
  } catch {
    return undefined;
  }
}
