/** What a listener gets of a song: eight stems for the index, and a remix for the ears. */
import type { SongStems } from "../datasets/index.ts";
import { fineResample } from "../metrics/haaqi/fineResample.ts";
import { hearingAid } from "../metrics/haaqi/hearingAid.ts";
import type { Listener } from "../metrics/haaqi/listeners.ts";
import { compress } from "./compressor.ts";
import { inSamples, type SongSegments } from "./metadata.ts";

/** Rates of the music, of stems for the index, and of the remix, Hz. */
export const [MUSIC_RATE, STEM_RATE, REMIX_RATE] = [44100, 24000, 32000];

/** The challenge's order of stems: that of evaluation, through which the noise runs on. */
export const instruments = ["drums", "bass", "other", "vocals"] as const;

/** A stem of the challenge. */
export type Instrument = (typeof instruments)[number];

/** An ear. */
export const sides = ["left", "right"] as const;

/** The side of an ear. */
export type Side = (typeof sides)[number];

/** A stem for one ear, normalised. */
export interface EnhancedStem {
  readonly instrument: Instrument;
  readonly side: Side;
  /** Whole numbers of 16 bits, over 32768. */
  readonly samples: Float32Array;
  /** What the samples are to be multiplied by. */
  readonly scale: number;
}

/** All that is handed in for one song and listener. */
export interface Enhanced {
  readonly stems: readonly EnhancedStem[];
  /** Left and right, whole numbers of 16 bits over 32768. */
  readonly remix: readonly [Float32Array, Float32Array];
}

/** How stems become what is handed in. */
export interface EnhanceSettings {
  readonly compressor: boolean;
  /** Of the test split. */
  readonly segments?: SongSegments;
}

/**
 * Each stem by its name through the listener's prescription, and the compressor if it is wanted.
 * @param stems at 44.1 kHz.
 */
export function enhance(
  stems: SongStems,
  listener: Listener,
  { compressor, segments }: EnhanceSettings,
): Enhanced {
  const length = stems.bass[0].length + 220;
  const sum = [new Float64Array(length), new Float64Array(length)] as const;
  const found = instruments.flatMap((instrument) => {
    const aided = hearingAid(stems[instrument], listener, MUSIC_RATE);
    return sides.map((side, c): EnhancedStem => {
      const signal = compressor ? compress(aided[c], MUSIC_RATE).signal : aided[c];
      for (let i = 0; i < length; i++) sum[c][i] += signal[i];
      const part = segments ? cut(signal, inSamples(segments.objective, MUSIC_RATE)) : signal;
      return { instrument, side, ...normalised(fineResample(part, MUSIC_RATE, STEM_RATE)) };
    });
  });
  const remix = (signal: Float64Array) => {
    const part = segments ? cut(signal, inSamples(segments.subjective, MUSIC_RATE)) : signal;
    return fineResample(part, MUSIC_RATE, REMIX_RATE).map((value) =>
      toSixteenBits(Math.tanh(value)),
    );
  };
  return { stems: found, remix: [remix(sum[0]), remix(sum[1])] };
}

function cut(signal: Float64Array, [from, to]: readonly [number, number]): Float64Array {
  return signal.subarray(from, to);
}

/** Divided by its largest absolute value; silence stays silence. */
function normalised(signal: Float32Array): { samples: Float32Array; scale: number } {
  let scale = 0;
  for (const value of signal) scale = Math.max(scale, Math.abs(value));
  if (scale === 0) return { samples: signal, scale };
  return { samples: signal.map((value) => toSixteenBits(value / scale)), scale };
}

/** To the next whole number of 16 bits towards zero, over 32768. */
function toSixteenBits(value: number): number {
  return Math.trunc(Math.min(32767, Math.max(-32768, value * 32768))) / 32768;
}
