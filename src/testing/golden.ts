/** Where tests find reference numbers: the large shared set when it is at hand, small fixtures always. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Folder of the large reference set, or undefined in a plain clone. */
export const goldenDir: string | undefined = [`${root}../shared/golden/`].find((dir) =>
  existsSync(`${dir}README.md`),
);

/** Folder of files as people have them, or undefined in a plain clone. */
export const casesDir: string | undefined = [`${root}../shared/cases/files/`].find(existsSync);

/** Folder of the small fixtures kept in the repository. */
export const fixturesDir = `${root}test/fixtures/`;

/** One array of a safetensors file, for tests: values in row-major order. */
export interface GoldenArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array;
}

/** Path of a reference file: the full one where the large set is at hand, else the fixture (perhaps a part of it). */
export function goldenPath(name: string): string {
  const full = `${goldenDir}${name}`;
  return goldenDir && existsSync(full) ? full : `${fixturesDir}golden/${name}`;
}

/** Reads a safetensors file of F32, F64, I32 and I16 arrays (an independent reader, so that tests do not lean on ours). */
export function readGolden(path: string): Map<string, GoldenArray> {
  const bytes = readFileSync(path);
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }> =
    JSON.parse(bytes.toString("utf8", 8, 8 + headerLength));
  const out = new Map<string, GoldenArray>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const [from, to] = entry.data_offsets;
    const raw = new Uint8Array(bytes.subarray(8 + headerLength + from, 8 + headerLength + to))
      .buffer;
    const data =
      entry.dtype === "F64"
        ? new Float64Array(raw)
        : entry.dtype === "I32"
          ? new Int32Array(raw)
          : entry.dtype === "I16"
            ? Int32Array.from(new Int16Array(raw))
            : new Float32Array(raw);
    out.set(name, { shape: entry.shape, data });
  }
  return out;
}

/** The array of a name. @throws if the file does not hold it. */
export function goldenArray(file: Map<string, GoldenArray>, name: string): GoldenArray {
  const array = file.get(name);
  if (!array) throw new Error(`the reference file has no array "${name}"`);
  return array;
}

/** Rows of a [rows, columns] float32 array. */
export function goldenRows(array: GoldenArray): Float32Array[] {
  const columns = array.shape[array.shape.length - 1];
  const rows = array.data.length / columns;
  return Array.from({ length: rows }, (_, r) =>
    Float32Array.from(array.data.subarray(r * columns, (r + 1) * columns)),
  );
}

/** Agreement in dB of `x` with `ref`: 10·log10(Σ ref² / Σ (ref − x)²); Infinity when equal. */
export function agreement(ref: ArrayLike<number>, x: ArrayLike<number>): number {
  if (ref.length !== x.length) throw new Error(`lengths differ: ${ref.length} and ${x.length}`);
  let signal = 0;
  let noise = 0;
  for (let i = 0; i < ref.length; i++) {
    signal += ref[i] * ref[i];
    noise += (ref[i] - x[i]) ** 2;
  }
  return noise === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(signal / noise);
}
