import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodePng, type Rgb } from "./png.ts";
import { decodePng } from "./testing/decodePng.ts";

const side = fc.integer({ min: 1, max: 12 });
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const palette: Rgb[] = Array.from({ length: 256 }, (_, i) => [i, 255 - i, (7 * i) % 256]);
const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;

describe("PNG files", () => {
  it("hold every pixel of RGB pictures", () => {
    const picture = fc.tuple(side, side).chain(([width, height]) =>
      fc.record({
        width: fc.constant(width),
        height: fc.constant(height),
        pixels: bytes(3 * width * height),
      }),
    );
    fc.assert(
      fc.property(picture, (it) => {
        const image = encodePng({ kind: "rgb", ...it });
        const decoded = decodePng(image.png);
        expect([image.width, image.height]).toEqual([it.width, it.height]);
        expect([decoded.width, decoded.height]).toEqual([it.width, it.height]);
        expect(decoded.pixels).toEqual(it.pixels);
      }),
    );
  });

  it("hold every index and colour of pictures with a palette", () => {
    const pixels = Uint8Array.from({ length: 40 * 30 }, (_, i) => (i * i) % 256);
    const { png } = encodePng({ kind: "palette", width: 40, height: 30, palette, pixels });
    const decoded = decodePng(png);
    expect(decoded.palette).toEqual(palette);
    expect(decoded.pixels).toEqual(pixels);
    expect(decoded.rgb[777]).toEqual(palette[pixels[777]]);
  });

  it.skipIf(!hasFfmpeg)("are read by ffmpeg as they were written", () => {
    const pixels = Uint8Array.from({ length: 31 * 17 }, (_, i) => (i * 37) % 256);
    const { png } = encodePng({ kind: "palette", width: 31, height: 17, palette, pixels });
    const raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-"];
    const { stdout } = spawnSync("ffmpeg", ["-v", "error", "-f", "png_pipe", "-i", "-", ...raw], {
      input: png,
    });
    expect([...stdout]).toEqual([...pixels].flatMap((i) => [...palette[i]]));
  });

  it("are smaller than their pixels where these vary smoothly", () => {
    const pixels = Uint8Array.from({ length: 100 * 100 }, (_, i) => 100 + 50 * Math.sin(i / 900));
    const { png } = encodePng({ kind: "palette", width: 100, height: 100, palette, pixels });
    expect(png.length).toBeLessThan(2500);
  });

  it("refuse pixels that do not fill them, and palettes of no or too many colours", () => {
    const refused = (picture: Parameters<typeof encodePng>[0]) =>
      expect(() => encodePng(picture)).toThrow(
        expect.objectContaining({ code: "invalid-argument" }),
      );
    refused({ kind: "rgb", width: 2, height: 2, pixels: new Uint8Array(4) });
    refused({ kind: "rgb", width: 0, height: 2, pixels: new Uint8Array(0) });
    const one = { kind: "palette", width: 1, height: 1, pixels: new Uint8Array(1) } as const;
    refused({ ...one, palette: [] });
    refused({ ...one, palette: [...palette, [0, 0, 0]] });
  });
});
