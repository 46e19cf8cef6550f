/** Where the frames of a short-time Fourier transform lie: all are centred on multiples of the hop (docs/mathematics.md, 7.1). */

/** A short-time Fourier transform, as plain data. */
export interface StftSettings {
  /** Samples of a frame, divisible by 4. */
  readonly length: number;
  /** Samples from frame to frame, at most half of the length. */
  readonly hop: number;
  /** Periodic Hann window, or none (ones). */
  readonly window: "hann" | "ones";
}

/** Bins of a frame. */
export function binCount({ length }: StftSettings): number {
  return length / 2 + 1;
}

/** Frames of a signal of so many samples. */
export function frameCount({ hop }: StftSettings, samples: number): number {
  return 1 + Math.floor(samples / hop);
}

/** Samples by which frame 0 begins before the signal. */
export function leadOf({ length }: StftSettings): number {
  return length / 2;
}

/** Samples that so many neighbouring frames span. */
export function spanOfFrames({ length, hop }: StftSettings, frames: number): number {
  return (frames - 1) * hop + length;
}

/** Fewest samples of a signal: what is mirrored at its ends must be there. */
export function leastSamples(settings: StftSettings): number {
  return leadOf(settings) + 1;
}

/** The place of a sample within a signal of so many, mirrored at its ends without repeating the last sample. */
export function mirrored(position: number, samples: number): number {
  if (position < 0) return -position;
  return position < samples ? position : 2 * (samples - 1) - position;
}

/** The window's samples. */
export function windowOf({ length, window }: StftSettings): Float64Array {
  return Float64Array.from({ length }, (_, n) =>
    window === "ones" ? 1 : 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / length),
  );
}
