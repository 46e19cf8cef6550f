/**
 * A typeface of strokes for pictures, so that no font has to be installed.
 *
 * Units are pixels at the usual size: capitals are 10 high, small letters 7, tails go down to −3, y points upwards from
 * the baseline. A letter is its width and a path: M moves to a point, L draws a line to it, H and V draw a quarter of an
 * ellipse to it, which leaves horizontally or vertically. Stems and bars lie on whole numbers, which keeps them sharp.
 */

const LETTERS: Readonly<Record<string, readonly [width: number, path: string]>> = {
  A: [8, "M0,0 L4,10 L8,0 M1.2,3 L6.8,3"],
  B: [7, "M4,5 L0,5 M0,0 L0,10 L4,10 H6.4,7.5 V4,5 H7,2.5 V4,0 L0,0"],
  C: [8, "M8,7 V4.5,10 H0,5 V4.5,0 H8,3"],
  D: [8, "M0,0 L0,10 L3.5,10 H8,5 V3.5,0 L0,0"],
  E: [6, "M6,0 L0,0 L0,10 L6,10 M0,5 L5,5"],
  F: [6, "M0,0 L0,10 L6,10 M0,5 L5,5"],
  G: [8, "M8,7 V4.5,10 H0,5 V4.5,0 H8,3 L8,5 L5,5"],
  H: [7, "M0,0 L0,10 M7,0 L7,10 M0,5 L7,5"],
  I: [0, "M0,0 L0,10"],
  J: [5, "M5,10 L5,3 V2.5,0 H0,2.5"],
  K: [7, "M0,0 L0,10 M7,10 L0,3.6 M2.4,5.8 L7,0"],
  L: [5, "M0,10 L0,0 L5,0"],
  M: [9, "M0,0 L0,10 L4.5,3 L9,10 L9,0"],
  N: [7, "M0,0 L0,10 L7,0 L7,10"],
  O: [9, "M0,5 V4.5,10 H9,5 V4.5,0 H0,5"],
  P: [7, "M0,0 L0,10 L4,10 H7,7 V4,4 L0,4"],
  Q: [9, "M0,5 V4.5,10 H9,5 V4.5,0 H0,5 M5.5,3 L9,-0.8"],
  R: [7, "M0,0 L0,10 L4,10 H7,7 V4,4 L0,4 M3.6,4 L7,0"],
  S: [7, "M6.6,7.6 V3.5,10 H0.4,7.5 V3.5,5 H7,2.5 V3.5,0 H0,2.4"],
  T: [8, "M0,10 L8,10 M4,10 L4,0"],
  U: [7, "M0,10 L0,3.5 V3.5,0 H7,3.5 L7,10"],
  V: [8, "M0,10 L4,0 L8,10"],
  W: [12, "M0,10 L3,0 L6,9 L9,0 L12,10"],
  X: [7, "M0,0 L7,10 M0,10 L7,0"],
  Y: [8, "M0,10 L4,4.6 L8,10 M4,4.6 L4,0"],
  Z: [7, "M0,10 L7,10 L0,0 L7,0"],
  a: [5, "M0.4,5.5 V2.6,7 H5,4.5 L5,0 M5,4 L2.2,4 H0,2 V2.1,0 H5,2.4"],
  b: [6, "M0,10 L0,0 M0,3.5 V3,7 H6,3.5 V3,0 H0,3.5"],
  c: [5, "M5.2,5.2 V3,7 H0,3.5 V3,0 H5.2,1.8"],
  d: [6, "M6,10 L6,0 M6,3.5 V3,7 H0,3.5 V3,0 H6,3.5"],
  e: [6, "M0.2,4 L6,4 V3,7 H0,3.5 V3.1,0 H5.6,1.6"],
  f: [4, "M2,0 L2,8 V4,10 L4.6,10 M0,7 L4.4,7"],
  g: [6, "M6,7 L6,-0.2 V3,-3 H0.6,-1.6 M6,3.5 V3,7 H0,3.5 V3,0 H6,3.5"],
  h: [6, "M0,10 L0,0 M0,4 V3,7 H6,4 L6,0"],
  i: [0, "M0,7 L0,0 M0,9.7 L0,10"],
  j: [2, "M2,7 L2,-1 V0.2,-3 L-0.4,-3 M2,9.7 L2,10"],
  k: [5, "M0,10 L0,0 M5,7 L0,2.4 M1.8,4 L5.2,0"],
  l: [1.6, "M0,10 L0,1.8 V1.6,0"],
  m: [10, "M0,7 L0,0 M0,4.2 V2.6,7 H5,4.2 L5,0 M5,4.2 V7.6,7 H10,4.2 L10,0"],
  n: [6, "M0,7 L0,0 M0,4 V3,7 H6,4 L6,0"],
  o: [6, "M0,3.5 V3,7 H6,3.5 V3,0 H0,3.5"],
  p: [6, "M0,7 L0,-3 M0,3.5 V3,7 H6,3.5 V3,0 H0,3.5"],
  q: [6, "M6,7 L6,-3 M6,3.5 V3,7 H0,3.5 V3,0 H6,3.5"],
  r: [4, "M0,7 L0,0 M0,4 V3,7 L4,7"],
  s: [5, "M4.7,5.6 V2.5,7 H0.3,5.3 V2.5,3.6 H5,1.8 V2.5,0 H0,1.5"],
  t: [4, "M2,9.6 L2,2 V4,0 L4.5,0 M0,7 L4.4,7"],
  u: [6, "M0,7 L0,3 V3,0 H6,3 M6,7 L6,0"],
  v: [6, "M0,7 L3,0 L6,7"],
  w: [9, "M0,7 L2.2,0 L4.5,6.6 L6.8,0 L9,7"],
  x: [5, "M0,0 L5.4,7 M0,7 L5.4,0"],
  y: [6, "M0,7 L3.1,0 M6,7 L2.5,-1.6 L1.6,-2.8 L0.2,-3"],
  z: [5, "M0,7 L5.2,7 L0,0 L5.2,0"],
  "0": [6, "M0,5 V3,10 H6,5 V3,0 H0,5"],
  "1": [6, "M0.8,7.8 L3.4,10 L3.4,0"],
  "2": [6, "M0.2,7.4 V3,10 H5.7,7.4 L5.1,5.6 L0,0 L6,0"],
  "3": [6, "M0.4,8 V3,10 H5.6,7.6 V3,5.3 L2,5.3 M3,5.3 H6,2.6 V3,0 H0,2.2"],
  "4": [6, "M5,0 L5,10 L-0.2,3 L6.6,3"],
  "5": [6, "M5.5,10 L1,10 L0.5,5.2 V3,6.2 H6,3.1 V3,0 H0,1.9"],
  "6": [6, "M5.2,8.8 V3.4,10 H0,4.4 L0,3.1 V3,0 H6,3.1 V3,6.2 H0,3.1"],
  "7": [6, "M0,10 L6,10 L2,0"],
  "8": [6, "M3,5.3 H0.4,7.6 V3,10 H5.6,7.6 V3,5.3 H6,2.6 V3,0 H0,2.6 V3,5.3"],
  "9": [6, "M0.8,1.2 V2.6,0 H6,5.6 L6,6.9 V3,10 H0,6.9 V3,3.8 H6,6.9"],
  " ": [2, ""],
  ".": [0, "M0,0 L0,0.4"],
  ",": [0, "M0.2,0.4 L0.2,0 L-0.7,-2"],
  ":": [0, "M0,0 L0,0.4 M0,5.8 L0,6.2"],
  ";": [0, "M0.2,0.4 L0.2,0 L-0.7,-2 M0.2,5.8 L0.2,6.2"],
  "!": [0, "M0,10 L0,3 M0,0 L0,0.4"],
  "?": [5, "M0,7.6 V2.5,10 H5,7.6 L4.5,6.2 L2.4,4.2 L2.4,3 M2.4,0 L2.4,0.4"],
  "'": [0, "M0,10 L0,7.4"],
  '"': [3, "M0,10 L0,7.4 M3,10 L3,7.4"],
  "-": [4, "M0,4 L4,4"],
  "–": [6, "M0,4 L6,4"],
  "—": [10, "M0,4 L10,4"],
  _: [7, "M0,-2 L7,-2"],
  "+": [6, "M0,4 L6,4 M3,1 L3,7"],
  "=": [6, "M0,2.5 L6,2.5 M0,5.5 L6,5.5"],
  "*": [4, "M2,10 L2,5 M0,8.8 L4,6.2 M0,6.2 L4,8.8"],
  "/": [4, "M0,-1.5 L4.4,11"],
  "\\": [4, "M4.4,-1.5 L0,11"],
  "|": [0, "M0,-2.5 L0,11"],
  "(": [2, "M2.4,11.5 L1,9.2 L0.2,6.4 L0.2,3.2 L1,0.4 L2.4,-2"],
  ")": [2, "M0,11.5 L1.4,9.2 L2.2,6.4 L2.2,3.2 L1.4,0.4 L0,-2"],
  "[": [2, "M2.6,11 L0,11 L0,-2 L2.6,-2"],
  "]": [2, "M0,11 L2.6,11 L2.6,-2 L0,-2"],
  "{": [3, "M3.2,11 L2.2,11 H1.2,10 L1.2,5.6 L0,4.5 L1.2,3.4 L1.2,-1 V2.2,-2 L3.2,-2"],
  "}": [3, "M0,11 L1,11 H2,10 L2,5.6 L3.2,4.5 L2,3.4 L2,-1 V1,-2 L0,-2"],
  "<": [6, "M6,7.2 L0,4 L6,0.8"],
  ">": [6, "M0,7.2 L6,4 L0,0.8"],
  "^": [5, "M0,7 L2.5,10 L5,7"],
  "`": [1.6, "M0,10 L1.6,8.2"],
  "~": [6, "M0,3.2 L1.2,4.5 L2.2,4.5 L3.8,3.3 L4.8,3.3 L6,4.6"],
  "#": [8, "M1.6,0 L3.2,10 M4.8,0 L6.4,10 M0.6,7 L8,7 M0,3 L7.4,3"],
  $: [7, "M6.6,7.6 V3.5,10 H0.4,7.5 V3.5,5 H7,2.5 V3.5,0 H0,2.4 M3.5,11.6 L3.5,-1.6"],
  "%": [10, "M0,7.8 V2,10 H4,7.8 V2,5.6 H0,7.8 M6,2.2 V8,4.4 H10,2.2 V8,0 H6,2.2 M7.8,10 L2.2,0"],
  "&": [8, "M8,0 L2,6.4 L1.4,8 V3.4,10 H5.4,8.2 L4.8,6.8 L1,4.4 L0,2.6 V3,0 L4.8,0.6 L8,4.4"],
  "@": [
    10,
    "M7.2,6.2 L7.2,4 V5,6.4 H2.8,4 V5,1.6 H7.2,4 L7.2,3 V8.6,1.6 H10,4.5 V5,9.6 H0,4 V5,-1.6 L7.4,-1.2",
  ],
  "°": [3, "M0,8.4 V1.6,10 H3.2,8.4 V1.6,6.8 H0,8.4"],
  "·": [0, "M0,4 L0,4.4"],
  "•": [1, "M0,4 V0.6,4.6 H1.2,4 V0.6,3.4 H0,4"],
  "×": [5, "M0,1.5 L5,6.5 M0,6.5 L5,1.5"],
};

