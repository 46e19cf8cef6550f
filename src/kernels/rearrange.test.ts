import fc from "fast-check";
import { expect, it } from "vitest";
import { createKernels } from "./instance.ts";
import { type Axis, Rearranger } from "./rearrange.ts";

/** Sizes, an order of the axes in the source, and which of them are flipped. */
const cases = fc
  .array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 })
  .chain((sizes) =>
    fc.record({
      sizes: fc.constant(sizes),
      order: fc.shuffledSubarray([...sizes.keys()], { minLength: sizes.length }),
      flipped: fc.array(fc.boolean(), { minLength: sizes.length, maxLength: sizes.length }),
    }),
  );

/** The axes of a dense target, and of a dense source whose axes lie in another order. */
function axesOf({
  sizes,
  order,
  flipped,
}: {
  sizes: number[];
  order: number[];
  flipped: boolean[];
}) {
  const from: number[] = [];
  let step = 1;
  for (const axis of order) {
    from[axis] = step;
    step *= sizes[axis];
  }
  let to = step;
  let start = 0;
  const axes = sizes.map((size, axis): Axis => {
    to /= size;
    if (flipped[axis]) start += (size - 1) * from[axis];
    return { size, from: flipped[axis] ? -from[axis] : from[axis], to };
  });
  return { axes, start, length: step };
}

it("rearranges singles and halves as its twin does, every pattern of binary16 too", () => {
  const twins = (["simd", "plain"] as const).map((kind) => new Rearranger(createKernels(kind)));
  fc.assert(
    fc.property(cases, fc.integer({ min: 0, max: 65535 }), (shape, seed) => {
      const { axes, start, length } = axesOf(shape);
      const halves = Uint16Array.from({ length }, (_, i) => (seed + 977 * i) & 0xffff);
      const singles = Float32Array.from({ length }, (_, i) => Math.sin(seed + i));
      for (const numbers of [halves, singles]) {
        const [simd, plain] = twins.map((twin) => {
          const into = new Float32Array(length);
          twin.rearrange(numbers, start, axes, into);
          return into;
        });
        expect(simd).toEqual(plain);
      }
    }),
    { seed: 5 },
  );
  const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const [simd, plain] = twins.map((twin) => {
    const into = new Float32Array(all.length);
    twin.rearrange(all, 0, [{ size: all.length, from: 1, to: 1 }], into);
    return into;
  });
  expect(simd).toEqual(plain);
});
