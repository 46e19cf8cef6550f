/** Rings against a plain array of all frames that were ever written. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameRing, ringMemory } from "./frameRing.ts";

/** A ring of two rows, and all that was written: the second row is the negative of the first. */
class Twin {
  readonly ring: FrameRing;
  readonly #written: number[] = [];
  readonly #first: number;

  /** @param first number of the first frame, as if so many had come before */
  constructor(capacity: number, shared: boolean, first = 0) {
    const memory = ringMemory(2, capacity, shared);
    memory.counts.fill(first);
    this.ring = new FrameRing(memory);
    this.#first = first;
  }

  write(frames: number): void {
    const row = Float32Array.from({ length: frames }, (_, i) => this.#written.length + i + 1);
    this.ring.write([row, row.map((v) => -v)]);
    this.#written.push(...row);
  }

  /** What frames from `offset` on must be, and are; and how many there must be, and are. */
  compare(offset: number, frames: number, capacity: number) {
    const expected = Array.from({ length: frames }, (_, i) => {
      const at = offset + i;
      return at >= this.#written.length - capacity ? (this.#written[at] ?? 0) : 0;
    });
    const there = expected.filter((_, i) => {
      const at = offset + i;
      return at < this.#written.length && at >= this.#written.length - capacity;
    }).length;
    const rows = [new Float32Array(frames).fill(9), new Float32Array(frames).fill(9)];
    const found = this.ring.read((this.#first + offset) | 0, rows);
    expect([...rows[0]]).toEqual(expected);
    expect([...rows[1]]).toEqual(expected.map((v) => 0 - v));
    expect(found).toBe(there);
  }
}

describe.each([true, false])("a ring (shared: %s)", (shared) => {
  it.each([0, 2 ** 31 - 50, -60])(
    "holds the last frames, from number %i on, and says how many there were",
    (first) => {
      fc.assert(
        fc.property(
          fc.array(
            fc.record({
              write: fc.integer({ min: 1, max: 32 }),
              read: fc.integer({ min: 1, max: 32 }),
              back: fc.integer({ min: -20, max: 60 }),
            }),
            { maxLength: 12 },
          ),
          (steps) => {
            const twin = new Twin(32, shared, first);
            let written = 0;
            for (const { write, read, back } of steps) {
              twin.write(write);
              written += write;
              twin.compare(written - back, read, 32);
            }
          },
        ),
        { seed: 24, numRuns: 60 },
      );
    },
  );
});

it("before its first frame lies silence, which is no lack", () => {
  const twin = new Twin(8, false);
  const rows = [new Float32Array(4).fill(9), new Float32Array(4).fill(9)];
  expect(twin.ring.read(-4, rows)).toBe(4);
  expect([...rows[0]]).toEqual([0, 0, 0, 0]);
});

it("whoever waits is woken by what is written, or hears after a while that nothing came", async () => {
  const twin = new Twin(8, true);
  const waiting = twin.ring.arrival(0);
  twin.write(3);
  twin.ring.wake();
  await waiting;
  expect(twin.ring.written).toBe(3);
  await twin.ring.arrival(0);
  await twin.ring.arrival(3);
  expect(twin.ring.written).toBe(3);
});
