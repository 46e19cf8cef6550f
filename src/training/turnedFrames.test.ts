import { expect, it } from "vitest";
import { agreement } from "../testing/golden.ts";
import { noiseSource } from "../testing/noise.ts";
import { sumOfTargets, turn, turnBack } from "./turnedFrames.ts";

const sizes = { bins: 2, coefs: 8, slices: 3, batch: 3 };
const random = noiseSource(1);
const targets = Float32Array.from({ length: 3 * 4 * 2 * 2 * 3 * 8 * 2 }, random);

it("turns back what it turned", () => {
  const mixture = sumOfTargets(targets, sizes);
  const { inPhase, quadrature } = turn(targets, mixture, sizes, true);
  expect(agreement(targets, turnBack(mixture, inPhase, quadrature, sizes))).toBeGreaterThan(130);
});

it("takes the sum of the targets where no mixture is given", () => {
  const alone = turn(targets, undefined, sizes, false);
  const { inPhase, magnitude } = turn(targets, sumOfTargets(targets, sizes), sizes, false);
  expect(agreement(inPhase, alone.inPhase)).toBeGreaterThan(120);
  expect(agreement(magnitude, alone.magnitude)).toBeGreaterThan(120);
});

it("turns by nothing where the mixture is 0", () => {
  const silent = new Float32Array(targets.length / 4);
  const { inPhase, quadrature } = turn(targets, silent, sizes, true);
  const real = targets.filter((_, i) => i % 2 === 0);
  expect(inPhase.toSorted()).toEqual(real.toSorted());
  expect(quadrature?.length).toBe(inPhase.length);
});

it("lays items side by side, half slices after them, and halves of slices among the channels", () => {
  const { inPhase } = turn(targets, new Float32Array(targets.length / 4), sizes, false);
  const { bins, coefs, slices, batch } = sizes;
  const [item, target, channel, bin, slice, m] = [2, 1, 1, 1, 2, 5];
  const source = ((((item * 4 + target) * 2 + channel) * bins + bin) * slices + slice) * coefs + m;
  const row = ((target * 2 + channel) * 4 + (m - 4)) * bins + bin;
  expect(inPhase[(row * 2 * slices + 2 * slice + 1) * batch + item]).toBe(targets[2 * source]);
});
