/** Sources seen through: in one channel, or a part of them. */
import type { AudioFormat, AudioSource } from "../audio/source.ts";
import { AudioError } from "../errors.ts";

/** The same audio in one channel: the mean of all. */
export function inMono(source: AudioSource): AudioSource {
  if (source.format.channels === 1) return source;
  return view(source, { channels: 1 }, async function* (signal) {
    for await (const block of source.blocks(signal)) yield [mean(block)];
  });
}

/** A stretch of frames. */
export interface Frames {
  readonly from: number;
  /** Infinity: to the end. */
  readonly to: number;
  /** The audio must go on beyond this frame, or the stretch is of no use. */
  readonly least: number;
}

/**
 * A stretch of the audio, or less if that ends before.
 * @param name of the song, for the {@link AudioError} "empty-audio" if it has not even the least frame.
 */
export function stretchOf(
  source: AudioSource,
  { from, to, least }: Frames,
  name: string,
): AudioSource {
  const { frames, sampleRate } = source.format;
  const format = frames !== undefined && { frames: Math.max(0, Math.min(to, frames) - from) };
  return view(source, { ...format }, async function* (signal) {
    let position = 0;
    for await (const block of source.blocks(signal)) {
      const begin = Math.max(0, from - position);
      const end = Math.min(block[0].length, to - position);
      position += block[0].length;
      if (begin < end) yield block.map((channel) => channel.subarray(begin, end));
      if (position >= to) return;
    }
    if (position > least) return;
    const [end, start] = [position, least].map((frame) => (frame / sampleRate).toFixed(3));
    throw new AudioError(
      "empty-audio",
      `${name} ends at ${end} s; there is nothing from ${start} s on.`,
      "Choose an earlier start.",
    );
  });
}

/** A source with other samples, all else as it was. */
function view(
  source: AudioSource,
  format: Partial<AudioFormat>,
  blocks: AudioSource["blocks"],
): AudioSource {
  return {
    ...source,
    format: { ...source.format, ...format },
    get notices() {
      return source.notices;
    },
    blocks,
    close: () => source.close(),
    [Symbol.asyncDispose]: () => source.close(),
  };
}

function mean(block: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(block[0].length);
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (const channel of block) sum += channel[i];
    out[i] = sum / block.length;
  }
  return out;
}