/** Stands for all that has no letter here. */
const UNKNOWN = [6, "M0,0 L0,10 L6,10 L6,0 L0,0"] as const;

/** What looks like other letters, or is made of them. */
const SPELLINGS: Readonly<Record<string, string>> = {
  ...{
    ß: "ss",
    Æ: "AE",
    æ: "ae",
    Œ: "OE",
    œ: "oe",
    Ø: "O",
    ø: "o",
    Ł: "L",
    ł: "l",
    Đ: "D",
    đ: "d",
  },
  ...{ ı: "i", Þ: "Th", þ: "th", Ð: "D", ð: "d", "♯": "#", "♭": "b", "−": "–", "‐": "-", "‑": "-" },
  ...{ "‘": "'", "’": "'", "“": '"', "”": '"', "„": '"', "′": "'", "«": "<<", "»": ">>" },
};

/** Between letters. */
const SPACING = 3;
/** Steps of a quarter of an ellipse. */
const QUARTER = 8;

export type Point = readonly [x: number, y: number];

/** A line of text as rows of points; y upwards from the baseline. */
export interface Lettering {
  readonly width: number;
  readonly strokes: readonly (readonly Point[])[];
}

/** Lays out a line of text; accents are dropped, and what has no letter is a box. */
export function lettering(text: string): Lettering {
  const strokes: Point[][] = [];
  let x = 0;
  for (const letter of spelled(text)) {
    const [width, path] = LETTERS[letter] ?? UNKNOWN;
    for (const stroke of strokesOf(path)) strokes.push(stroke.map(([px, py]) => [px + x, py]));
    x += width + SPACING;
  }
  return { width: Math.max(0, x - SPACING), strokes };
}

