/** Bitmaps as PNG files: 8 bits, with three colours a pixel or with a palette, deflated. */
import { zlibSync } from "fflate";
import { crc32 } from "../bytes/crc.ts";
import { joinedBytes } from "../bytes/joinedBytes.ts";
import { ArgumentError } from "../errors.ts";

/** Red, green and blue, 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** A picture row by row from the top: three bytes a pixel, or one, which is an index into a palette. */
export type Bitmap = {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
} & ({ readonly kind: "rgb" } | { readonly kind: "palette"; readonly palette: readonly Rgb[] });

/** A picture as a file. */
export interface EncodedImage {
  readonly width: number;
  readonly height: number;
  readonly png: Uint8Array;
}

/**
 * Encodes a picture; the same picture gives the same bytes everywhere.
 *
 * @throws {ArgumentError} for a picture without pixels, pixels that do not fill it, or a palette of other than 1 to 256
 * colours.
 */
export function encodePng(bitmap: Bitmap): EncodedImage {
  const { width, height, pixels } = bitmap;
  const pixelBytes = bitmap.kind === "rgb" ? 3 : 1;
  if (pixels.length !== pixelBytes * width * height || pixels.length === 0) {
    throw new ArgumentError(
      `A picture of ${width} by ${height} does not have ${pixels.length} bytes.`,
    );
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  // 8 bits a sample, colour type 2 (RGB) or 3 (palette); compression, filter and interlace methods 0.
  header.set([8, bitmap.kind === "rgb" ? 2 : 3], 8);
  const chunks = [chunk("IHDR", header)];
  if (bitmap.kind === "palette") {
    const colours = bitmap.palette.length;
    if (colours < 1 || colours > 256) {
      throw new ArgumentError(`A palette has 1 to 256 colours, not ${colours}.`);
    }
    chunks.push(chunk("PLTE", Uint8Array.from(bitmap.palette.flat())));
  }
  const rows = filtered(pixels, pixelBytes * width, height, pixelBytes);
  chunks.push(chunk("IDAT", zlibSync(rows, { level: 9 })), chunk("IEND", new Uint8Array(0)));
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  return { width, height, png: joinedBytes([signature, ...chunks]) };
}

/**
 * Each row begins with the number of its filter: 4, after Paeth. A byte becomes its difference from the one at its left,
 * above it or above left, whichever is nearest to left + above − above left. Levels of sound vary smoothly along both
 * axes, so it saves a tenth and more, also where bytes are indices into a palette of levels.
 */
function filtered(pixels: Uint8Array, rowBytes: number, height: number, pixelBytes: number) {
  const rows = new Uint8Array(height * (1 + rowBytes));
  for (let y = 0; y < height; y++) {
    const from = y * rowBytes;
    const to = y * (1 + rowBytes) + 1;
    rows[to - 1] = 4;
    for (let x = 0; x < rowBytes; x++) {
      const left = x < pixelBytes ? 0 : pixels[from + x - pixelBytes];
      const above = y === 0 ? 0 : pixels[from + x - rowBytes];
      const corner = x < pixelBytes || y === 0 ? 0 : pixels[from + x - rowBytes - pixelBytes];
      rows[to + x] = pixels[from + x] - nearest(left, above, corner);
    }
  }
  return rows;
}

function nearest(left: number, above: number, corner: number): number {
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}

/** Length, name, content, CRC-32 of name and content. */
function chunk(name: string, content: Uint8Array): Uint8Array {
  const out = new Uint8Array(12 + content.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, content.length);
  out.set(new TextEncoder().encode(name), 4);
  out.set(content, 8);
  view.setUint32(8 + content.length, crc32(out.subarray(4, 8 + content.length)));
  return out;
}
