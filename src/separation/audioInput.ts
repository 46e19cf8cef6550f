/** What callers give to be separated: arrays in several wrappings, checked, and read as channels of one rate. */
import { checkFlag, checkInteger, shown } from "../arguments.ts";
import { mixDown, stereoDownmix } from "../audio/downmix.ts";
import { MAX_CHANNELS, MAX_SAMPLE_RATE } from "../audio/source.ts";
import { waveLayout } from "../audio/speakers.ts";
import { ArgumentError } from "../errors.ts";
import { SAMPLE_RATE } from "../transforms/slicqt/index.ts";

/** One array of samples per channel, equally long, nominally within ±1. */
export type Channels = readonly Float32Array[];

/** Channels and their sample rate. */
export interface PlanarAudio {
  readonly channels: Channels;
  /** Hz, a whole number of 1000 to 768000. */
  readonly sampleRate: number;
}

/** What there is of a Web Audio AudioBuffer in any program. */
export interface AudioBufferLike {
  readonly sampleRate: number;
  readonly numberOfChannels: number;
  /** Samples per channel. */
  readonly length: number;
  getChannelData(channel: number): Float32Array;
}

/**
 * Audio in memory, or a block of it: channels alone (at the option `sampleRate`, 44.1 kHz by default), channels with their
 * rate, or an AudioBuffer.
 */
export type AudioInput = Channels | PlanarAudio | AudioBufferLike;

/** Audio that comes block by block: any iterable, sync or async, or a ReadableStream. */
export type AudioBlocks<Block extends AudioInput = AudioInput> =
  | AsyncIterable<Block>
  | Iterable<Block>
  | ReadableStream<Block>;

/** How audio is to be understood. */
export interface InputOptions {
  /** Hz of channels that do not say it themselves, a whole number of 1000 to 768000; 44100 by default. */
  readonly sampleRate?: number;
  /**
   * Mix more than two channels down to stereo, as ITU-R BS.775 does, in the usual order of speakers of that many channels
   * (FL FR FC LFE BL BR). By default they are refused.
   */
  readonly downmix?: boolean;
}

const LEAST_SAMPLE_RATE = 1000;

/** @throws {ArgumentError} for a rate out of range, or another kind of value */
export function checkInputOptions({ sampleRate, downmix }: InputOptions): void {
  if (sampleRate !== undefined) checkRate("sampleRate", sampleRate);
  checkFlag("downmix", downmix);
}

/**
 * The blocks as they come, one after the other.
 * @throws {ArgumentError} for what gives no blocks.
 */
export function iterated<Block extends AudioInput>(
  blocks: AudioBlocks<Block>,
): AsyncIterable<Block> | Iterable<Block> {
  if (isObject(blocks)) {
    // Streams of some browsers are not iterable.
    if ("getReader" in blocks && !(Symbol.asyncIterator in blocks)) return readOut(blocks);
    if (Symbol.asyncIterator in blocks || Symbol.iterator in blocks) return blocks;
  }
  throw new ArgumentError(
    `blocks must be an iterable of blocks or a ReadableStream, not ${shown(blocks)}.`,
    hintFor(blocks),
  );
}

