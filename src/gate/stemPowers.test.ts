import { describe, expect, it } from "vitest";
import { agreement } from "../testing/golden.ts";
import { noise } from "../testing/noise.ts";
import { CUES, cuesOf, powerOfSum } from "./cues.ts";
import {
  BANDS,
  bandEdges,
  GROUP,
  GROUP_SAMPLES,
  gateStft,
  POWERS,
  SIGNALS,
  StemPowers,
} from "./stemPowers.ts";

const rows = Array.from({ length: 8 }, (_, i) => noise(GROUP_SAMPLES, i + 1));

/** Powers of a frame by the sum that defines a Fourier transform, in a few bands. */
function plain(frame: number, bands: readonly number[]): number[] {
  const { length, hop } = gateStft;
  const edges = bandEdges();
  const bin = (samples: Float32Array, k: number) => {
    let [re, im] = [0, 0];
    for (let n = 0; n < length; n++) {
      const x = samples[frame * hop + n] * (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / length));
      re += x * Math.cos((2 * Math.PI * k * n) / length);
      im -= x * Math.sin((2 * Math.PI * k * n) / length);
    }
    return [re, im] as const;
  };
  const add = (list: readonly (readonly [number, number])[]) =>
    [0, 1].map((part) => list.reduce((sum, x) => sum + x[part], 0)) as [number, number];
  const power = ([re, im]: readonly [number, number]) => re ** 2 + im ** 2;
  const powers = new Array<number>(POWERS).fill(0);
  for (const band of bands) {
    for (let k = edges[band]; k < edges[band + 1]; k++) {
      const stems = [0, 1, 2, 3].map(
        (s) => [bin(rows[2 * s], k), bin(rows[2 * s + 1], k)] as const,
      );
      const sum = [0, 1].map((c) => add(stems.map((stem) => stem[c])));
      for (const [signal, channels] of [...stems, sum].entries()) {
        powers[signal * BANDS + band] += power(channels[0]) + power(channels[1]);
        powers[(SIGNALS + signal) * BANDS + band] += power(add(channels)) / 2;
      }
    }
  }
  return powers;
}

describe("powers of stems", () => {
  it("are those of Hann frames, in bands of the mel scale", () => {
    const found = new StemPowers().measure(rows);
    expect(found).toHaveLength(GROUP);
    const bands = [0, 5, 12];
    for (const frame of [0, 3]) {
      const expected = plain(frame, bands);
      const own = [...found[frame]].map((value, i) => (bands.includes(i % BANDS) ? value : 0));
      const decibels = agreement(expected, own);
      console.log(`frame ${frame}: ${decibels.toFixed(1)} dB`);
      expect(decibels).toBeGreaterThan(100);
    }
  });

  it("cover 30 Hz to 16 kHz without gaps", () => {
    const edges = bandEdges();
    expect(edges).toHaveLength(BANDS + 1);
    for (const [band, edge] of edges.slice(1).entries()) expect(edge).toBeGreaterThan(edges[band]);
    expect(edges[0]).toBe(3);
    expect(edges.at(-1)).toBe(1486);
  });
});

describe("cues", () => {
  it("do not change with the level", () => {
    const powers = new StemPowers();
    const [loud] = powers.measure(rows);
    const [soft] = powers.measure(rows.map((row) => row.map((x) => 0.01 * x)));
    const of = (frame: Float32Array) => cuesOf(frame, powerOfSum(frame));
    expect(of(loud)).toHaveLength(CUES);
    const decibels = agreement(of(loud), of(soft));
    console.log(`${decibels.toFixed(1)} dB`);
    expect(decibels).toBeGreaterThan(90);
  });

  it("are numbers in silence, too", () => {
    const cues = cuesOf(new Float32Array(POWERS), 0);
    expect(cues.every(Number.isFinite)).toBe(true);
  });
});
