import { describe, expect, it } from "vitest";
import { noiseSource } from "../../testing/noise.ts";
import { BitWriter } from "./bitWriter.ts";
import { planRice, writeRice } from "./riceCode.ts";

const noise = noiseSource(9);
/** Numbers of a two-sided exponential distribution. */
const laplace = (scale: number) => {
  const u = noise();
  return Math.round(-scale * Math.sign(u) * Math.log(1 - Math.abs(u) * 0.999999));
};

function bitsWritten(residual: Int32Array, order: number): number {
  const writer = new BitWriter();
  writeRice(writer, residual, residual.length, order, planRice(residual, residual.length, order));
  return 8 * writer.length;
}

/** Bits in the best plan: all of them are tried. */
function fewestBits(residual: Int32Array, order: number): number {
  let fewest = Number.POSITIVE_INFINITY;
  for (let p = 0; p <= 6; p++) {
    const size = residual.length / 2 ** p;
    if (!Number.isInteger(size) || size <= order) break;
    let bits = 6;
    for (let from = 0; from < residual.length; from += size) {
      const part = [...residual.subarray(Math.max(from, order), from + size)];
      const folded = part.map((value) => (value < 0 ? -2 * value - 1 : 2 * value));
      const costs = Array.from({ length: 25 }, (_, k) =>
        folded.reduce((sum, value) => sum + k + 1 + Math.floor(value / 2 ** k), 0),
      );
      bits += 4 + Math.min(...costs);
    }
    fewest = Math.min(fewest, bits);
  }
  return fewest;
}

describe("the plan of a Rice code", () => {
  it.each([
    ["small numbers", () => laplace(0.3)],
    ["middling numbers", () => laplace(50)],
    ["large numbers", () => laplace(9000)],
    ["zeros", () => 0],
    ["uneven numbers", (i: number) => laplace(i < 1500 ? 3 : 300)],
    ["a click", (i: number) => (i === 777 ? 20000 : laplace(2))],
  ])("is as short as the best one, to a hundredth: %s", (_name, at) => {
    for (const [length, order] of [
      [4096, 8],
      [4096, 0],
      [1000, 3],
      [17, 2],
    ]) {
      const residual = Int32Array.from({ length }, (_, i) => at(i));
      const fewest = fewestBits(residual, order);
      const bits = bitsWritten(residual, order);
      expect(bits).toBeLessThanOrEqual(1.01 * fewest + 8);
      const plan = planRice(residual, length, order);
      expect(Math.abs(plan.bits - bits)).toBeLessThan(0.04 * bits + 16);
    }
  });

  it("has long fields where they are needed", () => {
    const residual = Int32Array.from({ length: 4096 }, () => laplace(4e6));
    const plan = planRice(residual, 4096, 4);
    expect(Math.max(...plan.parameters)).toBeGreaterThan(14);
    const writer = new BitWriter();
    writeRice(writer, residual, 4096, 4, plan);
    expect(writer.take()[0] >> 6).toBe(1);
    const largest = new Int32Array(64).fill(2 ** 30 - 1);
    expect(Math.max(...planRice(largest, 64, 0).parameters)).toBe(30);
  });
});
