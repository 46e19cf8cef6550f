import { describe, expect, it } from "vitest";
import { fitting, Page, textWidth } from "./page.ts";
import { decodePng } from "./testing/decodePng.ts";

const luma = ([r, g, b]: readonly number[]) => r + g + b;

describe("a page", () => {
  it("is paper with ink on it, sharp where stems stand on whole pixels", () => {
    const page = new Page(30, 20, "light", 2, 1);
    page.write("H", 5, 15, "start");
    const { rgb } = decodePng(page.encode().png);
    const at = (x: number, y: number) => rgb[y * 30 + x];
    expect(at(0, 0)).toEqual([255, 255, 255]);
    // Left stem, right stem, bar; nothing between.
    const ink = at(5, 12);
    expect(luma(ink)).toBeLessThan(150);
    expect(at(12, 8)).toEqual(ink);
    expect(at(8, 10)).toEqual(ink);
    expect(at(8, 7)).toEqual([255, 255, 255]);
    // Letters are ten units high: from the baseline's pixel up.
    expect(luma(at(5, 5))).toBeLessThan(400);
    expect(at(5, 2)).toEqual([255, 255, 255]);
    expect(at(5, 18)).toEqual([255, 255, 255]);
  });

  it("anchors text at its start, middle or end", () => {
    const columns = (anchor: "start" | "middle" | "end") => {
      const page = new Page(60, 20, "light", 2, 1);
      page.write("HH", 30, 15, anchor);
      const { rgb } = decodePng(page.encode().png);
      return rgb.flatMap((colour, i) => (luma(colour) < 150 ? [i % 60] : []));
    };
    const width = textWidth("HH");
    expect(Math.min(...columns("start"))).toBe(30);
    expect(Math.max(...columns("end"))).toBe(30);
    expect(Math.min(...columns("middle"))).toBe(Math.round(30 - width / 2));
  });

  it("does not write on panels, nor beyond its edges", () => {
    const page = new Page(20, 20, "dark", 3, 1);
    const levels = new Float32Array(400).fill(-10);
    page.levels({ width: 20, height: 20, levels }, 0, 0, { max: 0, range: 20 });
    page.write("HHHHH", -10, 12, "start");
    page.fill({ left: -5, top: -5, width: 50, height: 50 }, 1);
    expect([...new Set(decodePng(page.encode().png).pixels)]).toEqual([1]);
  });
});

it("texts that do not fit end in an ellipsis, as long as possible", () => {
  const text = "vocals of a song";
  expect(fitting(text, textWidth(text))).toBe(text);
  for (let width = textWidth(text) - 1; width > 20; width -= 7) {
    const shown = fitting(text, width);
    expect(textWidth(shown)).toBeLessThanOrEqual(width);
    expect(text.startsWith(shown.slice(0, -1))).toBe(true);
    const more = text.slice(0, shown.length + 1).trimEnd();
    expect(textWidth(`${more}…`)).toBeGreaterThan(width);
  }
});
