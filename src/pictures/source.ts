/** What pictures are made of: audio that can be opened, and the part and channels of it that are looked at. */
import { Resampler } from "../audio/resampler.ts";
import type { AudioFormat, AudioSource } from "../audio/source.ts";
import { ArgumentError, AudioError, throwIfAborted } from "../errors.ts";
import { SAMPLE_RATE } from "../transforms/slicqt/index.ts";
import type { TimeRange } from "./columnPowers.ts";

/** Of an {@link AudioSource}, what pictures need. */
export type ReadableAudio = Pick<AudioSource, "blocks" | "close"> & {
  readonly format: Pick<AudioFormat, "sampleRate" | "channels" | "frames">;
};

/** A signal to draw, and the title above its panel. */
export type PictureSource =
  | {
      readonly title: string;
      /** Opens the audio: once, or twice if its headers do not tell how long it is. */
      open(signal?: AbortSignal): Promise<ReadableAudio>;
    }
  | {
      readonly title: string;
      /** One array a channel, equal lengths. */
      readonly channels: readonly Float32Array[];
      /** Hz. */
      readonly sampleRate: number;
    };

/** All values of {@link ChannelName}. */
export const channelNames = ["mean", "left", "right", "mid", "side"] as const;

/**
 * What is looked at: the mean power of all channels, one of them, half the sum or half the difference of the first two.
 * A mono signal is its own left, right and mid; its side is silence.
 */
export type ChannelName = (typeof channelNames)[number];

/** Blocks of the channels to look at, at 44.1 kHz. */
export interface Excerpt {
  /** Time of the first sample, seconds. */
  readonly begin: number;
  readonly channels: number;
  /** May be called once. Its values are not used again. */
  blocks(): AsyncGenerator<readonly Float32Array[]>;
}

export interface ExcerptOptions extends TimeRange {
  readonly channel: ChannelName;
  /** Seconds that are read before and after the range, where there are any. */
  readonly margin: number;
  readonly signal?: AbortSignal | undefined;
  /** Hears the time, in seconds, up to which the source has been read. */
  readonly heard?: (seconds: number) => void;
}

/** Samples of a block in memory. */
const BLOCK = 1 << 16;

/** A source whose length is known. It stays open, so that even a pipe can be one. */
export class ReadySource implements AsyncDisposable {
  readonly title: string;
  /** Length of the audio. */
  readonly seconds: number;
  readonly #source: PictureSource;
  #opened: ReadableAudio | undefined;

  private constructor(source: PictureSource, seconds: number, opened: ReadableAudio | undefined) {
    this.title = source.title;
    this.seconds = seconds;
    this.#source = source;
    this.#opened = opened;
  }

  /** Opens a source, and reads it to its end if its headers do not tell its length. @throws {AudioError} */
  static async open(source: PictureSource, signal?: AbortSignal): Promise<ReadySource> {
    const opened = await openSource(source, signal);
    const { frames, sampleRate } = opened.format;
    if (frames !== undefined) return new ReadySource(source, frames / sampleRate, opened);
    try {
      let counted = 0;
      for await (const block of opened.blocks(signal)) counted += block[0].length;
      return new ReadySource(source, counted / sampleRate, undefined);
    } finally {
      await opened.close();
    }
  }

  /**
   * Part of the audio; may be asked for once.
   *
   * @throws {AudioError} "non-finite-samples", and what the source throws, while blocks are read.
   */
  async excerpt(options: ExcerptOptions): Promise<Excerpt> {
    const { start, duration, margin, channel, signal, heard } = options;
    const opened = this.#opened ?? (await openSource(this.#source, signal));
    this.#opened = opened;
    const { title } = this;
    const { sampleRate } = opened.format;
    const first = Math.max(0, Math.floor((start - margin) * sampleRate));
    const end = Math.ceil((start + duration + margin) * sampleRate);
    const channels = channel === "mean" ? opened.format.channels : 1;
    const resampler = new Resampler(sampleRate, SAMPLE_RATE, channels);
    async function* blocks() {
      let position = 0;
      for await (const block of opened.blocks(signal)) {
        throwIfAborted(signal);
        const [from, to] = [Math.max(0, first - position), Math.max(0, end - position)];
        const part = block.map((samples) => samples.subarray(from, to));
        checkFinite(part, title, position + from, sampleRate);
        position += block[0].length;
        if (part[0].length > 0) yield resampler.push(chosen(part, channel));
        heard?.(position / sampleRate);
        if (position >= end) break;
      }
      yield resampler.flush();
    }
    return { begin: first / sampleRate, channels, blocks };
  }

  /** Releases the file; harmless to repeat. */
  async close(): Promise<void> {
    await this.#opened?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

async function openSource(source: PictureSource, signal?: AbortSignal): Promise<ReadableAudio> {
  if ("open" in source) return source.open(signal);
  const { title, channels, sampleRate } = source;
  const frames = channels[0]?.length ?? 0;
  if (frames === 0) {
    throw new AudioError("empty-audio", `${title} holds no samples.`, "Give at least one.");
  }
  if (channels.some(({ length }) => length !== frames)) {
    throw new ArgumentError(`The channels of ${title} have different lengths.`);
  }
  async function* blocks() {
    for (let at = 0; at < frames; at += BLOCK) {
      yield channels.map((samples) => samples.subarray(at, at + BLOCK));
    }
  }
  const format = { sampleRate, channels: channels.length, frames };
  return { format, blocks, close: async () => {} };
}

function chosen(block: readonly Float32Array[], channel: ChannelName): readonly Float32Array[] {
  const left = block[0];
  const right = block[1] ?? left;
  switch (channel) {
    case "mean":
      return block;
    case "left":
      return [left];
    case "right":
      return [right];
    case "mid":
      return [left.map((v, i) => (v + right[i]) / 2)];
    case "side":
      return [left.map((v, i) => (v - right[i]) / 2)];
  }
}

function checkFinite(
  block: readonly Float32Array[],
  title: string,
  position: number,
  sampleRate: number,
): void {
  for (const samples of block) {
    const at = samples.findIndex((v) => !Number.isFinite(v));
    if (at < 0) continue;
    const seconds = ((position + at) / sampleRate).toFixed(3);
    throw new AudioError(
      "non-finite-samples",
      `${title}: sample ${position + at} (at ${seconds} s) is ${samples[at]}.`,
      "Repair the recording: every sample must be a finite number.",
    );
  }
}
