import { expect, it } from "vitest";
import { agreement } from "../testing/golden.ts";
import { doubleNoise } from "../testing/noise.ts";
import { createKernels } from "./instance.ts";
import { correlationBytes, correlationShape, WholeCorrelation } from "./wholeCorrelation.ts";

it.each([5, 33, 100, 777])("the correlation of %i samples is its sum, at all lags", (samples) => {
  const shape = correlationShape(samples);
  const size = shape.rows * shape.columns;
  const [x, y] = [doubleNoise(samples, 1), doubleNoise(samples, 2)];
  const known = Float64Array.from({ length: 2 * samples - 1 }, (_, i) => {
    const lag = i - samples + 1;
    let sum = 0;
    for (let n = 0; n < samples; n++) sum += (x[n + lag] ?? 0) * y[n];
    return sum;
  });
  for (const kind of ["simd", "plain"] as const) {
    const kernels = createKernels(kind);
    const data = kernels.allocate(correlationBytes(shape));
    const correlation = new WholeCorrelation(kernels);
    correlation.prepare(shape);
    kernels.f32(data, samples).set(x);
    kernels.f32(data + 4 * size, samples).set(y);
    correlation.run(shape, data);
    const all = kernels.f32(data, size);
    const found = known.map((_, i) => all.at(i - samples + 1) ?? 0);
    const db = agreement(known, found);
    console.log(`${kind}, ${shape.rows} × ${shape.columns}: ${db.toFixed(1)} dB`);
    expect(db).toBeGreaterThan(120);
  }
});

it("shapes hold both signals and the zeros, and little else", () => {
  for (const samples of [1, 12000, 163283, 480000, 5760000, 14400000]) {
    const { rows, columns } = correlationShape(samples);
    expect(rows * columns).toBeGreaterThanOrEqual(2 * samples);
    if (samples > 1000) expect(rows * columns).toBeLessThan(2.5 * samples);
    expect(columns % 8).toBe(4);
    expect(rows % 4).toBe(0);
  }
});
