import { expect, it } from "vitest";
import { noiseSource } from "../../testing/noise.ts";
import { sdrLoss } from "./waveformSdr.ts";

const length = 40;
const signals = (seed: number) => {
  const random = noiseSource(seed);
  return Array.from({ length: 16 }, () => Float32Array.from({ length }, () => random() + 0.3));
};

/** The definition, combination by combination. */
function plain(estimates: readonly Float32Array[], references: readonly Float32Array[]): number {
  const centred = (x: number[]) => x.map((v) => v - x.reduce((a, b) => a + b, 0) / x.length);
  const dot = (a: number[], b: number[]) => a.reduce((sum, v, i) => sum + v * b[i], 0);
  let sum = 0;
  for (let item = 0; item < 2; item++) {
    for (let channel = 0; channel < 2; channel++) {
      for (let set = 1; set <= 14; set++) {
        const joined = (all: readonly Float32Array[]) =>
          centred(
            Array.from({ length }, (_, i) =>
              [0, 1, 2, 3].reduce(
                (s, j) => s + ((set >> j) & 1 ? all[(item * 4 + j) * 2 + channel][i] : 0),
                0,
              ),
            ),
          );
        const p = joined(estimates);
        const q = joined(references);
        const alpha = dot(p, q) / (dot(q, q) + 1e-8);
        const error = p.map((v, i) => v - q[i]);
        const ratio = (alpha ** 2 * dot(q, q)) / (dot(error, error) + 1e-8);
        sum += -10 * Math.log10(ratio + 1e-8);
      }
    }
  }
  return sum / (4 * 14);
}

it("is the mean over items, channels and combinations of its definition", () => {
  expect(sdrLoss(signals(1), signals(2)).loss).toBeCloseTo(plain(signals(1), signals(2)), 6);
});

it("has the gradient of central differences", () => {
  const estimates = signals(1);
  const { gradient } = sdrLoss(estimates, signals(2));
  for (const [signal, at] of [
    [0, 3],
    [5, 17],
    [14, 39],
  ]) {
    const h = 2 ** -8;
    const moved = (by: number) => {
      const copy = estimates.map((x) => x.slice());
      copy[signal][at] += by;
      return plain(copy, signals(2));
    };
    const expected = (moved(h) - moved(-h)) / (2 * h);
    expect(gradient[signal][at]).toBeCloseTo(expected, 4);
  }
});
