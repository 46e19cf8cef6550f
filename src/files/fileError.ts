/** What the file system refuses, in words, and with a next step. */
import { FileError, XumxError } from "../errors.ts";

/** Per code of the system: what is the matter, and what to do. */
const reasons: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  ENOSPC: ["the disk is full", "Make room, or choose a folder on another disk."],
  EDQUOT: ["the quota of this disk is used up", "Make room, or choose a folder on another disk."],
  EFBIG: [
    "the file would be too large",
    "Raise the limit (ulimit -f), or use another file system.",
  ],
  EACCES: ["permission denied", "Check the permissions of the folder, or choose another one."],
  EPERM: ["permission denied", "Check the permissions of the folder, or choose another one."],
  EROFS: ["the file system is read-only", "Choose another folder."],
  EMFILE: ["too many files are open", "Raise the limit (ulimit -n), or do less at once."],
  ENFILE: ["too many files are open on this machine", "Close other programs."],
  ENAMETOOLONG: ["the name is too long", "Choose a shorter one."],
  ENOENT: ["a folder on the way to it does not exist", "Check the path."],
  ENOTDIR: ["a file stands where a folder should be", "Choose another path."],
  EISDIR: ["it is a folder", "Choose another path."],
  EIO: ["the disk has failed", "Check the disk, or choose a folder on another one."],
};
const otherwise = "Check the permissions of the folder and the room on the disk.";

/** A failure to write, for people; errors of ours stay as they are. */
export function unwritable(path: string, cause: unknown): XumxError {
  if (cause instanceof XumxError) return cause;
  const system = systemCode(cause);
  const [reason, hint] = (system && reasons[system]) || [
    cause instanceof Error ? cause.message : String(cause),
    otherwise,
  ];
  const told = system && !reason.includes(system) ? `${reason} (${system})` : reason;
  return new FileError("unwritable", `${path} cannot be written: ${told}.`, hint, { cause });
}

/** The system's code of an error, such as "ENOENT"; undefined if it has none. */
export function systemCode(error: unknown): string | undefined {
  if (error instanceof XumxError || !(error instanceof Error && "code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
