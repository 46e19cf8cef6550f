/** Audio from files and streams: the readers here that know Node. */
import { throwIfAborted } from "../errors.ts";
import { decodeAudio } from "./decode.ts";
import { openWithFfmpeg } from "./ffmpeg.ts";
import { fileBytes } from "./fileBytes.ts";
import type { AudioSource } from "./source.ts";
import { isPipe, pipeStream, Spool } from "./spool.ts";
import { UnsupportedFormat } from "./streamedSource.ts";

/**
 * Opens a song, told by its content: WAV (RF64, BW64, Wave64, RIFX), AIFF, FLAC, MP3, Ogg Vorbis, Opus or FLAC; AAC and
 * other formats that are recognised go through an `ffmpeg` on the PATH, if there is one. Pipes are read to their end
 * first, as {@link openAudioStream} does.
 *
 * ```ts
 * await using source = await openAudio("song.flac");
 * for await (const [left, right] of source.blocks()) consume(left, right);
 * ```
 * @param name the song's in messages; by default the path.
 * @throws AudioError "not-found", "unreadable" (directories and devices too), what {@link decodeAudio} and
 * {@link openWithFfmpeg} throw; AbortError.
 */
export async function openAudio(
  path: string,
  signal?: AbortSignal,
  name = path,
): Promise<AudioSource> {
  throwIfAborted(signal);
  if (await isPipe(path)) return openAudioStream(await pipeStream(path), { name, signal });
  return openFile(path, name, signal);
}

/** How a stream of bytes is opened. */
export interface StreamOptions {
  /** Names the stream in messages; "the input stream" by default. */
  readonly name?: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a song that comes as a stream of bytes, such as the standard input. Decoders have to jump about in a file, so
 * the stream is copied to a temporary file first, to its end; that is removed when the source is closed at the latest.
 * Memory stays bounded, whatever the length; the folder of temporary files (TMPDIR) needs the room.
 * @throws AudioError as {@link openAudio}, and "unwritable" when the temporary file cannot be written; AbortError.
 */
export async function openAudioStream(
  stream: AsyncIterable<Uint8Array>,
  options: StreamOptions = {},
): Promise<AudioSource> {
  const { name = "the input stream", signal } = options;
  throwIfAborted(signal);
  const spool = await Spool.create(stream, name, signal);
  try {
    const source = await openFile(spool.path, name, signal);
    // What is open already needs no name; so nothing is left even if this process is killed.
    if (source.format.container !== "other" && process.platform !== "win32") await spool.remove();
    const close = async () => {
      try {
        await source.close();
      } finally {
        await spool.remove();
      }
    };
    return {
      format: source.format,
      tags: source.tags,
      blocks: (signal) => source.blocks(signal),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await spool.remove();
    throw error;
  }
}

async function openFile(path: string, name: string, signal?: AbortSignal): Promise<AudioSource> {
  try {
    return await decodeAudio(await fileBytes(path, name), signal);
  } catch (error) {
    if (!(error instanceof UnsupportedFormat)) throw error;
    return openWithFfmpeg(path, { name, format: error.format }, signal);
  }
}
