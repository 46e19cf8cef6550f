import { describe, expect, it } from "vitest";
import { createKernels } from "../kernels/instance.ts";
import { agreement, goldenArray, goldenPath, readGolden } from "../testing/golden.ts";
import { sourceMasks } from "./frameMasks.ts";
import { type FrameEm, norbertEm, openUnmixEm } from "./frameSettings.ts";
import { type FrameModel, FrameWiener, frameModel } from "./frameWiener.ts";

const golden = readGolden(goldenPath("umx_family/umx/wiener.safetensors"));
const [frames, bins, , targets] = goldenArray(golden, "a.magnitudes").shape;

/**
 * Stands in for coefficients of exactly 0, where magnitudes without a mixture still count, with phase 0. Open-Unmix itself
 * replaces them by 1 unless masks are soft, and filters that.
 */
const TINY = 1e-15;

/** Mixture and masks in our order: [frames, channels, re and im, bins] and, per source, [frames, channels, bins]. */
function given(channels: 1 | 2, zero: number) {
  const x = goldenArray(golden, "a.mixture").data;
  const magnitudes = goldenArray(golden, "a.magnitudes").data;
  const spectra = new Float32Array(frames * 4 * bins);
  const masks = Array.from({ length: targets }, () => new Float32Array(frames * channels * bins));
  for (let t = 0; t < frames; t++) {
    for (let f = 0; f < bins; f++) {
      const abs = [0, 1].map((c) => {
        const from = ((t * bins + f) * 2 + c) * 2;
        const isZero = x[from] === 0 && x[from + 1] === 0;
        const re = isZero ? zero : x[from];
        spectra[(t * 4 + 2 * c) * bins + f] = re;
        spectra[(t * 4 + 2 * c + 1) * bins + f] = x[from + 1];
        return Math.hypot(re, x[from + 1]);
      });
      const on = channels === 1 ? [(abs[0] + abs[1]) / 2] : abs;
      for (const [c, magnitude] of on.entries()) {
        for (let j = 0; j < targets; j++) {
          const estimate = magnitudes[((t * bins + f) * 2 + c) * targets + j];
          masks[j][(t * channels + c) * bins + f] = estimate / magnitude;
        }
      }
    }
  }
  return { spectra, masks };
}

/** Estimates in the reference's order, [frames, bins, 2, re and im, sources]. */
function filtered(settings: FrameEm, channels: 1 | 2 = 2): Float32Array {
  const isOpenUnmix = settings.epsilon === openUnmixEm.epsilon;
  const { spectra, masks } = given(channels, isOpenUnmix && !settings.softmask ? 1 : TINY);
  const kernels = createKernels();
  const count = targets + (settings.residual ? 1 : 0);
  const wiener = new FrameWiener(kernels, count, bins, settings.iterations);
  const size = frames * 4 * bins;
  const placed = {
    frames,
    spectra: kernels.allocate(4 * size),
    masks: Array.from({ length: count }, () => kernels.allocate(2 * size)),
  };
  const estimates = placed.masks.map(() => kernels.allocate(4 * size));
  const sources = placed.masks.map((place) => kernels.f32(place, size / 2));
  sourceMasks(masks, spectra, frames, settings, sources);
  kernels.f32(placed.spectra, size).set(spectra);
  const peak = kernels.exports.planarPeak(placed.spectra, frames, bins);
  const models: FrameModel[] = [];
  for (let i = 0; i < settings.iterations; i++) {
    models.push(frameModel(wiener.measure(placed, models), count, peak, settings));
  }
  wiener.filter(placed, models, frames, estimates, () => undefined);
  const out = estimates.map((place) => kernels.f32(place, size));
  const ordered = new Float32Array(frames * bins * 4 * count);
  let to = 0;
  for (let t = 0; t < frames; t++) {
    for (let f = 0; f < bins; f++) {
      for (let part = 0; part < 4; part++) {
        for (const one of out) ordered[to++] = one[(t * 4 + part) * bins + f];
      }
    }
  }
  return ordered;
}

function decibels(name: string, found: Float32Array): number {
  const value = agreement(goldenArray(golden, name).data, found);
  console.log(`Wiener ${name}: ${value.toFixed(1)} dB`);
  return value;
}

describe("expectation maximisation on frames", () => {
  it.each([
    ["a.niter0", 129],
    ["a.niter1", 120],
    ["a.niter2", 102],
    ["a.niter0.residual", 132],
    ["a.niter1.residual", 95],
    ["a.niter2.residual", 71],
    ["a.niter0.softmask", 130],
    ["a.niter1.softmask", 105],
    ["a.niter2.softmask", 99],
    ["a.niter0.softmask.residual", 123],
    ["a.niter1.softmask.residual", 105],
    ["a.niter2.softmask.residual", 99],
  ])("is Open-Unmix's: %s", (name, least) => {
    const settings: FrameEm = {
      ...openUnmixEm,
      iterations: Number(/niter(\d)/.exec(name)?.[1]),
      softmask: name.includes("softmask"),
      ...(name.includes("residual") && { residual: "complex" }),
    };
    expect(decibels(name, filtered(settings))).toBeGreaterThan(least);
  });

  it("takes one channel's masks for both", () => {
    expect(decibels("mono.niter1", filtered(openUnmixEm, 1))).toBeGreaterThan(123);
  });

  it.each([
    "norbert.niter0",
    "norbert.niter0.softmask",
    "norbert.niter1",
    "norbert.niter1.softmask",
    "norbert.niter2",
    "norbert.niter2.softmask",
    "norbert.niter1.residual",
  ])("is norbert's: %s", (name) => {
    const settings: FrameEm = {
      ...norbertEm,
      iterations: Number(/niter(\d)/.exec(name)?.[1]),
      softmask: name.includes("softmask"),
      ...(name.includes("residual") && { residual: "magnitude" }),
    };
    expect(decibels(name, filtered(settings))).toBeGreaterThan(100);
  });
});
