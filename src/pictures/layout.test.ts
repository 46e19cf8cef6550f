import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type LayoutOptions, layOutPage, pleasantHeight } from "./layout.ts";
import type { Box } from "./page.ts";

const options = fc.record({
  width: fc.integer({ min: 900, max: 3000 }),
  panels: fc.integer({ min: 1, max: 9 }),
  columns: fc.integer({ min: 1, max: 4 }),
  title: fc.boolean(),
  unit: fc.integer({ min: 1, max: 2 }),
});

const apart = (a: Box, b: Box) =>
  a.left + a.width < b.left ||
  b.left + b.width < a.left ||
  a.top + a.height < b.top ||
  b.top + b.height < a.top;

describe("pages", () => {
  it("hold all panels and the bar, apart from each other, all of the same height", () => {
    fc.assert(
      fc.property(options, (shape) => {
        const height = pleasantHeight(shape);
        const { panels, bar } = layOutPage({ ...shape, height });
        expect(panels).toHaveLength(shape.panels);
        const boxes = [...panels, bar];
        for (const [i, box] of boxes.entries()) {
          expect(
            Object.values(box).every((v) => typeof v === "boolean" || Number.isInteger(v)),
          ).toBe(true);
          expect(Math.min(box.left, box.top)).toBeGreaterThan(0);
          expect(box.left + box.width).toBeLessThan(shape.width);
          expect(box.top + box.height).toBeLessThan(height);
          for (const other of boxes.slice(i + 1)) expect(apart(box, other)).toBe(true);
        }
        expect(new Set(panels.map((panel) => panel.height)).size).toBe(1);
      }),
    );
  });

  const layOut = (panels: number, columns: number, more: Partial<LayoutOptions> = {}) =>
    layOutPage({ width: 1200, height: 900, panels, columns, title: false, unit: 1, ...more });

  it("stack panels on one time axis, written below the last", () => {
    const { panels } = layOut(5, 1);
    expect(new Set(panels.map(({ left, width }) => `${left} ${width}`)).size).toBe(1);
    expect(panels.map(({ times }) => times)).toEqual([false, false, false, false, true]);
    expect(panels.every(({ frequencies }) => frequencies)).toBe(true);
  });

  it("put the first panel across its row if one would be left over", () => {
    const { panels } = layOut(5, 2);
    const [first, second, third, fourth] = panels;
    expect(first.width).toBe(third.left + third.width - second.left);
    expect(second.top).toBe(third.top);
    expect(fourth.left).toBe(second.left);
    expect(panels.map(({ times }) => times)).toEqual([true, false, false, true, true]);
    expect(panels.map(({ frequencies }) => frequencies)).toEqual([true, true, false, true, false]);
  });

  it("write times below every panel that has none below it", () => {
    expect(layOut(5, 3).panels.map(({ times }) => times)).toEqual([false, false, true, true, true]);
  });

  it("say which size is enough when panels do not fit, and then fit into it", () => {
    for (const [panels, columns] of [
      [40, 1],
      [24, 24],
      [46, 15],
    ]) {
      let hint = "";
      try {
        layOut(panels, columns);
      } catch (error) {
        expect(error).toMatchObject({ code: "invalid-argument" });
        if (error instanceof Error && "hint" in error) hint = String(error.hint);
      }
      const [, width, height] = /need (\d+) by (\d+)/.exec(hint) ?? [];
      expect(layOut(panels, columns, { width: +width, height: +height }).panels).toHaveLength(
        panels,
      );
      expect(() => layOut(panels, columns, { width: +width - 1, height: +height })).toThrow();
      expect(() => layOut(panels, columns, { width: +width, height: +height - 1 })).toThrow();
    }
  });
});
