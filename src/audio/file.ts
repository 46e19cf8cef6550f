/** Audio from files and streams: the readers here that know Node. */
import { AudioError, throwIfAborted } from "../errors.ts";
import { type DecodeOptions, decodeAudio } from "./decode.ts";
import { openWithFfmpeg } from "./ffmpeg.ts";
import { fileBytes } from "./fileBytes.ts";
import type { AudioSource } from "./source.ts";
import { isPipe, pipeStream, Spool } from "./spool.ts";
import { UnknownFormat, UnsupportedFormat } from "./streamedSource.ts";

/** How a song is opened. */
export interface OpenOptions extends DecodeOptions {
  /** The song's name in messages; by default the path. */
  readonly name?: string;
}

/**
 * Opens a song, told by its content: WAV (RF64, BW64, Wave64, RIFX), AIFF, FLAC, MP3, Ogg Vorbis, Opus or FLAC; AAC and
 * other formats that are recognised go through an `ffmpeg` on the PATH, if there is one. Pipes are read to their end
 * first, as {@link openAudioStream} does. What nothing here recognises ffmpeg is asked about last.
 *
 * ```ts
 * await using source = await openAudio("song.flac");
 * for await (const [left, right] of source.blocks()) consume(left, right);
 * ```
 * @throws AudioError "not-found", "unreadable" (directories and devices too), what {@link decodeAudio} and
 * {@link openWithFfmpeg} throw; AbortError.
 */
export async function openAudio(
  path: string,
  signal?: AbortSignal,
  options: OpenOptions = {},
): Promise<AudioSource> {
  throwIfAborted(signal);
  const named = { ...options, name: options.name ?? path };
  if (await isPipe(path)) return openAudioStream(await pipeStream(path), { ...named, signal });
  return openFile(path, named, signal);
}

/** How a stream of bytes is opened. */
export interface StreamOptions extends DecodeOptions {
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
    const source = await openFile(spool.path, { ...options, name }, signal);
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
      get notices() {
        return source.notices;
      },
      blocks: (signal) => source.blocks(signal),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await spool.remove();
    throw error;
  }
}

async function openFile(
  path: string,
  options: DecodeOptions & { readonly name: string },
  signal?: AbortSignal,
): Promise<AudioSource> {
  const { name } = options;
  try {
    return await decodeAudio(await fileBytes(path, name), signal, options);
  } catch (error) {
    if (error instanceof UnsupportedFormat) {
      return openWithFfmpeg(path, { ...options, format: error.format }, signal);
    }
    if (!(error instanceof UnknownFormat)) throw error;
    return askFfmpeg(path, name, options, signal);
  }
}

/** Whatever ffmpeg makes of a file that nothing here knows. */
async function askFfmpeg(
  path: string,
  name: string,
  options: DecodeOptions,
  signal: AbortSignal | undefined,
): Promise<AudioSource> {
  try {
    return await openWithFfmpeg(path, { ...options, name }, signal);
  } catch (error) {
    if (!(error instanceof AudioError) || error instanceof UnknownFormat) throw error;
    const isMissing = error.code === "unsupported-audio";
    const doubt = isMissing
      ? ", as far as can be told without ffmpeg, which is not at hand"
      : ", as far as ffmpeg can tell either";
    throw new UnknownFormat(name, doubt);
  }
}
