/** The time line: ticks, and where one drags, a loop. */
import { useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { english } from "../text/english.ts";
import { type CanvasSize, cleared, colour, colourChanges, useCanvasSize } from "./canvas.ts";
import { clock } from "./shown.ts";
import type { Span } from "./timeline.ts";
import { useTimePointer } from "./timePointer.ts";
import type { OpenSong } from "./workspace.ts";

/** Seconds between labels. */
const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];
/** Pixels that a label needs. */
const ROOM = 64;

export function Ruler({ open }: { readonly open: OpenSong }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useCanvasSize(canvas);
  const { player, timeline } = open;
  const pointer = useTimePointer(open, "loop");
  useSignalEffect(() => {
    void colourChanges.value;
    const place = size.value;
    const span = timeline.span.value;
    if (place && canvas.current) draw(canvas.current, place, span, player.sampleRate);
  });
  return (
    <div class="ruler" title={english.transport.loopHint} {...pointer}>
      <canvas ref={canvas} />
    </div>
  );
}

function draw(canvas: HTMLCanvasElement, size: CanvasSize, span: Span, rate: number): void {
  const context = cleared(canvas, size);
  if (!context) return;
  const { width, height } = size;
  const [start, end] = [span.start / rate, span.end / rate];
  const perSecond = width / (end - start);
  const step = STEPS.find((s) => s * perSecond >= ROOM) ?? 7200;
  context.font = `11px ${getComputedStyle(canvas).fontFamily}`;
  context.textBaseline = "middle";
  for (let i = Math.ceil(start / step); i * step <= end; i++) {
    const x = Math.round((i * step - start) * perSecond);
    context.fillStyle = colour(canvas, "--line");
    context.fillRect(x, height - 7, 1, 7);
    for (let part = 1; part < 5; part++) {
      context.fillRect(Math.round(x + (part * step * perSecond) / 5), height - 3, 1, 3);
    }
    const label = step >= 1 ? clock(i * step) : `${Number((i * step).toFixed(2))} s`;
    if (x + context.measureText(label).width + 4 > width) continue;
    context.fillStyle = colour(canvas, "--dim");
    context.fillText(label, x + 4, height / 2 - 1);
  }
}
