import { expect, it } from "vitest";
import { agreement } from "../testing/golden.ts";
import { noise } from "../testing/noise.ts";
import { createKernels, type KernelInstance } from "./instance.ts";

interface Case {
  readonly tapsPerRow: number;
  readonly rows: number;
  readonly phases: number;
  readonly step: number;
  readonly first: number;
  readonly remainder: number;
}

function run(kernels: KernelInstance, c: Case, count: number): Float32Array {
  const x = noise(4000, 1);
  const table = noise((c.rows + 1) * c.tapsPerRow, 2);
  const input = kernels.allocate(4 * x.length);
  const taps = kernels.allocate(4 * table.length);
  const output = kernels.allocate(4 * (count + 1));
  kernels.f32(input, x.length).set(x);
  kernels.f32(taps, table.length).set(table);
  kernels.f32(output, count + 1).fill(7);
  const { tapsPerRow, rows, phases, step, first, remainder } = c;
  const whole = Math.floor(step / phases);
  const part = step % phases;
  kernels.exports.polyphase(
    input,
    taps,
    tapsPerRow,
    rows,
    phases,
    whole,
    part,
    first,
    remainder,
    output,
    count,
  );
  expect(kernels.f32(output, count + 1)[count]).toBe(7);
  return kernels.f32(output, count).slice();
}

it.each<Case>([
  { tapsPerRow: 16, rows: 1, phases: 1, step: 2, first: 3, remainder: 0 },
  { tapsPerRow: 192, rows: 147, phases: 147, step: 160, first: 0, remainder: 146 },
  { tapsPerRow: 208, rows: 160, phases: 160, step: 147, first: 5, remainder: 11 },
  { tapsPerRow: 48, rows: 64, phases: 44101, step: 44100, first: 1, remainder: 44100 },
  { tapsPerRow: 32, rows: 100, phases: 44101, step: 2 * 44101 + 5, first: 1, remainder: 3 },
])("the WASM polyphase kernel agrees with its twin: %o", (c) => {
  const count = 1200;
  const plain = run(createKernels("plain"), c, count);
  const simd = run(createKernels("simd"), c, count);
  const db = agreement(plain, simd);
  console.log(`polyphase ${JSON.stringify(c)}: ${db.toFixed(1)} dB`);
  expect(plain.some((v) => v !== 0)).toBe(true);
  expect(db).toBeGreaterThan(125);
});

it("the twin of the polyphase kernel is the sum it is said to be", () => {
  const kernels = createKernels("plain");
  const c = { tapsPerRow: 16, rows: 3, phases: 3, step: 4, first: 2, remainder: 1 };
  const y = run(kernels, c, 4);
  const x = noise(4000, 1);
  const table = noise(64, 2);
  for (let i = 0; i < 4; i++) {
    const time = 1 + 4 * i;
    let sum = 0;
    for (let k = 0; k < 16; k++) {
      sum += x[2 + Math.floor(time / 3) + k] * table[(time % 3) * 16 + k];
    }
    expect(y[i]).toBeCloseTo(sum, 6);
  }
});
