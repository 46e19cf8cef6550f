/**
 * Colours of levels, from silence to the loudest.
 *
 * A map is a path through OKLab (Ottosson 2020), a space in which equal distances look equal: the lightness changes
 * evenly along it, so equal steps in dB look equal, in grey too, while the hue wanders.
 */
import type { Rgb } from "./png.ts";

/** All values of {@link Theme}. */
export const themes = ["dark", "light"] as const;

/** On a dark page silence is black and the loudest nearly white; on a light page the other way round. */
export type Theme = (typeof themes)[number];

/** Where a path goes: lightness 0 (black) to 1 (white), colourfulness, hue in degrees. */
type Station = readonly [lightness: number, chroma: number, hue: number];

/** Evenly spaced stations. */
const paths: Readonly<Record<Theme, readonly Station[]>> = {
  // Black, violet, magenta, red, orange, yellow, cream.
  dark: [
    [0.1, 0.03, 280],
    [0.25, 0.1, 285],
    [0.39, 0.17, 305],
    [0.54, 0.2, 345],
    [0.69, 0.18, 30],
    [0.84, 0.13, 70],
    [0.98, 0.06, 105],
  ],
  // White, sky, blue, indigo, aubergine.
  light: [
    [1, 0, 215],
    [0.86, 0.07, 215],
    [0.72, 0.11, 235],
    [0.58, 0.15, 260],
    [0.44, 0.18, 285],
    [0.3, 0.15, 310],
    [0.16, 0.08, 330],
  ],
};

/**
 * The colours of `steps` equal steps of level.
 *
 * @param steps 2 and more; the first is silence
 */
export function colourMap(theme: Theme, steps: number): readonly Rgb[] {
  return Array.from({ length: steps }, (_, i) => along(paths[theme], i / (steps - 1)));
}

/** `parts` + 1 colours from one to another. */
export function blend(from: Rgb, to: Rgb, parts: number): readonly Rgb[] {
  const mixed = (a: number, b: number, i: number) => Math.round(a + ((b - a) * i) / parts);
  return Array.from({ length: parts + 1 }, (_, i) => [
    mixed(from[0], to[0], i),
    mixed(from[1], to[1], i),
    mixed(from[2], to[2], i),
  ]);
}

function along(path: readonly Station[], height: number): Rgb {
  const place = height * (path.length - 1);
  const i = Math.min(Math.floor(place), path.length - 2);
  const [l0, c0, h0] = path[i];
  const [l1, c1, h1] = path[i + 1];
  const u = place - i;
  // Hues are taken the short way round.
  const turn = ((h1 - h0 + 540) % 360) - 180;
  return displayable(l0 + u * (l1 - l0), c0 + u * (c1 - c0), h0 + u * turn);
}

/** The colour, or one of the same lightness and hue that is just pale enough for a screen. */
function displayable(lightness: number, chroma: number, hue: number): Rgb {
  let shown = linearRgb(lightness, chroma, hue);
  for (let c = chroma; shown.some((v) => v < 0 || v > 1) && c > 0; c -= 0.002) {
    shown = linearRgb(lightness, Math.max(0, c), hue);
  }
  const [r, g, b] = shown.map((v) => Math.round(255 * encoded(Math.max(0, Math.min(1, v)))));
  return [r, g, b];
}

function linearRgb(lightness: number, chroma: number, hue: number): readonly number[] {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

/** The screen's curve (sRGB). */
function encoded(v: number): number {
  return v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055;
}
