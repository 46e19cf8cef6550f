/** Canvases that follow their size on the screen, and the colours of the page's theme. */
import { type ReadonlySignal, type Signal, signal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";

/** A canvas's place: CSS pixels, and device pixels to each of them. */
export interface CanvasSize {
  readonly width: number;
  readonly height: number;
  readonly ratio: number;
}

/** Grows whenever colours are others than before: read it where they are drawn. */
export const colourChanges: Signal<number> = signal(0);

/** The size of a canvas on the screen; its pixels are made as many. */
export function useCanvasSize(
  ref: RefObject<HTMLCanvasElement | null>,
): ReadonlySignal<CanvasSize | undefined> {
  const size = useSignal<CanvasSize | undefined>(undefined);
  useEffect(() => {
    const canvas = ref.current;
    if (!canvas) return;
    const measure = () => {
      const { width, height } = canvas.getBoundingClientRect();
      const ratio = Math.min(2, globalThis.devicePixelRatio);
      if (width > 0 && height > 0) size.value = { width, height, ratio };
    };
    const observer = new ResizeObserver(measure);
    observer.observe(canvas);
    measure();
    return () => observer.disconnect();
  }, []);
  return size;
}

/** An empty canvas of the size, drawn in CSS pixels. */
export function cleared(
  canvas: HTMLCanvasElement,
  { width, height, ratio }: CanvasSize,
): CanvasRenderingContext2D | null {
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  const context = canvas.getContext("2d");
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  context?.clearRect(0, 0, width, height);
  return context;
}

/** A colour of the theme as it is at an element. */
export function colour(element: Element, property: string): string {
  return getComputedStyle(element).getPropertyValue(property).trim();
}
