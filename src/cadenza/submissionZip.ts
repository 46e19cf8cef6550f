/** The archive that a team hands in. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ZipWriter } from "../bytes/zipWriter.ts";
import { ArgumentError, AudioError, DataError, throwIfAborted } from "../errors.ts";
import { PartFile } from "../files/index.ts";
import type { CadenzaSplit, Pair } from "./metadata.ts";
import { fileNames, isComplete, signalsFolder } from "./submission.ts";

/** @throws ArgumentError for a team that cannot name a file, and for a split that nobody hands in. */
export function checkSubmission(team: string, split: CadenzaSplit): void {
  if (split !== "test") {
    throw new ArgumentError(
      `The split ${split} is not handed in.`,
      "Zip the test split: --split test.",
    );
  }
  if (!/^[\w-]{1,64}$/.test(team)) {
    throw new ArgumentError(
      `"${team}" cannot be a team's name in a file's name.`,
      "Use letters, digits, - and _, as in E001.",
    );
  }
}

/**
 * Writes `submission_<team>.zip` in the output folder, with the folder `evaluation` of the test split in it. The FLAC
 * files are stored as they are; the archive appears when it is whole.
 * @param pairs of which everything is there.
 * @returns its path.
 * @throws DataError for a pair whose files are not all there; AudioError and FileError for files that cannot be read or
 * written; AbortError.
 */
export async function writeSubmission(
  out: string,
  team: string,
  pairs: readonly Pair[],
  signal?: AbortSignal,
): Promise<string> {
  const folder = signalsFolder(out, "test");
  const path = join(out, `submission_${team}.zip`);
  const zip = new ZipWriter();
  const file = await PartFile.create(path);
  try {
    for (const { song, listener } of pairs) {
      if (!(await isComplete(folder, listener, song.name))) {
        throw new DataError(
          `${song.name} is not complete for ${listener.name}.`,
          "Enhance all songs and listeners first.",
        );
      }
      for (const name of fileNames(listener, song.name)) {
        throwIfAborted(signal);
        const bytes = await contentOf(join(folder, ...name));
        await file.write(zip.begin(["evaluation", ...name].join("/"), bytes));
        await file.write(bytes);
      }
    }
    await file.write(zip.end());
    await file.close();
    return path;
  } catch (error) {
    await file.abort().catch(() => {});
    throw error;
  }
}

async function contentOf(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new AudioError("unreadable", `${path} cannot be read.`, undefined, { cause });
  }
}
