/** Samples that come through a pipe at their own pace: raw PCM, or a WAV file of no known length. */
import { AudioError } from "../errors.ts";
import { viewOf, wordAt } from "./chunks.ts";
import { NoticeLog } from "./notices.ts";
import { type PcmFormat, pcmBytes, planar } from "./pcm.ts";
import { corruptAudio } from "./streamedSource.ts";
import { readWavFormat } from "./wavHeader.ts";

/** How samples lie in a pipe: frame by frame, little-endian. */
export interface PipeFormat {
  /** Hz. */
  readonly sampleRate: number;
  readonly channels: number;
  readonly sampleFormat: PcmFormat;
}

/** What came through a pipe. */
export interface PcmPipe extends PipeFormat {
  readonly container: "wav" | "raw";
  /** The samples, in blocks as they came: one array for each channel. To be read once. */
  blocks(): AsyncGenerator<Float32Array[]>;
}

/** A WAV file's head is no longer than this. */
const LONGEST_HEAD = 1 << 20;
/** Sizes from here on are what programs write that do not know the length. */
const ENDLESS = 0x7ffff000;

/**
 * Begins to read a pipe: waits for a WAV file's head, or for enough to see that there is none.
 *
 * @param bytes the pipe's chunks, of any sizes
 * @param raw how the samples lie if it is no WAV file
 * @param name for messages
 * @throws {AudioError} "corrupt-audio", "unsupported-audio" for a WAV file's head; what the pipe throws
 */
export async function readPcmPipe(
  bytes: AsyncIterable<Uint8Array>,
  raw: PipeFormat,
  name: string,
): Promise<PcmPipe> {
  const chunks = bytes[Symbol.asyncIterator]();
  let held = new Uint8Array(0);
  const more = async (): Promise<boolean> => {
    const next = await chunks.next();
    if (next.done) return false;
    const joined = new Uint8Array(held.length + next.value.length);
    joined.set(held);
    joined.set(next.value, held.length);
    held = joined;
    return true;
  };
  while (held.length < 12 && (await more()));
  const isWav =
    held.length >= 12 && ["RIFF", "RF64"].includes(wordAt(held, 0)) && wordAt(held, 8) === "WAVE";
  let head = isWav
    ? headOf(held, name)
    : { format: raw, begin: 0, length: Number.POSITIVE_INFINITY };
  while (head === undefined) {
    if (held.length > LONGEST_HEAD || !(await more())) {
      throw corruptAudio(name, "its samples do not begin.");
    }
    head = headOf(held, name);
  }
  const { format, begin, length } = head;
  const rest = held.subarray(begin);
  return {
    ...format,
    container: isWav ? "wav" : "raw",
    blocks: () => blocksOf(rest, chunks, format, length),
  };
}

interface Head {
  readonly format: PipeFormat;
  /** Where the samples begin, and how many bytes they are. */
  readonly begin: number;
  readonly length: number;
}

/** The head of a WAV file, once it is there in full. */
function headOf(bytes: Uint8Array, name: string): Head | undefined {
  const view = viewOf(bytes);
  let format: PipeFormat | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const id = wordAt(bytes, at);
    const size = view.getUint32(at + 4, true);
    if (id === "data") {
      if (!format) throw corruptAudio(name, "the format of its samples (fmt chunk) is missing.");
      const isKnown = size > 0 && size < ENDLESS;
      return { format, begin: at + 8, length: isKnown ? size : Number.POSITIVE_INFINITY };
    }
    const end = at + 8 + size + (size % 2);
    if (id === "fmt ") {
      if (end > bytes.length) return undefined;
      format = readWavFormat(bytes.subarray(at + 8, at + 8 + size), new NoticeLog(name));
    }
    at = end;
  }
  return undefined;
}

/** Whole frames of what comes, in blocks. Bytes of a frame that is not whole wait for the next chunk. */
async function* blocksOf(
  first: Uint8Array,
  chunks: AsyncIterator<Uint8Array>,
  { channels, sampleFormat }: PipeFormat,
  length: number,
): AsyncGenerator<Float32Array[]> {
  const frame = channels * pcmBytes[sampleFormat];
  let left = length;
  let rest = first;
  try {
    for (;;) {
      const usable = Math.min(left, rest.length);
      const whole = usable - (usable % frame);
      if (whole > 0) yield planar(rest.subarray(0, whole), sampleFormat, channels);
      left -= whole;
      if (left < frame) return;
      const next = await chunks.next();
      if (next.done) return;
      rest = joined(rest.subarray(whole), next.value);
    }
  } finally {
    await chunks.return?.();
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** @throws {AudioError} "unsupported-audio" for more than two channels */
export function checkStereo({ channels }: PipeFormat, name: string): 1 | 2 {
  if (channels === 1 || channels === 2) return channels;
  throw new AudioError(
    "unsupported-audio",
    `${name} has ${channels} channels; live separation takes one or two.`,
    "Mix it down before: sox … -c 2, or ffmpeg … -ac 2.",
  );
}
