/** What a waveform is drawn from: the lowest and highest sample of each column of pixels. */
import type { Peaks } from "../tracks/track.ts";
import type { Span } from "./timeline.ts";

/** Of each column; NaN where there is nothing. */
export interface Columns {
  readonly lowest: Float32Array;
  readonly highest: Float32Array;
}

/** Columns of a span by a track's peaks, as far as it is ready. */
export function columnsOfPeaks(peaks: Peaks, span: Span, count: number, ready: number): Columns {
  const { hop } = peaks;
  const perColumn = (span.end - span.start) / count;
  const end = Math.min(peaks.lowest.length, Math.ceil(ready / hop));
  const columns = nothing(count);
  for (let x = 0; x < count; x++) {
    const from = span.start + x * perColumn;
    if (from >= ready) break;
    const first = Math.floor(from / hop);
    const last = Math.min(end, Math.max(first + 1, Math.ceil((from + perColumn) / hop)));
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = first; i < last; i++) {
      if (peaks.lowest[i] < low) low = peaks.lowest[i];
      if (peaks.highest[i] > high) high = peaks.highest[i];
    }
    if (low > high) continue;
    columns.lowest[x] = low;
    columns.highest[x] = high;
  }
  return columns;
}

/** Columns of a span by its samples. Each reaches to the first sample of the next one, so that the line is whole. */
export function columnsOfSamples(channels: readonly Float32Array[], count: number): Columns {
  const frames = channels[0]?.length ?? 0;
  const columns = nothing(count);
  for (let x = 0; x < count; x++) {
    const first = Math.floor((x * frames) / count);
    const last = Math.min(frames - 1, Math.floor(((x + 1) * frames) / count));
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const samples of channels) {
      for (let i = first; i <= last; i++) {
        low = Math.min(low, samples[i]);
        high = Math.max(high, samples[i]);
      }
    }
    if (low > high) continue;
    columns.lowest[x] = low;
    columns.highest[x] = high;
  }
  return columns;
}

/** The highest absolute peak of what is ready. */
export function highestPeak({ hop, lowest, highest }: Peaks, ready: number): number {
  let peak = 0;
  for (let i = 0; i < Math.min(lowest.length, Math.ceil(ready / hop)); i++) {
    peak = Math.max(peak, -lowest[i], highest[i]);
  }
  return peak;
}

function nothing(count: number): Columns {
  return {
    lowest: new Float32Array(count).fill(Number.NaN),
    highest: new Float32Array(count).fill(Number.NaN),
  };
}
