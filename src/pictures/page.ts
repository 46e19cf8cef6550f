/** A page to draw on: panels of colours, and ink in shades for letters and lines. */
import { blend, colourMap, type Theme } from "./colourMap.ts";
import { type LevelGrid, type LevelRange, levelStep } from "./levelGrid.ts";
import { type EncodedImage, encodePng, type Rgb } from "./png.ts";
import { strokePixels } from "./stroke.ts";
import { lettering } from "./strokeFont.ts";

const PAPER: Readonly<Record<Theme, Rgb>> = { dark: [18, 18, 23], light: [255, 255, 255] };
const INK: Readonly<Record<Theme, Rgb>> = { dark: [226, 226, 232], light: [32, 32, 38] };

/** Shades from paper to ink, besides the paper itself. */
const SHADES = 24;
/** Most steps of level that leave room for paper and ink in a palette. */
export const MOST_STEPS = 256 - SHADES - 1;

/** Pixels, y downwards; right and bottom edges are left + width and top + height. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export type Anchor = "start" | "middle" | "end";

export class Page {
  readonly width: number;
  readonly height: number;
  readonly #steps: number;
  readonly #palette: readonly Rgb[];
  readonly #pixels: Uint8Array;
  readonly #unit: number;

  /**
   * @param steps steps of level that are told apart, 2 to {@link MOST_STEPS}
   * @param unit pixels to the unit of letters and lines
   */
  constructor(width: number, height: number, theme: Theme, steps: number, unit: number) {
    this.width = width;
    this.height = height;
    this.#steps = steps;
    this.#unit = unit;
    this.#palette = [...colourMap(theme, steps), ...blend(PAPER[theme], INK[theme], SHADES)];
    this.#pixels = new Uint8Array(width * height).fill(steps);
  }

  /** Paints levels; the grid's corner comes to a pixel. */
  levels(grid: LevelGrid, left: number, top: number, range: LevelRange): void {
    for (let y = 0; y < grid.height; y++) {
      for (let x = 0; x < grid.width; x++) {
        const level = grid.levels[y * grid.width + x];
        this.#pixels[(top + y) * this.width + left + x] = levelStep(level, range, this.#steps);
      }
    }
  }

  /** Fills a box with ink, 0 (paper) to 1. */
  fill({ left, top, width, height }: Box, ink: number): void {
    for (let y = top; y < top + height; y++) {
      for (let x = left; x < left + width; x++) this.#ink(x, y, ink);
    }
  }

  /**
   * Writes a line of text.
   *
   * @param x of the anchor
   * @param baseline y of the pixels that letters stand on
   * @param weight width of the strokes in units
   */
  write(
    text: string,
    x: number,
    baseline: number,
    anchor: Anchor,
    { ink = 1, weight = 1.35 } = {},
  ): void {
    const unit = this.#unit;
    const { width, strokes } = lettering(text);
    const start = Math.round(x - unit * width * { start: 0, middle: 0.5, end: 1 }[anchor]);
    for (const points of strokes) {
      // Centres of pixels have whole coordinates, so that straight stems are sharp.
      const shown = points.map(([px, py]) => [start + unit * px, baseline - unit * py] as const);
      for (let i = 1; i < shown.length; i++) {
        strokePixels(shown[i - 1], shown[i], (unit * weight) / 2, (px, py, coverage) =>
          this.#ink(px, py, ink * coverage),
        );
      }
    }
  }

  encode(): EncodedImage {
    const { width, height } = this;
    return encodePng({
      kind: "palette",
      width,
      height,
      palette: this.#palette,
      pixels: this.#pixels,
    });
  }

  /** Where strokes overlap, the darker one counts; panels are not written on. */
  #ink(x: number, y: number, ink: number): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    const at = y * this.width + x;
    const shade = this.#steps + Math.round(ink * SHADES);
    if (this.#pixels[at] >= this.#steps && shade > this.#pixels[at]) this.#pixels[at] = shade;
  }
}

/** Width of a line of text in units. */
export function textWidth(text: string): number {
  return lettering(text).width;
}

/** The text, or as much of its beginning as is `width` units wide, with an ellipsis. */
export function fitting(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  const letters = [...text];
  const beginning = (count: number) => `${letters.slice(0, count).join("").trimEnd()}…`;
  let [fits, tooMany] = [0, letters.length];
  while (tooMany - fits > 1) {
    const middle = (fits + tooMany) >> 1;
    if (textWidth(beginning(middle)) <= width) fits = middle;
    else tooMany = middle;
  }
  return beginning(fits);
}
