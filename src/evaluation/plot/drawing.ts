/** Drawings as data: what to draw, before it becomes SVG or PNG. */

/** "#rrggbb". */
export type Colour = `#${string}`;

/** A part of a drawing. */
export type Shape =
  | {
      readonly kind: "rectangle";
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
      readonly fill: Colour;
    }
  | {
      readonly kind: "line";
      readonly from: readonly [x: number, y: number];
      readonly to: readonly [x: number, y: number];
      readonly stroke: Colour;
      readonly width: number;
    }
  | {
      readonly kind: "dot";
      readonly x: number;
      readonly y: number;
      readonly radius: number;
      readonly fill: Colour;
    }
  | {
      readonly kind: "text";
      readonly x: number;
      /** Of the baseline. */
      readonly y: number;
      readonly text: string;
      /** Height of capitals is 0.7 of it. */
      readonly size: number;
      readonly anchor: "start" | "middle" | "end";
      readonly fill: Colour;
    };

/** In pixels, y downwards, on white. */
export interface Drawing {
  /** What it shows, for those who cannot see it. */
  readonly title: string;
  readonly width: number;
  readonly height: number;
  readonly shapes: readonly Shape[];
}
