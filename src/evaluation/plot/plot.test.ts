import { unzlibSync } from "fflate";
import { describe, expect, it } from "vitest";
import { drawBoxPlot } from "./boxPlot.ts";
import { encodePng, toPng } from "./png.ts";
import { letterStrokes } from "./strokes.ts";
import { toSvg } from "./svg.ts";

const plot = {
  title: "uSDR <dB>",
  methods: ["mixture", "ours & co"],
  groups: ["vocals", "bass"].map((label, g) => ({
    label,
    values: [
      [1 + g, 2, 3, 4, 40],
      [5, 6, Number.NaN, 7],
    ],
  })),
};

describe("box plots", () => {
  const drawing = drawBoxPlot(plot);

  it("have a box per stem and method, and a dot for what lies far out", () => {
    // Two boxes per stem, two legend squares.
    expect(drawing.shapes.filter(({ kind }) => kind === "rectangle")).toHaveLength(6);
    expect(drawing.shapes.filter(({ kind }) => kind === "dot")).toHaveLength(2);
  });

  it("stay within their edges", () => {
    for (const shape of drawing.shapes) {
      const points = shape.kind === "line" ? [shape.from, shape.to] : [[shape.x, shape.y]];
      for (const [x, y] of points) {
        expect(x).toBeGreaterThanOrEqual(0);
        expect(x).toBeLessThanOrEqual(drawing.width);
        expect(y).toBeGreaterThanOrEqual(0);
        expect(y).toBeLessThanOrEqual(drawing.height);
      }
    }
  });

  it("draw nothing for a stem without values", () => {
    const empty = drawBoxPlot({ ...plot, groups: [{ label: "bass", values: [[], [Number.NaN]] }] });
    expect(empty.shapes.filter(({ kind }) => kind === "rectangle")).toHaveLength(2);
  });

  it("become SVG with escaped names", () => {
    const svg = toSvg(drawing);
    expect(svg).toMatch(/^<svg xmlns=/);
    expect(svg).toContain("uSDR &lt;dB&gt;");
    expect(svg).toContain("ours &amp; co");
    expect(svg.match(/<circle/g)).toHaveLength(2);
  });

  it("become PNG of twice the size, with the first method's colour in it", () => {
    const png = toPng(drawing);
    const { width, height, rgb } = decodePng(png);
    expect([width, height]).toEqual([2 * drawing.width, 2 * drawing.height]);
    const blue = [0x00, 0x72, 0xb2];
    let found = 0;
    for (let i = 0; i < rgb.length; i += 3) if (blue.every((c, k) => rgb[i + k] === c)) found++;
    expect(found).toBeGreaterThan(1000);
    console.log(`PNG ${width} × ${height}, ${png.length} bytes`);
  });
});

describe("the PNG writer", () => {
  it("writes every pixel", () => {
    const rgb = Uint8Array.from({ length: 3 * 5 * 4 }, (_, i) => i * 4);
    expect(decodePng(encodePng(5, 4, rgb)).rgb).toEqual(rgb);
  });

  it("knows the letters of names and leaves a mark for others", () => {
    for (const letter of "ABCXYZ019-._@ ") {
      for (const stroke of letterStrokes(letter)) {
        expect(stroke.length).toBeGreaterThan(1);
        for (const [x, y] of stroke) expect(x >= 0 && x <= 4 && y >= 0 && y <= 6).toBe(true);
      }
    }
    expect(letterStrokes("é")).toEqual(letterStrokes("E"));
    expect(letterStrokes("語")).toHaveLength(1);
  });
});

function decodePng(png: Uint8Array) {
  expect([...png.subarray(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
  const view = new DataView(png.buffer, png.byteOffset);
  const width = view.getUint32(16);
  const height = view.getUint32(20);
  const start = 8 + 25;
  const rows = unzlibSync(png.subarray(start + 8, start + 8 + view.getUint32(start)));
  const rgb = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    expect(rows[y * (3 * width + 1)]).toBe(0);
    const row = rows.subarray(y * (3 * width + 1) + 1, (y + 1) * (3 * width + 1));
    rgb.set(row, y * 3 * width);
  }
  return { width, height, rgb };
}