function spelled(text: string): readonly string[] {
  return [...text.normalize("NFKD")]
    .filter((letter) => !/\p{Mark}/u.test(letter))
    .flatMap((letter) => [...(SPELLINGS[letter] ?? letter)]);
}

function strokesOf(path: string): readonly Point[][] {
  const strokes: Point[][] = [];
  for (const [, kind, xText, yText] of path.matchAll(/([MLHV])([-\d.]+),([-\d.]+)/g)) {
    const to: Point = [Number(xText), Number(yText)];
    const stroke = strokes.at(-1);
    if (kind === "M" || !stroke) strokes.push([to]);
    else if (kind === "L") stroke.push(to);
    else stroke.push(...quarter(stroke[stroke.length - 1], to, kind === "H"));
  }
  return strokes;
}

/** A quarter of an ellipse without its first point. */
function quarter([x0, y0]: Point, [x1, y1]: Point, horizontal: boolean): readonly Point[] {
  return Array.from({ length: QUARTER }, (_, i) => {
    const angle = ((i + 1) / QUARTER) * (Math.PI / 2);
    const [early, late] = [Math.sin(angle), 1 - Math.cos(angle)];
    const [u, v] = horizontal ? [early, late] : [late, early];
    return [x0 + u * (x1 - x0), y0 + v * (y1 - y0)];
  });
}
