/** The challenge's compressor: its gain heads for a value of its own rather than for one relative to the level. */

/** Settings; the defaults are the challenge's. */
export interface CompressorSettings {
  readonly threshold: number;
  readonly attenuation: number;
  /** Milliseconds. */
  readonly attack: number;
  readonly release: number;
  /** Seconds over which the level is measured. */
  readonly window: number;
}

/** The challenge's settings. */
export const challengeCompressor: CompressorSettings = {
  threshold: 0.35,
  attenuation: 0.1,
  attack: 50,
  release: 1000,
  window: 0.064,
};

/** A compressed signal, and what happened on the way, sample by sample. */
export interface Compressed {
  readonly signal: Float64Array;
  /** Root mean square of the last samples. */
  readonly level: Float64Array;
  readonly gain: Float64Array;
}

/** Compresses one signal. */
export function compress(
  signal: ArrayLike<number>,
  sampleRate: number,
  settings = challengeCompressor,
): Compressed {
  const { threshold, attenuation } = settings;
  const window = Math.trunc(settings.window * sampleRate);
  const attack = 1 / (settings.attack / 1000) / sampleRate;
  const release = 1 / (settings.release / 1000) / sampleRate;
  const out = new Float64Array(signal.length);
  const level = new Float64Array(signal.length);
  const gain = new Float64Array(signal.length);
  let energy = 0;
  let c = 1;
  for (let n = 0; n < signal.length; n++) {
    energy += signal[n] ** 2;
    if (n >= window) energy -= signal[n - window] ** 2;
    // What rounding leaves of a silence after a loud passage is not negative.
    level[n] = Math.sqrt(Math.max(0, energy) / window + 1e-8);
    if (level[n] > threshold) {
      c = c * (1 - attack) + (level[n] * attenuation + (1 - attenuation) * threshold) * attack;
    } else {
      c = release + c * (1 - release);
    }
    gain[n] = c;
    out[n] = signal[n] * c;
  }
  return { signal: out, level, gain };
}
