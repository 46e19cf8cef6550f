import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArgumentError } from "../errors.ts";
import {
  agreement,
  goldenArray,
  goldenDir,
  goldenPath,
  goldenRows,
  readGolden,
} from "../testing/golden.ts";
import { noise } from "../testing/noise.ts";
import { Resampler, resampleLength } from "./resampler.ts";

function sine(frequency: number, rate: number, frames: number): Float32Array {
  return Float32Array.from({ length: frames }, (_, n) =>
    Math.sin((2 * Math.PI * frequency * n) / rate),
  );
}

function resample(from: number, to: number, x: Float32Array, cuts: readonly number[] = []) {
  const resampler = new Resampler(from, to, 1);
  const parts: Float32Array[] = [];
  let at = 0;
  for (const cut of [...cuts, x.length]) {
    if (at >= x.length && x.length > 0) break;
    parts.push(resampler.push([x.subarray(at, at + cut)])[0]);
    at += cut;
  }
  parts.push(resampler.flush()[0]);
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((offset, part) => {
    out.set(part, offset);
    return offset + part.length;
  }, 0);
  return out;
}

/** The middle, away from the edges that see the zeros outside. */
function middle<T extends Float32Array>(x: T, edge: number): Float32Array {
  return x.subarray(edge, x.length - edge);
}

function decibels(x: Float32Array): number {
  return 10 * Math.log10(x.reduce((sum, v) => sum + v * v, 0) / x.length / 0.5);
}

const pairs = [
  [44100, 48000],
  [48000, 44100],
  [96000, 44100],
  [44100, 96000],
  [22050, 44100],
  [44100, 22050],
  [8000, 44100],
  [44100, 8000],
  [44101, 44100],
  [44100, 44101],
  [37800, 44100],
  [192000, 44100],
] as const;

