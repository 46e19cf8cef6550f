/**
 * Resampling of whole signals as soxr's "HQ" does it, which published scores went through: linear phase, no delay, flat
 * to 0.9137 of the lower Nyquist frequency, 120 dB down from there on.
 */
import { ArgumentError } from "../../errors.ts";
import { createKernels } from "../../kernels/instance.ts";
import type { Samples } from "../bss/correlations.ts";
import { bessel0, sinc } from "./modelRate.ts";

const [PASS, STOP, ATTENUATION] = [0.9137, 1, 120];
const BETA = 0.1102 * (ATTENUATION - 8.7);

/** Taps by fraction of a sample, as the kernel wants them: rows of a multiple of 16. */
interface FineTable {
  readonly phases: number;
  readonly step: number;
  readonly tapsPerRow: number;
  readonly taps: Float32Array;
}

const tables = new Map<string, FineTable>();

function fineTable(fromRate: number, toRate: number): FineTable {
  const key = `${fromRate}:${toRate}`;
  const known = tables.get(key);
  if (known) return known;
  const divisor = gcd(fromRate, toRate);
  const [step, phases] = [fromRate / divisor, toRate / divisor];
  const nyquist = Math.min(1, phases / step);
  const estimate = (ATTENUATION - 8) / (2.285 * Math.PI * (STOP - PASS) * nyquist);
  const tapsPerRow = 16 * Math.ceil(estimate / 16);
  const half = tapsPerRow / 2;
  const cutoff = (nyquist * (PASS + STOP)) / 2;
  const taps = new Float32Array(phases * tapsPerRow);
  for (let row = 0; row < phases; row++) {
    for (let k = 0; k < tapsPerRow; k++) {
      const time = row / phases + half - 1 - k;
      const u = time / half;
      taps[row * tapsPerRow + k] =
        (cutoff * sinc(cutoff * time) * bessel0(BETA * Math.sqrt(Math.max(0, 1 - u * u)))) /
        bessel0(BETA);
    }
  }
  const table = { phases, step, tapsPerRow, taps };
  tables.clear();
  tables.set(key, table);
  return table;
}

/**
 * The signal at another rate: round(samples·toRate/fromRate) samples, at least one.
 * @param fromRate, toRate Hz, whole numbers of 1000 to 768000.
 * @throws ArgumentError for other rates.
 */
export function fineResample(x: Samples, fromRate: number, toRate: number): Float32Array {
  for (const rate of [fromRate, toRate]) {
    if (!(Number.isInteger(rate) && rate >= 1000 && rate <= 768000)) {
      throw new ArgumentError(`${rate} Hz is no sample rate.`, "Give 1000 to 768000 Hz.");
    }
  }
  if (fromRate === toRate) return Float32Array.from(x);
  const { phases, step, tapsPerRow, taps } = fineTable(fromRate, toRate);
  const count = Math.max(1, Math.round((x.length * toRate) / fromRate));
  const kernels = createKernels();
  // Samples and zeros on both sides: half of the taps before, all that the last output reaches after.
  const before = tapsPerRow / 2 - 1;
  const input = kernels.allocate(4 * (before + x.length + 2 * tapsPerRow));
  const table = kernels.allocate(taps.byteLength);
  const output = kernels.allocate(4 * count);
  kernels.f32(input, before + x.length).set(x, before);
  kernels.f32(table, taps.length).set(taps);
  const whole = Math.floor(step / phases);
  kernels.exports.polyphase(
    input,
    table,
    tapsPerRow,
    phases,
    phases,
    whole,
    step % phases,
    0,
    0,
    output,
    count,
  );
  return kernels.f32(output, count).slice();
}

/**
 * The way back: the gradient by a signal from that by what {@link fineResample} made of it.
 * @param samples of the signal.
 */
export function fineResampleBack(
  by: ArrayLike<number>,
  samples: number,
  fromRate: number,
  toRate: number,
): Float64Array {
  if (fromRate === toRate) return Float64Array.from(by);
  const { phases, step, tapsPerRow, taps } = fineTable(fromRate, toRate);
  const before = tapsPerRow / 2 - 1;
  const padded = new Float64Array(before + samples + 2 * tapsPerRow);
  for (let n = 0; n < by.length; n++) {
    const time = n * step;
    const first = Math.floor(time / phases);
    const row = (time % phases) * tapsPerRow;
    const value = by[n];
    for (let k = 0; k < tapsPerRow; k++) padded[first + k] += value * taps[row + k];
  }
  return padded.slice(before, before + samples);
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
