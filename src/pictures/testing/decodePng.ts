/** A plain reader of PNG files of 8 bits, RGB or with a palette, all filters; for tests. */
import { inflateSync } from "node:zlib";
import { crc32 } from "../../bytes/crc.ts";
import type { Rgb } from "../png.ts";

export interface DecodedPng {
  readonly width: number;
  readonly height: number;
  readonly palette: readonly Rgb[];
  /** Bytes of the pixels: indices, or three a pixel. */
  readonly pixels: Uint8Array;
  /** Colour of every pixel, row by row. */
  readonly rgb: readonly Rgb[];
}

/** @throws {Error} for what is no such file, or has a wrong checksum. */
export function decodePng(png: Uint8Array): DecodedPng {
  const bytes = Buffer.from(png);
  if (bytes.toString("hex", 0, 8) !== "89504e470d0a1a0a") throw new Error("no PNG");
  const contents = new Map<string, Buffer>();
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const named = bytes.subarray(at + 4, at + 8 + length);
    if (crc32(named) !== bytes.readUInt32BE(at + 8 + length)) throw new Error("wrong checksum");
    contents.set(named.toString("latin1", 0, 4), named.subarray(4));
    at += 12 + length;
  }
  const header = contents.get("IHDR");
  const data = contents.get("IDAT");
  if (!header || !data || !contents.has("IEND")) throw new Error("parts are missing");
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const [depth, type] = header.subarray(8);
  if (depth !== 8 || (type !== 2 && type !== 3)) throw new Error(`depth ${depth}, type ${type}`);
  const size = type === 2 ? 3 : 1;
  const pixels = unfiltered(inflateSync(data), width * size, height, size);
  const triples = (from: Uint8Array) =>
    Array.from(
      { length: from.length / 3 },
      (_, i): Rgb => [from[3 * i], from[3 * i + 1], from[3 * i + 2]],
    );
  const palette = triples(contents.get("PLTE") ?? Buffer.alloc(0));
  const rgb = type === 2 ? triples(pixels) : Array.from(pixels, (i) => palette[i]);
  return { width, height, palette, pixels, rgb };
}

function unfiltered(rows: Buffer, rowBytes: number, height: number, size: number): Uint8Array {
  if (rows.length !== height * (rowBytes + 1)) throw new Error(`${rows.length} bytes`);
  const out = new Uint8Array(height * rowBytes);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < rowBytes; x++) {
      const at = y * rowBytes + x;
      const a = x < size ? 0 : out[at - size];
      const b = y === 0 ? 0 : out[at - rowBytes];
      const c = x < size || y === 0 ? 0 : out[at - rowBytes - size];
      const guess = [a, b, c].sort((p, q) => Math.abs(a + b - c - p) - Math.abs(a + b - c - q))[0];
      const added = [0, a, b, (a + b) >> 1, guess][rows[y * (rowBytes + 1)]];
      out[at] = rows[y * (rowBytes + 1) + 1 + x] + added;
    }
  }
  return out;
}
