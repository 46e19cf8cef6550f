/** Audio by way of an `ffmpeg` on the PATH: for formats that nothing here decodes, and only if it is there. */
import { AbortError, AudioError, throwIfAborted } from "../errors.ts";
import { viewOf, wordAt } from "./chunks.ts";
import type { DecodeOptions } from "./decode.ts";
import { type FfmpegTrack, probeWithFfmpeg, startOfTrack } from "./ffmpegProbe.ts";
import { type FfmpegEnd, type FfmpegJob, FfmpegProcess } from "./ffmpegProcess.ts";
import { fileBytes } from "./fileBytes.ts";
import { type AudioTrack, NoticeLog } from "./notices.ts";
import { pcmBytes, planar } from "./pcm.ts";
import type { AudioFormat, AudioSource } from "./source.ts";
import { corruptAudio, StreamedSource, UnknownFormat } from "./streamedSource.ts";
import { readInfo } from "./tags/chunkTags.ts";
import { readMp4Tags } from "./tags/mp4.ts";
import { type AudioTags, mergedTags, triedTags } from "./tags.ts";
import { chosenTrack } from "./tracks.ts";
import { readWavFormat, type WavFormat } from "./wavHeader.ts";

export interface FfmpegOptions extends DecodeOptions {
  /** Number of the audio stream within the file, from 0; then nothing is chosen, and no `audioTrack` heeded. */
  readonly stream?: number;
  /** Convert to this rate, Hz, and so many channels; by default they are the file's own. */
  readonly sampleRate?: number;
  readonly channels?: number;
  /** Names the file in messages; by default its path. */
  readonly name?: string;
  /** What the file is, for messages: "an AC-3 file". */
  readonly format?: string | undefined;
}

/** Rate to which DSD is decoded, whose own is 64 times that of a CD and more, Hz. */
const DSD_RATE = 88200;
/**
 * Trouble is about a cut end if no more sound follows than this, seconds, or so many frames; else it is about a hole.
 * Programs of several threads are some frames ahead with their complaints.
 */
const [END_SECONDS, END_FRAMES] = [0.35, 3];
/** Complaints within so many seconds are about one hole. */
const HOLE_SECONDS = 1;
/** Later sound than this is told, seconds. */
const LATE = 0.05;
/** Longer pauses than this are told, seconds. */
const PAUSE = 0.1;
/** More of a chunk of the header is not kept. */
const MAX_INFO_BYTES = 1 << 22;

/**
 * Decodes one audio stream of a file with ffmpeg, as it comes: nothing is stored. The samples are float32, aligned as
 * ffmpeg aligns them: delays and edit lists of MP4 are heeded. Of several tracks the file's default is read, unless one
 * is wanted; that, and sound that begins late in a film, is told. The process lives until the source is closed.
 * @throws AudioError "unsupported-audio" when there is no ffmpeg; "not-audio", "corrupt-audio" with ffmpeg's complaint
 * (from the blocks too); ArgumentError for a track that is not there; AbortError.
 */
