import { describe, expect, it } from "vitest";
import { agreement, goldenArray, goldenPath, readGolden } from "../testing/golden.ts";
import { blockPhase, mixPhase, originalWienerEm } from "./index.ts";

const golden = readGolden(goldenPath("wiener.safetensors"));
const array = (name: string) => Float32Array.from(goldenArray(golden, name).data);

const cases = [
  {
    name: "a",
    shape: { targets: 4, batch: 1, bins: 5, slices: 4, coefs: 36 },
    windows: [40, 100, 5000],
  },
  { name: "b", shape: { targets: 4, batch: 2, bins: 3, slices: 3, coefs: 20 }, windows: [40] },
] as const;

describe.each(cases)("case $name of the reference", ({ name, shape, windows }) => {
  const mixture = array(`${name}.mixture`);
  const magnitudes = array(`${name}.magnitudes`);

  it.each(windows)("Wiener-EM with windows of %i agrees to 110 dB in every target", (window) => {
    const expected = array(`${name}.window${window}`);
    for (const kind of ["simd", "plain"] as const) {
      const stems = blockPhase(mixture, magnitudes, shape, { ...originalWienerEm, window }, kind);
      const size = stems.length / 4;
      const reached = [0, 1, 2, 3].map((j) =>
        agreement(
          expected.subarray(j * size, (j + 1) * size),
          stems.subarray(j * size, (j + 1) * size),
        ),
      );
      console.log(
        `${name}, window ${window}, ${kind}: ${reached.map((d) => d.toFixed(1)).join(", ")} dB`,
      );
      for (const db of reached) expect(db).toBeGreaterThan(110);
    }
  });

  it("mix phase agrees to 120 dB", () => {
    const stems = blockPhase(mixture, magnitudes, shape, mixPhase);
    // The original gives a silent mixture the phase 0; a mask of a silent mixture is silence.
    const expected = array(`${name}.phasemix`);
    const db = agreement(expected, stems);
    console.log(`${name}, mix phase: ${db.toFixed(1)} dB`);
    expect(db).toBeGreaterThan(120);
  });
});

describe("properties", () => {
  const shape = { targets: 4, batch: 1, bins: 3, slices: 6, coefs: 16 };
  const positions = 2 * 3 * 6 * 16;
  const mixture = (level: number) =>
    Float32Array.from({ length: 2 * positions }, (_, i) => level * Math.sin(i * i * 0.37 + i));
  const masks = (x: Float32Array) =>
    Float32Array.from({ length: 4 * positions }, (_, i) => {
      const at = 2 * (i % positions);
      return (0.5 + 0.5 * Math.sin(i * 1.7)) * Math.hypot(x[at], x[at + 1]);
    });
  const residual = (x: Float32Array, stems: Float32Array) => {
    const size = x.length;
    return agreement(
      x,
      x.map((_, i) => stems[i] + stems[size + i] + stems[2 * size + i] + stems[3 * size + i]),
    );
  };

  it("stems add up to the mixture at any level with a relative regularisation, only when loud with the fixed one", () => {
    const settings = {
      ...originalWienerEm,
      regularisation: { kind: "relative", amount: 1e-9 },
    } as const;
    for (const level of [1e-4, 1, 1e3]) {
      const x = mixture(level);
      const relative = residual(x, blockPhase(x, masks(x), shape, settings));
      const fixed = residual(x, blockPhase(x, masks(x), shape, originalWienerEm));
      console.log(
        `level ${level}: sum of stems relative ${relative.toFixed(1)} dB, fixed ${fixed.toFixed(1)} dB`,
      );
      expect(relative).toBeGreaterThan(90);
      if (level === 1e-4) expect(fixed).toBeLessThan(10);
      else expect(fixed).toBeGreaterThan(40);
    }
  });

  it("silence stays silent, exactly", () => {
    const silent = new Float32Array(2 * positions);
    const none = new Float32Array(4 * positions);
    for (const settings of [mixPhase, originalWienerEm]) {
      expect(blockPhase(silent, none, shape, settings).every((v) => v === 0)).toBe(true);
    }
  });

  it("relative regularisation makes the filter independent of the level", () => {
    const settings = {
      ...originalWienerEm,
      regularisation: { kind: "relative", amount: 1e-6 },
    } as const;
    const x = mixture(1);
    const y = x.map((v) => v * 1024);
    const a = blockPhase(x, masks(x), shape, settings).map((v) => v * 1024);
    expect(agreement(a, blockPhase(y, masks(y), shape, settings))).toBeGreaterThan(120);
  });

  it("refuses wrong shapes and settings", () => {
    const x = mixture(1);
    expect(() => blockPhase(x, x, shape, mixPhase)).toThrow(/magnitudes/);
    const bad = { ...originalWienerEm, window: 0 };
    expect(() => blockPhase(x, masks(x), shape, bad)).toThrow(/window/);
    const regularisation = { kind: "relative", amount: 0 } as const;
    expect(() => blockPhase(x, masks(x), shape, { ...originalWienerEm, regularisation })).toThrow(
      /above 0/,
    );
  });
});
