import { describe, expect, it } from "vitest";
import { agreement } from "../testing/golden.ts";
import { noise } from "../testing/noise.ts";
import { placeFrameLayer } from "./frameLayer.ts";
import { createKernels, type KernelInstance } from "./instance.ts";
import { ELEMENT_FLOATS } from "./lanes.ts";

function place(kernels: KernelInstance, values: Float32Array): number {
  const pointer = kernels.allocate(values.byteLength);
  kernels.f32(pointer, values.length).set(values);
  return pointer;
}

/** Decibels to which the kernels and their twins agree in what the same steps leave. */
function agreeing(steps: (kernels: KernelInstance) => Float32Array): number {
  const [plain, simd] = (["plain", "simd"] as const).map((kind) => steps(createKernels(kind)));
  return agreement(plain, simd);
}

describe("convolutions over few frames, and their masks, equal their twins", () => {
  const cases = [
    { outputs: 16, bins: 1, frames: 2, taps: 4, channels: 24, width: 1, parts: 4 },
    { outputs: 24, bins: 1, frames: 1, taps: 2, channels: 212, width: 1, parts: 1 },
    { outputs: 44, bins: 7, frames: 3, taps: 3, channels: 5, width: 3, parts: 2 },
    { outputs: 4, bins: 86, frames: 2, taps: 1, channels: 8, width: 5, parts: 3 },
  ];
  it.each(cases)("%o", ({ outputs, bins, frames, taps, channels, width, parts }) => {
    const inPart = (bins + width - 1) * channels * 4;
    // Two floats between the bins of the output are to stay as they are.
    const outBin = (outputs + 2) * 4;
    const outPart = bins * outBin;
    const run = width * channels;
    const rows = outputs - 2;
    const results = (["plain", "simd"] as const).map((kind) => {
      const kernels = createKernels(kind);
      const input = place(kernels, noise(((frames + taps - 1) * parts * inPart) / 4, 1));
      const layer = placeFrameLayer(kernels, {
        weights: place(kernels, noise(parts * outputs * taps * run, 2)),
        bias: place(kernels, noise(parts * outputs, 3)),
        ...{ taps, run, outputs, bins, parts },
        ...{ inFrame: parts * inPart, inBin: channels * 4, inPart },
        ...{ outFrame: parts * outPart, outBin, outPart },
      });
      const floats = (frames * parts * outPart) / 4;
      const out = place(kernels, noise(floats, 4));
      kernels.exports.frameLayer(layer, input, out, frames, -0.5);
      const masks = kernels.allocate(parts * rows * bins * frames * 4);
      kernels.exports.frameMasks(layer, out, rows, frames, masks);
      return {
        out: kernels.f32(out, floats).slice(),
        masks: kernels.f32(masks, parts * rows * bins * frames).slice(),
      };
    });
    const outs = agreement(results[0].out, results[1].out);
    const masks = agreement(results[0].masks, results[1].masks);
    console.log(`outputs ${outs.toFixed(1)} dB, masks ${masks.toFixed(1)} dB`);
    expect(outs).toBeGreaterThan(120);
    expect(masks).toBeGreaterThan(120);
  });
});

describe("the masks of a live network", () => {
  it("are sigmoids, from −∞ to ∞, to the last digits", () => {
    const values = Float32Array.of(-1e30, -87, -20, -3, -0.5, 0, 1e-3, 0.5, 3, 20, 87, 1e30);
    const kernels = createKernels();
    const input = place(kernels, values);
    const one = { weights: 0, bias: 0, taps: 1, run: 1, outputs: 12, bins: 1, parts: 1 };
    const steps = { inFrame: 0, inBin: 0, inPart: 0, outFrame: 48, outBin: 48, outPart: 48 };
    const layer = placeFrameLayer(kernels, { ...one, ...steps });
    const out = kernels.allocate(values.byteLength);
    kernels.exports.frameMasks(layer, input, values.length, 1, out);
    for (const [i, mask] of kernels.f32(out, values.length).entries()) {
      expect(Math.abs(mask - 1 / (1 + Math.exp(-values[i])))).toBeLessThan(3e-7);
    }
  });
});

describe("magnitudes of a lane in frames equal the twin's", () => {
  it.each([0, 1])("advanced by %i", (advance) => {
    const db = agreeing((kernels) => {
      const c = place(kernels, noise(16 * ELEMENT_FLOATS, 6));
      const out = kernels.allocate(4 * 20 * 4);
      const parts = [c, 2, 8, 3.5, -0.3, 1.7, advance, out + 80, 80] as const;
      kernels.exports.columnMagnitudes(...parts);
      return kernels.f32(out, 80).slice();
    });
    console.log(`${db.toFixed(1)} dB`);
    expect(db).toBeGreaterThan(130);
  });
});
