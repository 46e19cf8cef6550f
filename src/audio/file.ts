/** Audio from files; the only reader here that knows Node. */
import { constants, type FileHandle, open } from "node:fs/promises";
import { AudioError, throwIfAborted } from "../errors.ts";
import type { ByteSource } from "./bytes.ts";
import { decodeAudio } from "./decode.ts";
import type { AudioSource } from "./source.ts";

/**
 * Opens a WAV, FLAC or MP3 file, told by its content.
 *
 * ```ts
 * await using source = await openAudio("song.flac");
 * for await (const [left, right] of source.blocks()) consume(left, right);
 * ```
 * @throws AudioError "not-found", "unreadable" (directories and devices too), and what {@link decodeAudio} throws.
 */
export async function openAudio(path: string, signal?: AbortSignal): Promise<AudioSource> {
  throwIfAborted(signal);
  return decodeAudio(await fileBytes(path), signal);
}

/** A file as a {@link ByteSource}. */
export async function fileBytes(path: string): Promise<ByteSource> {
  const handle = await openHandle(path);
  try {
    const { size } = await handle.stat();
    return {
      name: path,
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
          throw unreadable(path, cause);
        }
        return done;
      },
      close: () => handle.close(),
    };
  } catch (cause) {
    await handle.close();
    throw unreadable(path, cause);
  }
}

async function openHandle(path: string): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    // Without O_NONBLOCK the opening of a pipe would wait for its writer.
    handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    throw unreadable(path, cause);
  }
  const stats = await handle.stat();
  if (stats.isFile()) return handle;
  await handle.close();
  throw new AudioError(
    "unreadable",
    `${path} is ${stats.isDirectory() ? "a folder" : "not a regular file"}.`,
    "Give the path of an audio file.",
  );
}

/** What the system said, as an AudioError. */
function unreadable(path: string, cause: unknown): AudioError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new AudioError("not-found", `${path} does not exist.`, "Check the path.", { cause });
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AudioError(
    "unreadable",
    `${path} cannot be read: ${reason}`,
    code === "EACCES" || code === "EPERM" ? "Check the file's permissions." : undefined,
    { cause },
  );
}
