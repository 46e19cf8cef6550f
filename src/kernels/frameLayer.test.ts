import { describe, expect, it } from "vitest";
import { agreement } from "../testing/golden.ts";
import { createKernels, type KernelInstance } from "./instance.ts";
import { ELEMENT_FLOATS } from "./lanes.ts";

/** Repeatable values in [−1, 1). */
function noise(length: number, seed: number): Float32Array {
  let state = seed >>> 0 || 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2147483648 - 1;
  });
}

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

describe("a convolution over few frames equals its twin", () => {
  const cases = [
    { outputs: 16, bins: 1, frames: 2, taps: 4, channels: 24, width: 1 },
    { outputs: 24, bins: 1, frames: 1, taps: 2, channels: 212, width: 1 },
    { outputs: 36, bins: 7, frames: 3, taps: 3, channels: 5, width: 3 },
    { outputs: 4, bins: 86, frames: 2, taps: 1, channels: 8, width: 5 },
  ];
  it.each(cases)("%o", ({ outputs, bins, frames, taps, channels, width }) => {
    const inFrame = (bins + width - 1) * channels * 4;
    // Two floats between the bins of the output are to stay as they are.
    const outBin = (outputs + 2) * 4;
    const db = agreeing((kernels) => {
      const input = place(kernels, noise(((frames + taps - 1) * inFrame) / 4, 1));
      const weights = place(kernels, noise(outputs * taps * width * channels, 2));
      const bias = place(kernels, noise(outputs, 3));
      const out = place(kernels, noise((frames * bins * outBin) / 4, 4));
      kernels.exports.frameLayer(
        ...([input, inFrame, channels * 4, taps, width * channels, weights, bias, -0.5] as const),
        ...([out, bins * outBin, outBin, outputs, bins, frames] as const),
      );
      return kernels.f32(out, (frames * bins * outBin) / 4).slice();
    });
    console.log(`${db.toFixed(1)} dB`);
    expect(db).toBeGreaterThan(125);
  });
});

describe("the masks of a live network", () => {
  it("are sigmoids, from −∞ to ∞, to the last digits", () => {
    const values = Float32Array.of(-1e30, -87, -20, -3, -0.5, 0, 1e-3, 0.5, 3, 20, 87, 1e30);
    const kernels = createKernels();
    const input = place(kernels, values);
    const out = kernels.allocate(values.length * 8);
    kernels.exports.frameMasks(input, values.length, out, 8);
    for (const [i, x] of values.entries()) {
      const mask = kernels.f32(out, 2 * values.length)[2 * i];
      expect(Math.abs(mask - 1 / (1 + Math.exp(-x)))).toBeLessThan(3e-7);
    }
  });

  it("equal the twin's", () => {
    const db = agreeing((kernels) => {
      const input = place(
        kernels,
        noise(402, 5).map((x) => 12 * x),
      );
      const out = kernels.allocate(402 * 12);
      kernels.exports.frameMasks(input, 402, out, 12);
      return kernels.f32(out, 402 * 3).slice();
    });
    console.log(`${db.toFixed(1)} dB`);
    expect(db).toBeGreaterThan(135);
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
