/**
 * To the rate of the ear model, 24 kHz, as HAAQI's original goes there. It rounds rates to whole kilohertz (44.1 kHz
 * becomes 44, so everything is heard 0.23 % too low): to avoid this, resample with a better filter first.
 */
import { ArgumentError } from "../../errors.ts";
import type { Samples } from "../bss/correlations.ts";
import { chebyshev, filtered } from "./recursive.ts";

/** Rate of the ear model, Hz. */
export const MODEL_RATE = 24000;

/** Taps of the polyphase filter from p/q in lowest terms: a Kaiser-windowed sinc, 20·max(p, q) + 1 taps. */
export function polyphaseTaps(p: number, q: number): Float64Array {
  const m = Math.max(p, q);
  const half = 10 * m;
  const taps = Float64Array.from({ length: 2 * half + 1 }, (_, i) => {
    const u = (i - half) / half;
    return (sinc((i - half) / m) / m) * (bessel0(5 * Math.sqrt(1 - u * u)) / bessel0(5));
  });
  const sum = taps.reduce((a, b) => a + b);
  return taps.map((tap) => (p * tap) / sum);
}

/**
 * The signal at 24 kHz: polyphase resampling, then the root mean square as before.
 * @param rate Hz, 1000 to 768000; rounded to whole kilohertz.
 * @throws ArgumentError for other rates.
 */
export function toModelRate(x: Samples, rate: number): Samples {
  const kilohertz = roundHalfEven(rate / 1000);
  if (!(kilohertz >= 1 && kilohertz <= 768)) {
    throw new ArgumentError(`${rate} Hz is no sample rate.`, "Give 1000 to 768000 Hz.");
  }
  if (kilohertz === 24) return x;
  const divisor = gcd(24, kilohertz);
  const [p, q] = [24 / divisor, kilohertz / divisor];
  const out = polyphase(x, p, q, polyphaseTaps(p, q));
  const before = kilohertz < 24 ? rms(x) : rms(filtered(chebyshev(21 / kilohertz), x));
  const after = kilohertz < 24 ? rms(out) : rms(filtered(chebyshev(21 / 24), out));
  // Silence stays silence.
  return after === 0 ? out : out.map((value) => (value * before) / after);
}

function polyphase(x: Samples, p: number, q: number, taps: Float64Array): Float64Array {
  const half = (taps.length - 1) / 2;
  const out = new Float64Array(Math.ceil((x.length * p) / q));
  for (let n = 0; n < out.length; n++) {
    // Taps n·q − j·p + half lie within 0 … 2·half.
    const first = Math.max(0, Math.ceil((n * q - half) / p));
    const last = Math.min(x.length - 1, Math.floor((n * q + half) / p));
    let sum = 0;
    for (let j = first; j <= last; j++) sum += x[j] * taps[n * q - j * p + half];
    out[n] = sum;
  }
  return out;
}

/** Root mean square. */
export function rms(x: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * x[i];
  return Math.sqrt(sum / x.length);
}

/** To the nearest whole number, halves to the even one. */
export function roundHalfEven(x: number): number {
  const low = Math.floor(x);
  if (x - low !== 0.5) return Math.round(x);
  return low % 2 === 0 ? low : low + 1;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** sin(πx)/(πx). */
export function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Modified Bessel function of the first kind, order zero. */
export function bessel0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x * x) / 4 / (k * k);
    sum += term;
  }
  return sum;
}
