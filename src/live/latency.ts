/**
 * How long live separation must wait: the least delay at which every output sample can be given in time
 * (docs/mathematics.md, 4).
 */
import { Resampler } from "../audio/resampler.ts";
import type { SliceContext } from "../networks/index.ts";
import type { Transform } from "../transforms/index.ts";
import { SAMPLE_RATE } from "../transforms/slicqt/index.ts";

/** Samples at 44.1 kHz that must have come before slice `slice` can be separated. */
export function samplesNeeded(
  { hop, lead, windowEnd }: Transform,
  { after }: SliceContext,
  slice: number,
): number {
  return (slice + after) * hop - lead + windowEnd;
}

/** Samples of the stems, at 44.1 kHz, that are final when slice `slice` has been separated: all before the next one. */
export function samplesFinal({ hop, lead }: Transform, slice: number): number {
  return (slice + 1) * hop - lead;
}

/**
 * The delay of stems at 44.1 kHz, in samples: with it the stems' sample n − latency is known, at the latest, when sample n
 * has come. Each hop of stems comes at once; its first sample has waited longest.
 */
export function liveLatency(transform: Transform, context: SliceContext): number {
  return samplesNeeded(transform, context, 1) - 1 - samplesFinal(transform, 0);
}

/** Resamplers on the way in and out. */
interface RateLookaheads {
  /** Samples at the signal's rate that an output of the first resampler needs after its own time. */
  readonly there: number;
  /** Samples at 44.1 kHz that an output of the second needs after its own time. */
  readonly back: number;
}

/** The same of a signal of another rate, in its samples: with what both resamplers wait for. */
export function ratedLatency(transform: Transform, context: SliceContext, rate: number): number {
  if (rate === SAMPLE_RATE) return liveLatency(transform, context);
  const there = new Resampler(rate, SAMPLE_RATE, 1).lookahead;
  const back = new Resampler(SAMPLE_RATE, rate, 1).lookahead;
  return worstWait(transform, context, rate, { there, back });
}

/**
 * Just before the sample that completes slice s, the stems' last final sample is that of slice s − 1. How many samples at
 * the signal's rate the two are apart depends on where rates and hops meet, which comes again after at most 44100 hops.
 */
function worstWait(
  transform: Transform,
  context: SliceContext,
  rate: number,
  { there, back }: RateLookaheads,
): number {
  let worst = 0;
  for (let slice = 1; slice <= SAMPLE_RATE; slice++) {
    const needed = samplesNeeded(transform, context, slice);
    // Output m of the first resampler is there after more than there + m·rate/44100 samples.
    const before = there + Math.floor(((needed - 1) * rate) / SAMPLE_RATE);
    const final = samplesFinal(transform, slice - 1);
    const given = Math.ceil(((final - back) * rate) / SAMPLE_RATE);
    worst = Math.max(worst, before - given);
  }
  return worst;
}
