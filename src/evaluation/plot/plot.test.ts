import { describe, expect, it } from "vitest";
import { decodePng } from "../../pictures/testing/decodePng.ts";
import { drawBoxPlot } from "./boxPlot.ts";
import { toPng } from "./png.ts";
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
    for (const pixel of rgb) if (blue.every((c, k) => pixel[k] === c)) found++;
    expect(found).toBeGreaterThan(1000);
    console.log(`PNG ${width} × ${height}, ${png.length} bytes`);
  });
});
