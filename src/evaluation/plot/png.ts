/** Drawings as PNG: painted pixel by pixel with soft edges. */
import { encodePng } from "../../pictures/index.ts";
import type { Colour, Drawing, Shape } from "./drawing.ts";
import { LETTER_ADVANCE, LETTER_HEIGHT, LETTER_WIDTH, letterStrokes } from "./strokes.ts";

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
    const rgb = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
    const [left, top] = [Math.max(0, Math.floor(box[0])), Math.max(0, Math.floor(box[1]))];
    const right = Math.min(this.width, Math.ceil(box[2]));
    const bottom = Math.min(this.height, Math.ceil(box[3]));
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const share = coverage(x + 0.5, y + 0.5);
        if (share <= 0) continue;
        const at = 3 * (y * this.width + x);
        for (let c = 0; c < 3; c++) {
          this.pixels[at + c] = Math.round(this.pixels[at + c] * (1 - share) + rgb[c] * share);
        }
      }
    }
  }
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
      stroke(
        canvas,
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

type Point = readonly [x: number, y: number];

function scaled([x, y]: Point, scale: number): Point {
  return [x * scale, y * scale];
}

/** A line with round ends: all that is within half a width of it. */
function stroke(canvas: Canvas, [x1, y1]: Point, [x2, y2]: Point, width: number, colour: Colour) {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const square = dx * dx + dy * dy;
  const reach = width / 2 + 1;
  const box = [
    Math.min(x1, x2) - reach,
    Math.min(y1, y2) - reach,
    Math.max(x1, x2) + reach,
    Math.max(y1, y2) + reach,
  ] as const;
  canvas.blend(box, colour, (x, y) => {
    const t = square === 0 ? 0 : clamp(((x - x1) * dx + (y - y1) * dy) / square);
    return clamp(width / 2 + 0.5 - Math.hypot(x - x1 - t * dx, y - y1 - t * dy));
  });
}

function write(canvas: Canvas, shape: Extract<Shape, { kind: "text" }>, scale: number): void {
  const letters = [...shape.text];
  const unit = (0.7 * shape.size) / LETTER_HEIGHT;
  const width = unit * (letters.length * LETTER_ADVANCE - (LETTER_ADVANCE - LETTER_WIDTH));
  const start = shape.x - { start: 0, middle: width / 2, end: width }[shape.anchor];
  letters.forEach((letter, i) => {
    const place = ([x, y]: Point): Point => [
      (start + unit * (i * LETTER_ADVANCE + x)) * scale,
      (shape.y + unit * (y - LETTER_HEIGHT)) * scale,
    ];
    for (const points of letterStrokes(letter)) {
      for (let p = 1; p < points.length; p++) {
        stroke(
          canvas,
          place(points[p - 1]),
          place(points[p]),
          0.09 * shape.size * scale,
          shape.fill,
        );
      }
    }
  });
}

function clamp(value: number): number {
  return Math.max(0, Math.min(1, value));
}
