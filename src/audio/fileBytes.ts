/** A file as bytes at random access. */
import { constants, type FileHandle, open } from "node:fs/promises";
import { AudioError } from "../errors.ts";
import type { ByteSource } from "./bytes.ts";

/**
 * Opens a regular file.
 * @param name names it in messages.
 * @throws AudioError "not-found"; "unreadable" (directories and devices too).
 */
export async function fileBytes(path: string, name = path): Promise<ByteSource> {
  const handle = await openHandle(path, name);
  try {
    const { size } = await handle.stat();
    return {
      name,
      size,
      async read(position, target) {
        let done = 0;
        try {
          while (done < target.length) {
            const { bytesRead } = await handle.read(
              target,
              done,
              target.length - done,
              position + done,
            );
            if (bytesRead === 0) break;
            done += bytesRead;
          }
        } catch (cause) {
          throw unreadable(name, cause);
        }
        return done;
      },
      close: () => handle.close(),
    };
  } catch (cause) {
    await handle.close();
    throw unreadable(name, cause);
  }
}

async function openHandle(path: string, name: string): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    // Without O_NONBLOCK the opening of a pipe would wait for its writer.
    handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    throw unreadable(name, cause);
  }
  const stats = await handle.stat();
  if (stats.isFile()) return handle;
  await handle.close();
  throw new AudioError(
    "unreadable",
    `${name} is ${stats.isDirectory() ? "a folder" : "not a regular file"}.`,
    "Give the path of an audio file.",
  );
}

/** What the system said, as an AudioError. */
export function unreadable(name: string, cause: unknown): AudioError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new AudioError("not-found", `${name} does not exist.`, "Check the path.", { cause });
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AudioError(
    "unreadable",
    `${name} cannot be read: ${reason}`,
    code === "EACCES" || code === "EPERM" ? "Check the file's permissions." : undefined,
    { cause },
  );
}
