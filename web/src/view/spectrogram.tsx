/** A track's spectrogram on a canvas, at the time line's place: the picture of `xumx-slicq spectrogram`, with its axis. */
import { type Signal, useSignal, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Spectrogram } from "../pictures/spectrogram.ts";
import { english } from "../text/english.ts";
import type { Track } from "../tracks/track.ts";
import { cleared, colourChanges, useCanvasSize } from "./canvas.ts";
import { shownTheme } from "./theme.ts";
import type { Span } from "./timeline.ts";
import type { OpenSong, Workspace } from "./workspace.ts";

/** A panel, and the span that it shows. */
interface Drawn extends Spectrogram {
  readonly span: Span;
}

/** Milliseconds without change after which it is drawn, and for how much more that is ready it is drawn anew. */
const PAUSE = 120;
const GROWTH = 0.1;

export function SpectrogramSight(props: {
  readonly workspace: Workspace;
  readonly open: OpenSong;
  readonly track: Track;
  readonly level: Signal<number | undefined>;
}) {
  const { workspace, track, level } = props;
  const { song, timeline } = props.open;
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useCanvasSize(canvas);
  const drawn = useSignal<Drawn | undefined>(undefined);
  const busy = useSignal(false);
  const isOriginal = track.name === "original";

  useSignalEffect(() => {
    void colourChanges.value;
    const place = size.value;
    const span = timeline.span.value;
    const max = isOriginal ? undefined : level.value;
    // What grows is drawn again from time to time.
    const parts = Math.floor(track.ready.value / (GROWTH * track.frames));
    if (!place || parts === 0 || (!isOriginal && max === undefined)) return;
    const drawing = new AbortController();
    const timer = setTimeout(() => {
      busy.value = true;
      const { width, height } = place;
      const { start, end } = span;
      const where = { song: song.id, track: track.name, start, end, width, height };
      workspace.services
        .drawSpectrogram({ ...where, theme: shownTheme(), max }, drawing.signal)
        .then((panel) => {
          drawn.value = { ...panel, span };
          if (isOriginal) level.value = panel.max;
        })
        .catch((error: unknown) => {
          if (!drawing.signal.aborted) workspace.fail(error);
        })
        .finally(() => {
          busy.value = false;
        });
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      drawing.abort();
    };
  });

  useSignalEffect(() => {
    const place = size.value;
    const panel = drawn.value;
    const span = timeline.span.value;
    const context = place && canvas.current && cleared(canvas.current, place);
    if (!context || !panel) return;
    const { width, height } = place;
    // While another is on its way, the one before is moved to where it belongs.
    const perPixel = (span.end - span.start) / width;
    const left = (panel.span.start - span.start) / perPixel;
    const wide = (panel.span.end - panel.span.start) / perPixel;
    context.drawImage(panel.picture, left, 0, wide, height);
    writeFrequencies(context, panel, height);
  });

  return (
    <>
      <canvas ref={canvas} class="spectrogram" />
      {busy.value && !drawn.value && <p class="drawing">{english.lanes.drawing}</p>}
    </>
  );
}

function writeFrequencies(context: CanvasRenderingContext2D, panel: Drawn, height: number): void {
  const factor = height / panel.height;
  context.font = `10px ${getComputedStyle(context.canvas).fontFamily}`;
  context.textBaseline = "middle";
  const light = shownTheme() === "light";
  let above = Number.NEGATIVE_INFINITY;
  for (const { at, label } of panel.frequencies) {
    const y = at * factor;
    if (y - above < 14 || y < 7 || y > height - 6) continue;
    above = y;
    context.fillStyle = light ? "#ffffffb0" : "#000000a0";
    context.fillRect(0, y - 6, context.measureText(label).width + 10, 12);
    context.fillStyle = light ? "#202026" : "#e6e6ea";
    context.fillRect(0, Math.round(y), 4, 1);
    context.fillText(label, 6, y + 0.5);
  }
}