describe("Resampler", () => {
  it.each(pairs)("keeps sines of the pass band from %i Hz to %i Hz (SNR ≥ 100 dB)", (from, to) => {
    const nyquist = Math.min(from, to) / 2;
    const frames = from / 2;
    let worst = Number.POSITIVE_INFINITY;
    for (const part of [0.01, 0.31, 0.7, 0.92]) {
      const f = Math.round(part * nyquist) + 0.37;
      const y = resample(from, to, sine(f, from, Math.floor(frames)));
      expect(y.length).toBe(resampleLength(Math.floor(frames), from, to));
      const edge = Math.ceil((to / Math.min(from, to)) * 300);
      worst = Math.min(worst, agreement(middle(sine(f, to, y.length), edge), middle(y, edge)));
    }
    console.log(`${from} → ${to}: worst SNR in the pass band ${worst.toFixed(1)} dB`);
    expect(worst).toBeGreaterThan(100);
  });

  it.each(pairs.filter(([from, to]) => from > 1.05 * to))(
    "keeps what lies above the new Nyquist out, %i Hz to %i Hz (≥ 100 dB down)",
    (from, to) => {
      let worst = Number.NEGATIVE_INFINITY;
      for (const part of [0.01, 0.3, 1]) {
        const f = to / 2 + part * (from / 2 - to / 2) * 0.98 + 1;
        const y = resample(from, to, sine(f, from, from / 2));
        worst = Math.max(worst, decibels(middle(y, 400)));
      }
      console.log(`${from} → ${to}: loudest alias ${worst.toFixed(1)} dB`);
      expect(worst).toBeLessThan(-100);
    },
  );

  it("returns to the sample after 48 kHz → 44.1 kHz → 48 kHz", () => {
    // Noise without its highest octave, so that everything lies in the pass band.
    const x = resample(24000, 48000, resample(48000, 24000, noise(24000, 7)));
    const y = resample(44100, 48000, resample(48000, 44100, x));
    expect(y.length).toBeGreaterThanOrEqual(x.length);
    const db = agreement(middle(x, 2000), middle(y.subarray(0, x.length), 2000));
    console.log(`round trip: ${db.toFixed(1)} dB`);
    expect(db).toBeGreaterThan(100);
  });

  it("puts an impulse at its own time", () => {
    const x = new Float32Array(4800);
    x[1600] = 1;
    const y = resample(48000, 44100, x);
    const peak = y.indexOf(Math.max(...y));
    expect(peak).toBe(1470);
    for (let k = 1; k < 50; k++) expect(y[peak + k]).toBeCloseTo(y[peak - k], 6);
  });

  it("gives ceil(N·to/from) samples, also of next to nothing", () => {
    for (const [from, to] of [...pairs, [1000, 768000], [768000, 1000], [767999, 1001]] as const) {
      for (const n of [0, 1, 2, 3, 100]) {
        const x = new Float32Array(n).fill(0.5);
        expect(resample(from, to, x).length).toBe(Math.ceil((n * to) / from));
      }
    }
  });

  it("does not care how the input is cut (bit for bit)", () => {
    const x = noise(20000, 3);
    const rates = fc.constantFrom<readonly [number, number]>(...pairs);
    const whole = new Map<string, Float32Array>();
    fc.assert(
      fc.property(
        rates,
        fc.array(fc.oneof(fc.nat(40), fc.nat(9000)), { maxLength: 12 }),
        ([from, to], cuts) => {
          const key = `${from}:${to}`;
          const expected = whole.get(key) ?? resample(from, to, x);
          whole.set(key, expected);
          const actual = resample(from, to, x, cuts);
          expect(Buffer.compare(Buffer.from(actual.buffer), Buffer.from(expected.buffer))).toBe(0);
        },
      ),
      { numRuns: 60, seed: 1 },
    );
  });

  it("resamples every channel alike and starts anew after flush", () => {
    const x = noise(10000, 5);
    const expected = resample(48000, 44100, x);
    const resampler = new Resampler(48000, 44100, 3);
    for (let round = 0; round < 2; round++) {
      const head = resampler.push([x, x, new Float32Array(x.length)]);
      const tail = resampler.flush();
      for (const channel of [0, 1]) {
        expect([...head[channel], ...tail[channel]]).toEqual([...expected]);
      }
      expect(head[2].every((v) => v === 0)).toBe(true);
    }
  });

  it("passes samples through at equal rates", () => {
    const x = noise(1000, 9);
    expect(resample(44100, 44100, x)).toEqual(x);
  });

  it("refuses rates, channels and blocks that make no sense", () => {
    expect(() => new Resampler(0, 44100, 1)).toThrow(ArgumentError);
    expect(() => new Resampler(44100.5, 44100, 1)).toThrow(ArgumentError);
    expect(() => new Resampler(44100, 1e9, 1)).toThrow(ArgumentError);
    expect(() => new Resampler(44100, 48000, 0)).toThrow(ArgumentError);
    const resampler = new Resampler(44100, 48000, 2);
    expect(() => resampler.push([new Float32Array(3)])).toThrow(ArgumentError);
    expect(() => resampler.push([new Float32Array(3), new Float32Array(4)])).toThrow(ArgumentError);
  });
});

describe.skipIf(!goldenDir)("beside the resampler of Open-Unmix", () => {
  const music = () =>
    goldenRows(goldenArray(readGolden(goldenPath("signals.safetensors")), "music"));

  // Another filter, whose ends are softer: the same signal at the same times, not the same numbers.
  it.each([
    [48000, 2400],
    [22050, 1200],
    [16000, 1000],
    [96000, 3000],
    [32000, 1500],
  ])("gives as many samples, and the same but for the filters: %i Hz", (rate, count) => {
    const golden = readGolden(goldenPath("umx_family/umx/resample.safetensors"));
    const { data, shape } = goldenArray(golden, String(rate));
    const found = music().map((row) => resample(rate, 44100, row.slice(0, count)));
    for (const row of found) expect(row.length).toBe(shape[shape.length - 1]);
    const reached = agreement(data, Float32Array.from(found.flatMap((row) => [...row])));
    console.log(`${rate} Hz: ${reached.toFixed(1)} dB`);
    expect(reached).toBeGreaterThan(50);
  });
});
