import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readPcmPipe } from "./pcmPipe.ts";
import { encodeWav } from "./testing/wavEncoder.ts";

const raw = { sampleRate: 48000, channels: 2, sampleFormat: "int16" } as const;
const samples = [0, 1].map((c) => Float32Array.from({ length: 500 }, (_, i) => (c ? -i : i) / 512));
const wav = encodeWav([...samples], { format: "float32" });

/** Bytes in chunks of these sizes, over and over. */
async function* chunked(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length];
    yield bytes.slice(at, at + size);
    at += size;
  }
}

async function read(bytes: Uint8Array, sizes: readonly number[]) {
  const pipe = await readPcmPipe(chunked(bytes, sizes), raw, "pipe");
  const rows: number[][] = Array.from({ length: pipe.channels }, () => []);
  for await (const block of pipe.blocks()) block.forEach((row, c) => void rows[c].push(...row));
  return { ...pipe, rows };
}

describe("a pipe", () => {
  it("of a WAV file gives its samples, however it comes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 5 }),
        async (sizes) => {
          const { rows, container, sampleRate, sampleFormat } = await read(wav, sizes);
          expect({ container, sampleRate, sampleFormat }).toEqual({
            ...{ container: "wav", sampleRate: 44100, sampleFormat: "float32" },
          });
          expect(rows).toEqual(samples.map((row) => [...row]));
        },
      ),
      { numRuns: 30, seed: 3 },
    );
  });

  it("of raw samples gives whole frames, and leaves a broken last one out", async () => {
    const numbers = Int16Array.from({ length: 200 }, (_, i) => i * 100 - 10000);
    const bytes = new Uint8Array([...new Uint8Array(numbers.buffer), 1, 2, 3]);
    for (const size of [1, 3, 64, 1000]) {
      const { rows, container } = await read(bytes, [size]);
      expect(container).toBe("raw");
      expect(rows[0]).toEqual([...numbers].filter((_, i) => i % 2 === 0).map((v) => v / 32768));
      expect(rows[1]).toHaveLength(100);
    }
  });

  it("of a WAV file of no known length goes on to its end; of a known one not into what follows", async () => {
    const tail = new Uint8Array([76, 73, 83, 84, 4, 0, 0, 0, 1, 2, 3, 4]);
    const longer = new Uint8Array([...wav, ...tail]);
    expect((await read(longer, [77])).rows[0]).toHaveLength(500);
    const endless = longer.slice();
    const data = wav.length - 500 * 8;
    new DataView(endless.buffer).setUint32(data - 4, 0xffffffff, true);
    expect((await read(endless, [77])).rows[0]).toHaveLength(501);
  });

  it("that ends within a head is corrupt; an empty one has no samples", async () => {
    await expect(read(wav.slice(0, 40), [7])).rejects.toMatchObject({ code: "corrupt-audio" });
    expect((await read(new Uint8Array(0), [1])).rows).toEqual([[], []]);
  });
});
