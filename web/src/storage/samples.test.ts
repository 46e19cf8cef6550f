/** Samples come back as they were given, wherever they are kept: in memory and in a file. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FileSamples } from "./fileSamples.ts";
import { MemorySamples } from "./memorySamples.ts";
import { Rooms } from "./rooms.ts";
import { BLOCK, type Samples } from "./samples.ts";

/** A file of a worker's, in memory. @param most bytes that it takes */
function fileInMemory(most = Number.POSITIVE_INFINITY) {
  let bytes = new Uint8Array(0);
  const state = { closed: false, removed: false };
  const view = (of: ArrayBufferView) => new Uint8Array(of.buffer, of.byteOffset, of.byteLength);
  return {
    state,
    handle: {
      read(into: ArrayBufferView, { at }: { readonly at: number }) {
        const part = bytes.subarray(at, at + into.byteLength);
        view(into).set(part);
        return part.length;
      },
      write(from: ArrayBufferView, { at }: { readonly at: number }) {
        const count = Math.max(0, Math.min(from.byteLength, most - at));
        if (bytes.length < at + count) {
          const longer = new Uint8Array(at + count);
          longer.set(bytes);
          bytes = longer;
        }
        bytes.set(view(from).subarray(0, count), at);
        return count;
      },
      close() {
        state.closed = true;
      },
    },
    async remove() {
      state.removed = true;
    },
  };
}

const kinds: readonly (readonly [string, (channels: number) => Samples])[] = [
  ["memory", (channels) => new MemorySamples(channels)],
  ["a file", (channels) => new FileSamples(channels, fileInMemory())],
];

describe.each(kinds)("samples in %s", (_, make) => {
  it("come back from any place, and outside of them is silence", () => {
    const lengths = fc.array(fc.integer({ min: 1, max: BLOCK + 100 }), {
      minLength: 1,
      maxLength: 4,
    });
    const place = fc.record({
      start: fc.integer({ min: -300, max: 3 * BLOCK }),
      frames: fc.integer({ min: 0, max: 2 * BLOCK }),
    });
    fc.assert(
      fc.property(lengths, place, fc.constantFrom(1, 2), (blocks, { start, frames }, channels) => {
        const samples = make(channels);
        const value = (c: number, i: number) => Math.fround(Math.sin(i * 0.37 + c) + c);
        for (const length of blocks) {
          const from = samples.frames;
          samples.append(
            Array.from({ length: channels }, (__, c) =>
              Float32Array.from({ length }, (___, i) => value(c, from + i)),
            ),
          );
        }
        const total = blocks.reduce((sum, length) => sum + length, 0);
        expect(samples.frames).toBe(total);
        const into = Array.from({ length: channels }, () => new Float32Array(frames).fill(9));
        samples.read(start, into);
        for (const [c, channel] of into.entries()) {
          const wrong = channel.findIndex((found, i) => {
            const at = start + i;
            return found !== (at >= 0 && at < total ? value(c, at) : 0);
          });
          expect(wrong).toBe(-1);
        }
      }),
      { numRuns: 8 },
    );
  });
});

describe("a file", () => {
  it("that takes no more says so", () => {
    const samples = new FileSamples(1, fileInMemory(1000));
    expect(() => samples.append([new Float32Array(500)])).toThrow(
      expect.objectContaining({ code: "unwritable", hint: expect.any(String) }),
    );
  });

  it("is closed and removed when its room is given back", async () => {
    const file = fileInMemory();
    await new FileSamples(1, file).release();
    expect(file.state).toEqual({ closed: true, removed: true });
  });
});

describe("without private files", () => {
  it("all is kept in memory", async () => {
    const rooms = new Rooms(100, Promise.resolve(undefined));
    expect(await rooms.make(2, 1_000_000)).toBeInstanceOf(MemorySamples);
  });
});
