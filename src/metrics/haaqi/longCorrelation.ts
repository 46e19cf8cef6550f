/** The correlation of two whole signals at all lags, in float32: for songs in bounded memory. */
import { createKernels, type KernelInstance } from "../../kernels/instance.ts";
import {
  correlationBytes,
  correlationShape,
  WholeCorrelation,
} from "../../kernels/wholeCorrelation.ts";
import type { Samples } from "../bss/correlations.ts";

/**
 * Σ x[n+l]·y[n] for all lags l, at index l modulo the array's length; x and y minus their means.
 * @param x as long as y.
 */
export type AllLags = (x: Samples, y: Samples, means: readonly [number, number]) => Float32Array;

/** Bytes that a correlation of signals of so many samples needs. */
export function allLagsBytes(samples: number): number {
  return correlationBytes(correlationShape(samples));
}

/** Correlates at a place in a kernel memory: what it gives is a view of that. */
export function allLagsAt(kernels: KernelInstance, data: number): AllLags {
  const correlation = new WholeCorrelation(kernels);
  return (x, y, means) => {
    const shape = correlationShape(x.length);
    const size = shape.rows * shape.columns;
    correlation.prepare(shape);
    for (const [c, signal] of [x, y].entries()) {
      const place = kernels.f32(data + 4 * size * c, size);
      for (let i = 0; i < signal.length; i++) place[i] = signal[i] - means[c];
      place.fill(0, signal.length);
    }
    correlation.run(shape, data);
    return kernels.f32(data, size);
  };
}

/** Correlates in a memory of its own. */
export const allLags: AllLags = (x, y, means) => {
  const kernels = createKernels();
  return allLagsAt(kernels, kernels.allocate(allLagsBytes(x.length)))(x, y, means);
};
