/** Audio by way of an `ffmpeg` on the PATH: for formats that nothing here decodes, and only if it is there. */
import { AbortError, AudioError, throwIfAborted } from "../errors.ts";
import { viewOf, wordAt } from "./chunks.ts";
import { type FfmpegEnd, type FfmpegJob, FfmpegProcess } from "./ffmpegProcess.ts";
import { fileBytes } from "./fileBytes.ts";
import { pcmBytes, planar } from "./pcm.ts";
import type { AudioFormat, AudioSource } from "./source.ts";
import { corruptAudio, StreamedSource } from "./streamedSource.ts";
import { readInfo } from "./tags/chunkTags.ts";
import { readMp4Tags } from "./tags/mp4.ts";
import { type AudioTags, mergedTags, triedTags } from "./tags.ts";
import { readWavFormat, type WavFormat } from "./wavHeader.ts";

export interface FfmpegOptions {
  /** Number of the audio stream within the file, from 0 (the default). */
  readonly stream?: number;
  /** Convert to this rate, Hz, and so many channels; by default they are the file's own. */
  readonly sampleRate?: number;
  readonly channels?: number;
  /** Names the file in messages; by default its path. */
  readonly name?: string;
  /** What the file is, for messages: "an AC-3 file". */
  readonly format?: string;
}

/** More of a chunk of the header is not kept. */
const MAX_INFO_BYTES = 1 << 22;

/**
 * Decodes one audio stream of a file with ffmpeg, as it comes: nothing is stored. The samples are float32, aligned as
 * ffmpeg aligns them: delays and edit lists of MP4 are heeded. The process lives until the source is closed.
 * @throws AudioError "unsupported-audio" when there is no ffmpeg; "not-audio", "corrupt-audio" with ffmpeg's complaint
 * (from the blocks too); AbortError.
 */
export async function openWithFfmpeg(
  path: string,
  options: FfmpegOptions = {},
  signal?: AbortSignal,
): Promise<AudioSource> {
  throwIfAborted(signal);
  const name = options.name ?? path;
  const { stream = 0, sampleRate, channels } = options;
  const job: FfmpegJob = { path, stream, sampleRate, channels };
  const process = start(job, name, options.format);
  const stop = () => process.kill();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const header = await readHeader(process, name);
    if (signal?.aborted) throw new AbortError(signal.reason);
    if (!header) throw failure(name, options.format, await process.ended, process);
    const tags = mergedTags(await mp4Tags(path), header.tags);
    // What was said about the file before its samples came has been heard by now.
    await new Promise((heard) => setImmediate(heard));
    const { seconds, codec = "decoded by ffmpeg" } = process;
    const format: AudioFormat = {
      container: "other",
      ...header.format,
      frames: undefined,
      ...(seconds && { approximateFrames: Math.round(seconds * header.format.sampleRate) }),
      sampleFormat: codec,
    };
    const bytes = { name, close: () => process.close() };
    return new StreamedSource(format, tags, bytes, (signal) =>
      decode(process, name, header.format, signal),
    );
  } catch (error) {
    await process.close();
    if (signal?.aborted) throw new AbortError(signal.reason);
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

function start(job: FfmpegJob, name: string, format: string | undefined): FfmpegProcess {
  try {
    return new FfmpegProcess(job);
  } catch (cause) {
    throw notStarted(name, format, `ffmpeg cannot be started: ${cause}`, cause);
  }
}

interface StreamHeader {
  readonly format: WavFormat;
  readonly tags: AudioTags;
}

/** Reads the WAV header up to the samples; undefined if none comes. */
async function readHeader(process: FfmpegProcess, name: string): Promise<StreamHeader | undefined> {
  let format: WavFormat | undefined;
  let tags: AudioTags = {};
  await process.read(12);
  for (;;) {
    const head = await process.read(8);
    if (head.length < 8) return undefined;
    const id = wordAt(head, 0);
    const length = viewOf(head).getUint32(4, true);
    if (id === "data") break;
    const content = await process.read(length + (length % 2));
    if (id === "fmt ") format = readWavFormat(content, name);
    else if (id === "LIST")
      tags = await triedTags(() => readInfo(content.subarray(0, MAX_INFO_BYTES)), tags);
  }
  return format && { format, tags };
}

async function mp4Tags(path: string): Promise<AudioTags> {
  return triedTags(async () => {
    const bytes = await fileBytes(path);
    try {
      return await readMp4Tags(bytes);
    } finally {
      await bytes.close();
    }
  }, {});
}

async function* decode(
  process: FfmpegProcess,
  name: string,
  { channels, sampleFormat }: WavFormat,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Float32Array[], void, void> {
  const frameBytes = channels * pcmBytes[sampleFormat];
  const stop = () => process.kill();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    throwIfAborted(signal);
    let rest = new Uint8Array(0);
    for (let chunk = await process.chunk(); chunk; chunk = await process.chunk()) {
      throwIfAborted(signal);
      const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
      const whole = bytes.length - (bytes.length % frameBytes);
      rest = bytes.slice(whole);
      if (whole > 0) yield planar(bytes.subarray(0, whole), sampleFormat, channels);
    }
    const end = await process.ended;
    throwIfAborted(signal);
    if (end !== 0 || process.damaged || rest.length > 0) {
      throw failure(name, undefined, end, process);
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    stop();
  }
}

function failure(
  name: string,
  format: string | undefined,
  end: FfmpegEnd,
  { complaint = "nothing" }: FfmpegProcess,
): AudioError {
  if (end instanceof Error) {
    const missing = "code" in end && end.code === "ENOENT";
    const what = missing ? "ffmpeg is not installed" : `ffmpeg cannot be started: ${end.message}`;
    return notStarted(name, format, what, end);
  }
  if (/decoder .*not found/i.test(complaint)) {
    return new AudioError(
      "unsupported-audio",
      `${name} is ${format ?? "a file"} that ffmpeg does not know either: ${complaint}.`,
      "Convert it to WAV or FLAC.",
    );
  }
  if (/matches no streams/.test(complaint)) {
    return new AudioError(
      "not-audio",
      `${name} holds no sound.`,
      "Give a file with an audio track.",
    );
  }
  return corruptAudio(name, `ffmpeg says "${complaint}" (code ${end}).`);
}

function notStarted(
  name: string,
  format: string | undefined,
  what: string,
  cause: unknown,
): AudioError {
  return new AudioError(
    "unsupported-audio",
    `${name} is ${format ?? "a file"} that only ffmpeg can decode, and ${what}.`,
    "Install ffmpeg (https://ffmpeg.org) and make sure that it is on the PATH, or convert the file to WAV or FLAC.",
    { cause },
  );
}