/** Leaving it cancels the stream at once, also one that owes an answer. */
function readOut<Block>(stream: ReadableStream<Block>): AsyncIterable<Block> {
  return {
    [Symbol.asyncIterator]() {
      const reader = stream.getReader();
      return {
        async next(): Promise<IteratorResult<Block, undefined>> {
          const { done, value } = await reader.read();
          return done ? { done, value: undefined } : { done, value };
        },
        async return(): Promise<IteratorResult<Block, undefined>> {
          await reader.cancel();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

/** One or two channels of a known rate. */
export interface CheckedAudio {
  readonly channels: readonly [Float32Array] | readonly [Float32Array, Float32Array];
  readonly sampleRate: number;
}

/**
 * Looks into audio. What comes out are the caller's own arrays, unless they were mixed down.
 *
 * @param name what messages call the audio.
 * @throws {ArgumentError} for another kind of thing, other arrays than of float32, detached ones, channels of unequal
 * length, none or too many, a rate out of range or other than the options' one.
 */
export function checkAudio(audio: unknown, options: InputOptions, name: string): CheckedAudio {
  const { channels, sampleRate = options.sampleRate ?? SAMPLE_RATE } = unwrapped(audio, name);
  if (options.sampleRate !== undefined && sampleRate !== options.sampleRate) {
    throw new ArgumentError(
      `${name} has ${sampleRate} Hz, and sampleRate says ${options.sampleRate} Hz.`,
      "Leave the option out, or convert the rate first.",
    );
  }
  checkChannels(channels, name);
  const [first, second] = channels;
  if (channels.length === 1) return { channels: [first], sampleRate };
  if (channels.length === 2) return { channels: [first, second], sampleRate };
  if (!options.downmix) {
    throw new ArgumentError(
      `${name} has ${channels.length} channels; there may be one or two.`,
      "Give { downmix: true } to have them mixed down to stereo.",
    );
  }
  const layout = { channels: channels.length, ...waveLayout(channels.length) };
  return { channels: mixDown(channels, stereoDownmix(layout)), sampleRate };
}

/** The channels within a wrapping, of which nothing is known but their number. */
function unwrapped(
  audio: unknown,
  name: string,
): { readonly channels: readonly unknown[]; readonly sampleRate?: number } {
  if (Array.isArray(audio)) return { channels: audio };
  if (isObject(audio)) {
    if ("getChannelData" in audio && typeof audio.getChannelData === "function") {
      return fromAudioBuffer(audio, name);
    }
    if ("channels" in audio && Array.isArray(audio.channels)) {
      const sampleRate = "sampleRate" in audio ? audio.sampleRate : undefined;
      checkRate(`${name}.sampleRate`, sampleRate);
      return { channels: audio.channels, sampleRate: Number(sampleRate) };
    }
  }
  throw new ArgumentError(
    `${name} must be an array of channels, { channels, sampleRate } or an AudioBuffer, not ${shown(audio)}.`,
    hintFor(audio),
  );
}

function fromAudioBuffer(
  buffer: object & { getChannelData?: unknown; numberOfChannels?: unknown; sampleRate?: unknown },
  name: string,
) {
  const { numberOfChannels, sampleRate } = buffer;
  checkInteger(`${name}.numberOfChannels`, numberOfChannels, 1, MAX_CHANNELS);
  checkRate(`${name}.sampleRate`, sampleRate);
  const { getChannelData } = buffer;
  if (typeof getChannelData !== "function") throw new ArgumentError(`${name} has no samples.`);
  const channels = Array.from({ length: Number(numberOfChannels) }, (_, c): unknown =>
    getChannelData.call(buffer, c),
  );
  return { channels, sampleRate: Number(sampleRate) };
}

function hintFor(audio: unknown): string | undefined {
  if (audio instanceof Promise) return "Await it first.";
  if (isFloat32Array(audio)) return "For one channel give [samples]; two are two arrays.";
  if (typeof audio === "string")
    return "Files are for demixFile, or for openAudio and readSamples.";
  return undefined;
}

function checkRate(name: string, rate: unknown): void {
  checkInteger(name, rate, LEAST_SAMPLE_RATE, MAX_SAMPLE_RATE);
}

function checkChannels(channels: readonly unknown[], name: string): asserts channels is Channels {
  if (channels.length === 0 || channels.length > MAX_CHANNELS) {
    throw new ArgumentError(
      `${name} must have one channel or two, not ${channels.length || "none"}.`,
      channels.length === 0 ? undefined : "For one channel give [samples].",
    );
  }
  const [first] = channels;
  for (const [c, channel] of channels.entries()) {
    if (!isFloat32Array(channel)) {
      throw new ArgumentError(
        `${name}[${c}] must be a Float32Array, not ${shown(channel)}.`,
        "Samples are float32, nominally within ±1: Float32Array.from(samples) makes them of numbers.",
      );
    }
    if (channel.length === 0 && isDetached(channel)) throw detached(`${name}[${c}]`);
    if (isFloat32Array(first) && channel.length !== first.length) {
      throw new ArgumentError(
        `The channels of ${name} differ in length: ${first.length}, ${channel.length}.`,
      );
    }
  }
}

/** The error for an array whose memory went to another thread. */
function detached(name: string): ArgumentError {
  return new ArgumentError(
    `${name} is detached: its samples were transferred elsewhere.`,
    "Transfer a copy, and keep the arrays until the work on them has ended.",
  );
}

/**
 * Some samples of a channel, as a view.
 * @throws {ArgumentError} if the channel was transferred away since it was looked at.
 */
export function viewOf(
  channel: Float32Array,
  from: number,
  to: number,
  name: string,
): Float32Array {
  if (channel.length === 0) throw detached(name);
  return channel.subarray(from, to);
}

/** Of this program or of another window's. */
function isFloat32Array(value: unknown): value is Float32Array {
  return (
    ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === "[object Float32Array]"
  );
}

/** Whether the memory is gone. Only making a view of it tells, everywhere. */
function isDetached({ buffer }: Float32Array): boolean {
  try {
    return new Uint8Array(buffer).length < 0;
  } catch {
    return true;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
