/** What a pointer does over time: it goes to a place, or drags a loop. */
import { useRef } from "preact/hooks";
import type { OpenSong } from "./workspace.ts";

/** Pixels by which a pointer must move to drag. */
const SLACK = 4;
/** Least length of a loop, seconds. */
const SHORTEST = 0.05;

type Handler = (event: PointerEvent & { readonly currentTarget: HTMLElement }) => void;

/** Handlers for an element that shows the visible part of a song from its left to its right edge. */
export function useTimePointer(
  { player, timeline }: OpenSong,
  drags: "loop" | "place",
): {
  onPointerDown: Handler;
  onPointerMove: Handler;
  onPointerUp: Handler;
  onPointerCancel: Handler;
} {
  const down = useRef<{ readonly x: number; readonly frame: number } | undefined>(undefined);
  const frameAt: (event: Parameters<Handler>[0]) => number = ({ clientX, currentTarget }) => {
    const { left, width } = currentTarget.getBoundingClientRect();
    const { start, end } = timeline.span.value;
    const share = Math.max(0, Math.min(1, (clientX - left) / width));
    return start + share * (end - start);
  };
  const isDrag = ({ clientX }: PointerEvent) => {
    return down.current !== undefined && Math.abs(clientX - down.current.x) >= SLACK;
  };
  return {
    onPointerDown(event) {
      if (event.button !== 0) return;
      down.current = { x: event.clientX, frame: frameAt(event) };
      event.currentTarget.setPointerCapture(event.pointerId);
      if (drags === "place" && event.pointerType === "mouse") player.seek(frameAt(event));
    },
    onPointerMove(event) {
      if (!down.current || !isDrag(event)) return;
      if (drags === "place") player.seek(frameAt(event));
      else markLoop(down.current.frame, frameAt(event));
    },
    onPointerUp(event) {
      if (!down.current) return;
      const gone = drags === "place" && event.pointerType === "mouse";
      if (!gone && !isDrag(event)) player.seek(frameAt(event));
      down.current = undefined;
    },
    onPointerCancel() {
      down.current = undefined;
    },
  };

  function markLoop(from: number, to: number): void {
    const [start, end] = [Math.min(from, to), Math.max(from, to)].map(Math.round);
    if (end - start >= SHORTEST * player.sampleRate) player.setLoop({ start, end });
  }
}
