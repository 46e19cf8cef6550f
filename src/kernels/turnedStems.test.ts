import { expect, it } from "vitest";
import { agreement } from "../testing/golden.ts";
import { noise } from "../testing/noise.ts";
import { createKernels, type KernelInstance } from "./instance.ts";
import { ELEMENT_BYTES, ELEMENT_FLOATS } from "./lanes.ts";

const half = 4;
const bins = 2;
const items = 3;
/** Half slices of an item. */
const halves = 8;
const line = 4 * bins * halves * items;
const channel = 2 * half * ELEMENT_BYTES;

/** Everything that the kernel writes, for so many slices of the second bin. */
function turned(kernels: KernelInstance, slices: number, besides: boolean): number[] {
  const floats = items * 8 * 2 * half * ELEMENT_FLOATS;
  const from = kernels.allocate(4 * floats);
  const values = noise(floats, 5);
  // The last item is silent.
  values.fill(0, (floats / items) * (items - 1));
  kernels.f32(from, floats).set(values);
  const lines = [2, 8, 8, 1, 1].map((kinds) => kinds * half);
  const [magnitude, inPhase, ...rest] = lines.map((count) => kernels.allocate(count * line));
  const places = [magnitude, inPhase, ...rest];
  const column = 4 * halves * items;
  const [quadrature, cosine, sine] = rest.map((place) => (besides ? place + column : 0));
  const energies = kernels.allocate(8 * 4 * items);
  const peaks = kernels.allocate(4 * 3 * items);
  kernels.exports.turnStems(
    from,
    channel,
    8 * channel,
    items,
    half,
    slices,
    magnitude + column,
    inPhase + column,
    quadrature,
    cosine,
    sine,
    line,
    energies,
    peaks,
    0,
    12,
    kernels.allocate(64 * items),
  );
  return [
    ...places.flatMap((place, i) => [...kernels.f32(place, (lines[i] * line) / 4)]),
    ...kernels.f32(peaks, 3 * items),
    ...kernels.f64(energies, 4 * items),
  ];
}

it.each([
  [4, true],
  [3, true],
  [1, true],
  [4, false],
])(
  "%i slices are turned as the plain twin turns them, phases and peaks wanted: %s",
  (slices, besides) => {
    const [plain, simd] = (["plain", "simd"] as const).map((kind) =>
      turned(createKernels(kind), slices, besides),
    );
    const kinds = besides ? 20 : 10;
    expect(plain.filter((v) => v !== 0).length).toBeGreaterThan(
      kinds * half * 2 * slices * (items - 1) - 1,
    );
    const decibels = agreement(plain, simd);
    console.log(`${decibels.toFixed(1)} dB`);
    expect(decibels).toBeGreaterThan(130);
  },
);
