/** Where a file that is to be written really goes. */
import { realpath, stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { FileError } from "../errors.ts";
import { systemCode } from "./fileError.ts";

/**
 * The path itself or, of a link, its end.
 *
 * @param within if given, a folder that the end must lie in, links resolved.
 * @throws {FileError} "unwritable" if something is there that is no regular file, or the end lies outside of `within`;
 * system errors.
 */
export async function replaceable(path: string, within?: string): Promise<string> {
  const there = await stat(path).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  });
  if (there && !there.isFile()) {
    const kind = there.isDirectory() ? "is a folder" : "is not a regular file";
    throw new FileError("unwritable", `${path} ${kind}.`, "Choose another output path.");
  }
  const end = there ? await realpath(path) : path;
  if (within !== undefined && !isWithin(await realEnd(end), await realEnd(within))) {
    throw new FileError(
      "unwritable",
      `${path} leads out of ${within}, to ${end === path ? await realEnd(path) : end}.`,
      "Remove the link, or choose another output folder.",
    );
  }
  return end;
}

/** The path with the links in all folders that exist resolved. */
async function realEnd(path: string): Promise<string> {
  const whole = resolve(path);
  try {
    return await realpath(whole);
  } catch (error) {
    const around = dirname(whole);
    if (systemCode(error) !== "ENOENT" || around === whole) throw error;
    return join(await realEnd(around), relative(around, whole));
  }
}

function isWithin(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
