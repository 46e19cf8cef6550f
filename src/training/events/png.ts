/** Pictures as PNG: 8-bit RGB, no filters, deflated. */
import { zlibSync } from "fflate";
import { ArgumentError } from "../../errors.ts";
import { crc32 } from "../../tensors/crc32.ts";
import { join } from "./message.ts";

export interface EncodedImage {
  readonly width: number;
  readonly height: number;
  readonly png: Uint8Array;
}

/**
 * Encodes a picture.
 *
 * @param rgb row by row from the top, three bytes a pixel
 */
export function encodePng(width: number, height: number, rgb: Uint8Array): EncodedImage {
  if (rgb.length !== 3 * width * height || rgb.length === 0) {
    throw new ArgumentError(
      `A picture of ${width} by ${height} does not have ${rgb.length} bytes.`,
    );
  }
  const rows = new Uint8Array(height * (1 + 3 * width));
  for (let y = 0; y < height; y++) {
    // Each row begins with the number of its filter: 0, none.
    rows.set(rgb.subarray(3 * width * y, 3 * width * (y + 1)), y * (1 + 3 * width) + 1);
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  // 8 bits a sample, colour type 2 (RGB); compression, filter and interlace methods 0.
  header.set([8, 2], 8);
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  const chunks = [
    chunk("IHDR", header),
    chunk("IDAT", zlibSync(rows)),
    chunk("IEND", new Uint8Array(0)),
  ];
  return { width, height, png: join([signature, ...chunks]) };
}

function chunk(type: string, content: Uint8Array): Uint8Array {
  const named = join([new TextEncoder().encode(type), content]);
  const out = new Uint8Array(named.length + 8);
  const view = new DataView(out.buffer);
  view.setUint32(0, content.length);
  out.set(named, 4);
  view.setUint32(4 + named.length, crc32(named));
  return out;
}
