/** A track's waveform on a canvas: it grows while the track is made, and shows samples where one looks closely. */
import { type ReadonlySignal, useSignal, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Track } from "../tracks/track.ts";
import { type CanvasSize, cleared, colour, colourChanges, useCanvasSize } from "./canvas.ts";
import { type Columns, columnsOfPeaks, columnsOfSamples } from "./columns.ts";
import type { Span, Timeline } from "./timeline.ts";

/** Columns that were made of samples, and of which. */
interface Detail {
  readonly span: Span;
  readonly columns: Columns;
}

export function Waveform(props: {
  readonly track: Track;
  readonly timeline: Timeline;
  /** What reaches from the middle to the edge. */
  readonly scale: ReadonlySignal<number>;
}) {
  const { track, timeline, scale } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useCanvasSize(canvas);
  const detail = useSignal<Detail | undefined>(undefined);

  useSignalEffect(() => {
    const span = timeline.span.value;
    const place = size.value;
    if (!place || !isClose(track, span, place)) return;
    const reading = new AbortController();
    void samplesOf(track, span, reading.signal, track.ready.value).then((channels) => {
      if (!channels || reading.signal.aborted) return;
      const columns = columnsOfSamples(channels, columnCount(place));
      detail.value = { span, columns };
    });
    return () => reading.abort();
  });

  useSignalEffect(() => {
    void colourChanges.value;
    const span = timeline.span.value;
    const place = size.value;
    const ready = track.ready.value;
    const [to, close] = [scale.value, detail.value];
    const drawing = requestAnimationFrame(() => {
      if (!place || !canvas.current) return;
      const columns =
        close?.span === span && isClose(track, span, place)
          ? close.columns
          : columnsOfPeaks(track.peaks, span, columnCount(place), ready);
      draw(canvas.current, place, columns, to);
    });
    return () => cancelAnimationFrame(drawing);
  });

  return <canvas ref={canvas} class="waveform" />;
}

function columnCount({ width, ratio }: CanvasSize): number {
  return Math.max(1, Math.round(width * ratio));
}

/** Whether a column is narrower than a peak. */
function isClose({ peaks }: Track, { start, end }: Span, size: CanvasSize): boolean {
  return (end - start) / columnCount(size) < peaks.hop;
}

async function samplesOf(
  track: Track,
  { start, end }: Span,
  signal: AbortSignal,
  ready: number,
): Promise<readonly Float32Array[] | undefined> {
  const first = Math.floor(start);
  const frames = Math.min(ready, Math.ceil(end)) - first;
  if (frames < end - start - 1) return undefined;
  const into = Array.from({ length: track.channels }, () => new Float32Array(frames));
  try {
    await track.read(first, into, signal);
    return into;
  } catch {
    // The player says what is wrong with a track; until then its peaks are shown.
    return undefined;
  }
}

function draw(
  canvas: HTMLCanvasElement,
  size: CanvasSize,
  { lowest, highest }: Columns,
  scale: number,
): void {
  const context = cleared(canvas, size);
  if (!context) return;
  const { height, ratio } = size;
  const middle = height / 2;
  const factor = (middle - 2) / Math.max(scale, 1e-6);
  const width = 1 / ratio;
  context.fillStyle = colour(canvas, "--wave");
  for (let x = 0; x < lowest.length; x++) {
    if (Number.isNaN(highest[x])) continue;
    const top = middle - highest[x] * factor;
    const bottom = middle - lowest[x] * factor;
    const tall = Math.max(1, bottom - top);
    context.fillRect(x * width, (top + bottom - tall) / 2, width, tall);
  }
}
