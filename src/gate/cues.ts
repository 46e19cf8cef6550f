/** From powers to what the gate's network reads: numbers that do not change with the song's level. */
import { BANDS, POWERS, SIGNALS, STEMS } from "./stemPowers.ts";

/** Numbers of a frame. */
export const CUES = POWERS;

/** Frames before and after, over which a frame's level is the mean. */
export const LEVEL_REACH = 31;

/** Power of the sum of the stems in a frame. */
export function powerOfSum(powers: Float32Array): number {
  let sum = 0;
  for (let i = STEMS * BANDS; i < SIGNALS * BANDS; i++) sum += powers[i];
  return sum;
}

/**
 * The cues of a frame, in its bands: the sum's power relative to the level, in logarithms; each stem's share of the power; how
 * alike both channels are, of each stem and of the sum, from −1 to 1 (docs/mathematics.md, 9.1).
 *
 * @param level mean power of the sum of the stems, around the frame
 * @param cues what they are written to
 */
export function cuesOf(
  powers: Float32Array,
  level: number,
  cues: Float32Array = new Float32Array(CUES),
): Float32Array {
  const floor = level + 1e-7;
  const least = (1e-6 * floor) / BANDS;
  for (let band = 0; band < BANDS; band++) {
    const power = (signal: number) => powers[signal * BANDS + band];
    cues[band] = Math.log10(power(STEMS) / floor + 1e-6) / 2 + 1;
    let all = 0;
    for (let stem = 0; stem < STEMS; stem++) all += power(stem) + least;
    for (let stem = 0; stem < STEMS; stem++) {
      const share = (power(stem) + least) / all;
      cues[(1 + stem) * BANDS + band] = Math.log10(share + 1e-4) / 1.5 + 0.5;
    }
    for (let signal = 0; signal < SIGNALS; signal++) {
      const alike = (2 * power(SIGNALS + signal)) / (power(signal) + least) - 1;
      cues[(SIGNALS + signal) * BANDS + band] = Math.min(1, Math.max(-1, alike));
    }
  }
  return cues;
}
