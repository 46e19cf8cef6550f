/** Two channels out of more. (ITU-R BS.775-3, annex 4.) */
import type { AudioFormat, AudioSource } from "./source.ts";
import type { Speaker } from "./speakers.ts";

/** How loud every channel is in the left and in the right one. */
export interface Downmix {
  readonly left: readonly number[];
  readonly right: readonly number[];
  /** For people: "mixed down to stereo from …". */
  readonly description: string;
}

const HALF_POWER = Math.SQRT1_2;

/** Left and right gain of every speaker: 3 dB less from the middle and the back, 6 dB less from the middle of the back. */
const gains: Readonly<Record<Speaker, readonly [left: number, right: number]>> = {
  FL: [1, 0],
  FR: [0, 1],
  FC: [HALF_POWER, HALF_POWER],
  LFE: [0, 0],
  BL: [HALF_POWER, 0],
  BR: [0, HALF_POWER],
  FLC: [1, 0],
  FRC: [0, 1],
  BC: [0.5, 0.5],
  SL: [HALF_POWER, 0],
  SR: [0, HALF_POWER],
  TC: [0.5, 0.5],
  TFL: [HALF_POWER, 0],
  TFC: [0.5, 0.5],
  TFR: [0, HALF_POWER],
  TBL: [HALF_POWER, 0],
  TBC: [0.5, 0.5],
  TBR: [0, HALF_POWER],
};

/**
 * How to mix more than two channels down: by their speakers, the subwoofer's left out; where those are unknown, the
 * first, third, … to the left and the second, fourth, … to the right, an odd last one to both. All gains are scaled by
 * one factor, so that those of a side sum to 1 at most: nothing that fitted before is clipped, and the balance stays.
 */
export function stereoDownmix({
  channels,
  speakers,
}: Pick<AudioFormat, "channels" | "speakers">): Downmix {
  const pairs = speakers?.map((speaker) => gains[speaker]) ?? evenAndOdd(channels);
  const sum = (side: 0 | 1) => pairs.reduce((total, pair) => total + pair[side], 0);
  const most = Math.max(sum(0), sum(1)) || 1;
  const how = speakers ? `${speakers.join(" ")}, as in ITU-R BS.775` : "speakers unknown";
  return {
    left: pairs.map(([left]) => left / most),
    right: pairs.map(([, right]) => right / most),
    description: `mixed down to stereo from ${channels} channels (${how})`,
  };
}

function evenAndOdd(channels: number): (readonly [number, number])[] {
  return Array.from({ length: channels }, (_, i) => {
    if (i === channels - 1 && channels % 2 === 1) return [1, 1];
    return i % 2 === 0 ? [1, 0] : [0, 1];
  });
}

/** The same audio in two channels at most, by {@link stereoDownmix}. Closing it closes the source. */
export function inStereo(source: AudioSource): AudioSource {
  const { speakers: _, ...format } = source.format;
  if (format.channels <= 2) return source;
  const downmix = stereoDownmix(source.format);
  return {
    format: { ...format, channels: 2 },
    tags: source.tags,
    get notices() {
      return source.notices;
    },
    async *blocks(signal) {
      for await (const block of source.blocks(signal)) yield mixDown(block, downmix);
    },
    close: () => source.close(),
    [Symbol.asyncDispose]: () => source.close(),
  };
}

/** Mixes a block down to left and right. */
export function mixDown(
  block: readonly Float32Array[],
  { left, right }: Downmix,
): [Float32Array, Float32Array] {
  return [weightedSum(block, left), weightedSum(block, right)];
}

function weightedSum(block: readonly Float32Array[], weights: readonly number[]): Float32Array {
  const frames = block[0].length;
  const sum = new Float64Array(frames);
  for (const [channel, weight] of weights.entries()) {
    if (weight === 0) continue;
    const samples = block[channel];
    for (let i = 0; i < frames; i++) sum[i] += weight * samples[i];
  }
  return Float32Array.from(sum);
}
