import { expect, it } from "vitest";
import { areFiniteHalves, narrowToHalf, widenBfloat, widenHalf } from "./halfFloat.ts";

const all = Uint16Array.from({ length: 65536 }, (_, i) => i);

/** The value of a half, by its definition. */
function halfValue(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 0x3ff;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Nearest half of a double, ties to even: the spacing of halves is divided out, and the rest rounded. */
function slowNarrow(x: number): number {
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
  const a = Math.abs(x);
  if (a === Number.POSITIVE_INFINITY) return sign | 0x7c00;
  let exponent = -14;
  while (2 ** (exponent + 1) <= a) exponent++;
  const units = a / 2 ** (exponent - 10);
  let rounded = Math.floor(units);
  const rest = units - rounded;
  if (rest > 0.5 || (rest === 0.5 && rounded % 2 === 1)) rounded++;
  // A carry runs into the exponent by itself: the patterns of halves are in order of magnitude.
  const pattern = (exponent + 14) * 1024 + rounded;
  return sign | Math.min(pattern, 0x7c00);
}

it("widens every half to the value that the format defines", () => {
  const wide = widenHalf(all);
  expect(all.findIndex((half) => !Object.is(wide[half], halfValue(half)))).toBe(-1);
});

it("gives back all 65536 halves, payloads of NaNs included", () => {
  expect(narrowToHalf(widenHalf(all))).toEqual(all);
});

it("rounds singles as the slow double reference does: around every half, every midpoint, and at random", () => {
  const singles: number[] = [];
  const bits = new Uint32Array(1);
  const single = new Float32Array(bits.buffer);
  for (let half = 0; half < 0x7c00; half++) {
    const middle = (halfValue(half) + (half === 0x7bff ? 65536 : halfValue(half + 1))) / 2;
    for (const centre of [halfValue(half), middle]) {
      single[0] = centre;
      const pattern = bits[0];
      for (const step of [-1, 0, 1]) {
        if (pattern + step < 0) continue;
        bits[0] = pattern + step;
        singles.push(single[0], -single[0]);
      }
    }
  }
  for (let i = 1; i <= 200_000; i++) {
    bits[0] = Math.imul(i, 0x9e3779b9);
    if (!Number.isNaN(single[0])) singles.push(single[0]);
  }
  const floats = Float32Array.from(singles);
  const halves = narrowToHalf(floats);
  expect(halves.findIndex((half, i) => half !== slowNarrow(floats[i]))).toBe(-1);
});

it("keeps the sign of zero, overflows to infinity and keeps NaN", () => {
  const values = Float32Array.of(
    0,
    -0,
    65504,
    65519.996,
    65520,
    -1e38,
    2 ** -25,
    1.0001 * 2 ** -25,
  );
  expect([...narrowToHalf(values)]).toEqual([0, 0x8000, 0x7bff, 0x7bff, 0x7c00, 0xfc00, 0, 1]);
  expect(widenHalf(narrowToHalf(Float32Array.of(Number.NaN)))[0]).toBeNaN();
  const tiniestNaN = new Float32Array(Uint32Array.of(0x7f800001).buffer);
  expect(narrowToHalf(tiniestNaN)[0]).toBe(0x7e00);
});

it("widens bfloat16 by appending sixteen zero bits", () => {
  const wide = new Uint32Array(widenBfloat(all).buffer);
  expect(all.findIndex((half) => wide[half] !== half * 65536)).toBe(-1);
});

it("tells whether halves are finite, wherever they lie and however many they are", () => {
  for (const length of [1, 2, 5]) {
    for (const first of [0, 1]) {
      for (let at = 0; at < length; at++) {
        const halves = new Uint16Array(8).fill(0xfbff).subarray(first, first + length);
        for (const half of [0, 0x7bff, 0x8000, 0xfbff, 0x7c00, 0xfc00, 0x7c01, 0xffff]) {
          halves[at] = half;
          expect(areFiniteHalves(halves), `${half} at ${at}`).toBe(
            Number.isFinite(halfValue(half)),
          );
        }
      }
    }
  }
});