export async function openWithFfmpeg(
  path: string,
  options: FfmpegOptions = {},
  signal?: AbortSignal,
): Promise<AudioSource> {
  throwIfAborted(signal);
  const name = options.name ?? path;
  const log = new NoticeLog(name, options.tolerance);
  const { sampleRate, channels } = options;
  const chosen =
    options.stream === undefined ? await chooseStream(path, name, options, log, signal) : options;
  const job: FfmpegJob = {
    ...{ path, stream: chosen.stream ?? 0, channels },
    sampleRate: sampleRate ?? chosen.sampleRate,
    fillHoles: log.tolerance === "holes",
  };
  const process = start(job, name, options.format);
  const stop = () => process.kill();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const header = await readHeader(process, log);
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
    return new StreamedSource(format, tags, bytes, log, (signal) =>
      decode(process, log, header.format, signal),
    );
  } catch (error) {
    await process.close();
    if (signal?.aborted) throw new AbortError(signal.reason);
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

/** Which stream is read, and at what rate, if not at its own. */
async function chooseStream(
  path: string,
  name: string,
  { format, audioTrack }: FfmpegOptions,
  log: NoticeLog,
  signal: AbortSignal | undefined,
): Promise<{ readonly stream: number; readonly sampleRate?: number }> {
  const probe = await probeWithFfmpeg(path, signal);
  throwIfAborted(signal);
  const { tracks, end, complaint } = probe;
  if (end instanceof Error) throw failure(name, format, end, { complaint });
  // What nobody knows by its first bytes, and ffmpeg only guesses at, is anything.
  if (format === undefined && (tracks.length === 0 || probe.isGuess)) {
    throw new UnknownFormat(name, ", as far as ffmpeg can tell either");
  }
  if (tracks.length === 0) return { stream: 0 };
  const { number } = chosenTrack(tracks.map(withoutCodec), audioTrack, log);
  if (probe.hasVideo || tracks.length > 1) {
    const seconds = await startOfTrack(path, number, signal);
    throwIfAborted(signal);
    if (seconds > LATE) log.add({ kind: "starts-late", seconds });
  }
  const isDsd = tracks[number - 1]?.codec.startsWith("dsd");
  return { stream: number - 1, ...(isDsd && { sampleRate: DSD_RATE }) };
}

function withoutCodec({ codec: _, ...track }: FfmpegTrack): AudioTrack {
  return track;
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
async function readHeader(
  process: FfmpegProcess,
  log: NoticeLog,
): Promise<StreamHeader | undefined> {
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
    if (id === "fmt ") format = readWavFormat(content, log);
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
  log: NoticeLog,
  { channels, sampleFormat, sampleRate }: WavFormat,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Float32Array[], void, void> {
  const frameBytes = channels * pcmBytes[sampleFormat];
  const stop = () => process.kill();
  signal?.addEventListener("abort", stop, { once: true });
  let frames = 0;
  try {
    throwIfAborted(signal);
    let rest = new Uint8Array(0);
    for (let chunk = await process.chunk(); chunk; chunk = await process.chunk()) {
      throwIfAborted(signal);
      tellHoles(process, log);
      const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
      const whole = bytes.length - (bytes.length % frameBytes);
      rest = bytes.slice(whole);
      frames += whole / frameBytes;
      if (whole > 0) yield planar(bytes.subarray(0, whole), sampleFormat, channels);
    }
    const end = await process.ended;
    throwIfAborted(signal);
    tellHoles(process, log);
    tellPauses(process, log, Number.POSITIVE_INFINITY);
    const [complaint] = process.complaints;
    if (end !== 0 || rest.length > 0) throw failure(log.name, undefined, end, process);
    if (!complaint) return;
    const reason = `ffmpeg says "${complaint.text}"`;
    log.add({ kind: "cut-short", seconds: frames / sampleRate, reason });
  } finally {
    signal?.removeEventListener("abort", stop);
    stop();
  }
}

/** Complaints after which more than an end has come, or a jump, are about holes. */
function tellHoles(process: FfmpegProcess, log: NoticeLog): void {
  const { complaints, jumps, decoded, longest } = process;
  const endSeconds = Math.max(END_SECONDS, END_FRAMES * longest);
  for (;;) {
    const [first] = complaints;
    if (!first) return;
    const { text, seconds } = first;
    const isHole = decoded - seconds > endSeconds || jumps.some((jump) => jump.seconds >= seconds);
    if (!isHole) return;
    tellPauses(process, log, seconds);
    const other = complaints.findIndex((next) => next.seconds - seconds > HOLE_SECONDS);
    const group = complaints.splice(0, other < 0 ? complaints.length : other);
    const until = (group.at(-1) ?? first).seconds + endSeconds;
    const own = jumps.findIndex((jump) => jump.seconds > until);
    const missing = jumps
      .splice(0, own < 0 ? jumps.length : own)
      .reduce((sum, { length }) => sum + length, 0);
    const silence = log.tolerance === "holes" ? missing : 0;
    log.add({ kind: "hole", seconds, silence, reason: `ffmpeg says "${text}"` });
  }
}

/** Jumps of the time stamps without a complaint before them are no damage. */
function tellPauses({ jumps }: FfmpegProcess, log: NoticeLog, before: number): void {
  const other = jumps.findIndex(({ seconds }) => seconds >= before);
  for (const { seconds, length } of jumps.splice(0, other < 0 ? jumps.length : other)) {
    if (length < PAUSE) continue;
    const silence = log.tolerance === "holes" ? length : 0;
    log.add({ kind: "pause", seconds, length, silence });
  }
}

function failure(
  name: string,
  format: string | undefined,
  end: FfmpegEnd,
  { complaint, complaints = [] }: Partial<Pick<FfmpegProcess, "complaint" | "complaints">>,
): AudioError {
  const said = complaints[0]?.text ?? complaint ?? "nothing";
  if (end instanceof Error) {
    const missing = "code" in end && end.code === "ENOENT";
    const what = missing ? "ffmpeg is not installed" : `ffmpeg cannot be started: ${end.message}`;
    return notStarted(name, format, what, end);
  }
  if (/decoder .*not found/i.test(said)) {
    return new AudioError(
      "unsupported-audio",
      `${name} is ${format ?? "a file"} that ffmpeg does not know either: ${said}.`,
      "Convert it to WAV or FLAC.",
    );
  }
  if (/matches no streams/.test(said)) {
    return new AudioError(
      "not-audio",
      `${name} holds no sound.`,
      "Give a file with an audio track.",
    );
  }
  return corruptAudio(name, `ffmpeg says "${said}" (code ${end}).`);
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
