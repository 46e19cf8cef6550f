import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it, vi } from "vitest";
import { Rows } from "./rows.ts";
import { type OpenDisk, Scratch } from "./scratch.ts";
import { openTemporaryDisk } from "./temporaryDisk.ts";

const folder = mkdtempSync(join(tmpdir(), "xumx scratch "));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A disk in memory, and how many of its files are there. */
function memoryDisk(): { readonly open: OpenDisk; readonly files: Set<object> } {
  const files = new Set<object>();
  const open: OpenDisk = async () => ({
    async file() {
      const bytes = new Map<number, number>();
      const file = {
        async read(position: number, into: Uint8Array) {
          for (let i = 0; i < into.length; i++) into[i] = bytes.get(position + i) ?? 0;
        },
        async write(position: number, given: Uint8Array) {
          for (const [i, byte] of given.entries()) bytes.set(position + i, byte);
        },
        async close() {
          files.delete(file);
        },
      };
      files.add(file);
      return file;
    },
    async [Symbol.asyncDispose]() {
      files.clear();
    },
  });
  return { open, files };
}

/** Beyond one part. */
const far = 2 ** 18 - 50;

describe("scratch files", () => {
  it("give back what was written, wherever it lies", async () => {
    const write = fc.record({ at: fc.nat(200), length: fc.integer({ min: 1, max: 120 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(write, { maxLength: 5 }), fc.nat(2), async (writes, parts) => {
        const { open, files } = memoryDisk();
        await using scratch = new Scratch(open, parts);
        const file = scratch.file();
        const expected = new Float32Array(400);
        await file.write(far, expected);
        for (const [i, { at, length }] of writes.entries()) {
          const floats = Float32Array.from({ length }, (_, k) => i + k / 1000);
          expected.set(floats, at);
          await file.write(far + at, floats);
        }
        const found = new Float32Array(400);
        await file.read(far, found);
        expect(found).toEqual(expected);
        await file.close();
        expect(files.size).toBe(0);
      }),
      { numRuns: 30, seed: 1 },
    );
  });

  it("lie on a disk that nothing is left of", async () => {
    vi.stubEnv("TMPDIR", folder);
    const scratch = new Scratch(openTemporaryDisk, 1);
    const [one, other] = [scratch.file(), scratch.file()];
    const floats = Float32Array.from({ length: 2 ** 18 + 7 }, (_, i) => i);
    await one.write(0, floats);
    await other.write(3, floats.subarray(0, 10));
    const found = new Float32Array(floats.length);
    await one.read(0, found);
    expect(found).toEqual(floats);
    const [hidden] = readdirSync(folder);
    expect(readdirSync(join(folder, hidden)).length).toBe(2);
    await one.close();
    expect(readdirSync(join(folder, hidden)).length).toBe(1);
    await scratch[Symbol.asyncDispose]();
    expect(existsSync(join(folder, hidden))).toBe(false);
    vi.unstubAllEnvs();
  });

  it("are not made while memory is enough", async () => {
    const open = vi.fn(memoryDisk().open);
    await using scratch = new Scratch(open, 2);
    await scratch.file().write(0, new Float32Array(100));
    expect(open).not.toHaveBeenCalled();
  });
});

describe("rows", () => {
  it("are put together of several files", async () => {
    await using scratch = new Scratch();
    const rows = new Rows(scratch, 6, 2);
    const [left, right] = [1, 2].map((k) =>
      Float32Array.from({ length: 12 }, (_, i) => k * 100 + i),
    );
    await rows.write(5, left, 0);
    await rows.write(5, right, 1);
    const found = new Float32Array(12);
    await rows.read(6, found);
    expect([...found]).toEqual([103, 104, 105, 203, 204, 205, 106, 107, 108, 206, 207, 208]);
  });
});
