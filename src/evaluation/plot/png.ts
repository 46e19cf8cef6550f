/** Drawings as PNG: painted pixel by pixel with soft edges. */
import { encodePng, lettering, type Point, strokePixels } from "../../pictures/index.ts";
import type { Colour, Drawing, Shape } from "./drawing.ts";

/** @param scale pixels per unit of the drawing; 2 by default. */
export function toPng(drawing: Drawing, scale = 2): Uint8Array {
  const canvas = new Canvas(Math.ceil(drawing.width * scale), Math.ceil(drawing.height * scale));
  for (const shape of drawing.shapes) paint(canvas, shape, scale);
  return encodePng({ kind: "rgb", ...canvas }).png;
}

/** RGB, 8 bits each, on white. */
class Canvas {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.pixels = new Uint8Array(width * height * 3).fill(255);
  }

  /** Blends a colour into a box of pixels; `coverage` tells how much (0 to 1) of the pixel at its centre. */
  blend(
    box: readonly [left: number, top: number, right: number, bottom: number],
    colour: Colour,
    coverage: (x: number, y: number) => number,
  ): void {
    const rgb = bytesOf(colour);
    const [left, top] = [Math.max(0, Math.floor(box[0])), Math.max(0, Math.floor(box[1]))];
    const right = Math.min(this.width, Math.ceil(box[2]));
    const bottom = Math.min(this.height, Math.ceil(box[3]));
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) this.#mix(x, y, rgb, coverage(x + 0.5, y + 0.5));
    }
  }

  /** Draws a line with round ends. */
  stroke([x0, y0]: Point, [x1, y1]: Point, width: number, colour: Colour): void {
    const rgb = bytesOf(colour);
    // Here a pixel's centre lies half a pixel from its corner.
    const [from, to]: [Point, Point] = [
      [x0 - 0.5, y0 - 0.5],
      [x1 - 0.5, y1 - 0.5],
    ];
    strokePixels(from, to, width / 2, (x, y, coverage) => {
      if (x >= 0 && y >= 0 && x < this.width && y < this.height) this.#mix(x, y, rgb, coverage);
    });
  }

  #mix(x: number, y: number, rgb: readonly number[], share: number): void {
    if (share <= 0) return;
    const at = 3 * (y * this.width + x);
    for (let c = 0; c < 3; c++) {
      this.pixels[at + c] = Math.round(this.pixels[at + c] * (1 - share) + rgb[c] * share);
    }
  }
}

function bytesOf(colour: Colour): readonly number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}

function paint(canvas: Canvas, shape: Shape, scale: number): void {
  switch (shape.kind) {
    case "rectangle": {
      const [left, top] = [shape.x * scale, shape.y * scale];
      const [right, bottom] = [left + shape.width * scale, top + shape.height * scale];
      canvas.blend([left, top, right, bottom], shape.fill, (x, y) => {
        return (
          clamp(Math.min(x + 0.5, right) - Math.max(x - 0.5, left)) *
          clamp(Math.min(y + 0.5, bottom) - Math.max(y - 0.5, top))
        );
      });
      return;
    }
    case "dot": {
      const [cx, cy, r] = [shape.x * scale, shape.y * scale, shape.radius * scale];
      canvas.blend([cx - r - 1, cy - r - 1, cx + r + 1, cy + r + 1], shape.fill, (x, y) =>
        clamp(r + 0.5 - Math.hypot(x - cx, y - cy)),
      );
      return;
    }
    case "line":
      canvas.stroke(
        scaled(shape.from, scale),
        scaled(shape.to, scale),
        shape.width * scale,
        shape.stroke,
      );
      return;
    case "text":
      write(canvas, shape, scale);
  }
}

/** Units of the typeface in a capital's height, and the width of its strokes. */
const CAPITAL = 10;
const WEIGHT = 1.35;

function scaled([x, y]: Point, scale: number): Point {
  return [x * scale, y * scale];
}

function write(canvas: Canvas, shape: Extract<Shape, { kind: "text" }>, scale: number): void {
  const unit = (0.7 * shape.size * scale) / CAPITAL;
  const { width, strokes } = lettering(shape.text);
  const start = shape.x * scale - unit * width * { start: 0, middle: 0.5, end: 1 }[shape.anchor];
  for (const points of strokes) {
    const shown = points.map(([x, y]): Point => [start + unit * x, shape.y * scale - unit * y]);
    for (let p = 1; p < shown.length; p++) {
      canvas.stroke(shown[p - 1], shown[p], unit * WEIGHT, shape.fill);
    }
  }
}

function clamp(value: number): number {
  return Math.max(0, Math.min(1, value));
}
