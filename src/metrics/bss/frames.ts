/** Frames of a signal, counted as museval and mir_eval do. */
import type { Samples } from "./correlations.ts";

/** In samples; need not be whole. */
export interface Framing {
  readonly window: number;
  readonly hop: number;
}

export interface FrameRange {
  readonly index: number;
  readonly from: number;
  readonly count: number;
}

/**
 * The frames that fit; what is left at the end belongs to none. A window as long as the signal or longer, and no
 * framing at all, make one frame of everything.
 */
export function frameRanges(samples: number, framing: Framing | undefined): readonly FrameRange[] {
  if (!framing || framing.window >= samples) return [{ index: 0, from: 0, count: samples }];
  const { window, hop } = framing;
  const count = Math.floor((samples - window + hop) / hop);
  return Array.from({ length: count }, (_, index) => {
    const from = Math.floor(index * hop);
    return { index, from, count: Math.floor(Math.min(index * hop + window, samples)) - from };
  });
}

/** Whether a source is silent within a frame: its channels add up to zero in every sample, as museval asks it. */
export function isSilent(source: readonly Samples[], { from, count }: FrameRange): boolean {
  for (let i = from; i < from + count; i++) {
    let sum = 0;
    for (const channel of source) sum += channel[i];
    if (sum !== 0) return false;
  }
  return true;
}
