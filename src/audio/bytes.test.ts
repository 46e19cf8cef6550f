/** Bytes that are read at a position: of a Blob the same as of a buffer. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf, bytesOfBlob } from "./bytes.ts";

const MIB = 1 << 20;
const data = Uint8Array.from({ length: 9 * MIB + 5 }, (_, i) => (i * 31 + (i >> 8)) & 255);

describe("a Blob", () => {
  it("gives the bytes of a buffer, wherever they are read, one after the other or at once", async () => {
    const place = fc.record({
      position: fc.integer({ min: 0, max: data.length + 10 }),
      length: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 6 * MIB })),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(place, { minLength: 1, maxLength: 6 }), async (places) => {
        const blob = bytesOfBlob(new Blob([data]), "a blob");
        const buffer = bytesOf(data, "a buffer");
        const reading = places.map(async ({ position, length }) => {
          const [found, expected] = [new Uint8Array(length), new Uint8Array(length)];
          const count = await blob.read(position, found);
          expect(count).toBe(await buffer.read(position, expected));
          expect(Buffer.compare(found, expected)).toBe(0);
        });
        await Promise.all(reading);
      }),
      { numRuns: 30 },
    );
  });

  it("is read in large steps", async () => {
    let slices = 0;
    class Counted extends Blob {
      override slice(...range: Parameters<Blob["slice"]>) {
        slices++;
        return super.slice(...range);
      }
    }
    const blob = bytesOfBlob(new Counted([data]), "a blob");
    const step = new Uint8Array(1 << 16);
    for (let at = 0; at < data.length; at += step.length) await blob.read(at, step);
    expect(slices).toBeLessThanOrEqual(4);
  });
});
