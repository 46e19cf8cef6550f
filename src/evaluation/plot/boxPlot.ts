/** Box plots: for every stem one box per method. Box: quartiles; line: median; whiskers: furthest within 1.5 boxes. */
import { quantile } from "../aggregate.ts";
import type { Colour, Drawing, Shape } from "./drawing.ts";
import { roundScale } from "./roundScale.ts";

/** A place on the axis, with one box per method. */
export interface BoxGroup {
  /** Under the axis, e.g. the stem. */
  readonly label: string;
  /** One list of values per method; what is not finite is left out. */
  readonly values: readonly (readonly number[])[];
}

/** What a box plot shows. */
export interface BoxPlot {
  readonly title: string;
  readonly methods: readonly string[];
  readonly groups: readonly BoxGroup[];
}

/** Colours that the colour-blind can tell apart (Okabe and Ito 2008), then again from the start. */
const COLOURS: readonly Colour[] = [
  "#0072b2",
  "#e69f00",
  "#009e73",
  "#cc79a7",
  "#56b4e9",
  "#d55e00",
  "#999999",
  "#f0e442",
];
const INK: Colour = "#222222";
const GRID: Colour = "#dddddd";

const LEFT = 50;
const TOP = 40;
const PLOT_HEIGHT = 320;
const BOX = 22;
const GAP = 6;
const GROUP_GAP = 34;
const LINE_HEIGHT = 18;

/** Draws box plots side by side: medians, quartiles and whiskers, on one axis of values. */
export function drawBoxPlot({ title, methods, groups }: BoxPlot): Drawing {
  const groupWidth = methods.length * (BOX + GAP) - GAP + GROUP_GAP;
  const right = LEFT + Math.max(groups.length * groupWidth, 260);
  const bottom = TOP + PLOT_HEIGHT;
  const scale = roundScale(groups.flatMap(({ values }) => values.flat()).filter(Number.isFinite));
  const y = (value: number) =>
    bottom - ((value - scale.low) / (scale.high - scale.low)) * PLOT_HEIGHT;
  const shapes: Shape[] = [text(LEFT, 22, title, 14, "start")];
  for (let value = scale.low; value <= scale.high + 1e-9; value += scale.step) {
    shapes.push(line([LEFT, y(value)], [right, y(value)], GRID));
    shapes.push(text(LEFT - 6, y(value) + 4, String(Number(value.toFixed(6))), 11, "end"));
  }
  groups.forEach(({ label, values }, g) => {
    const start = LEFT + g * groupWidth + GROUP_GAP / 2;
    const middle = start + (groupWidth - GROUP_GAP) / 2;
    shapes.push(text(middle, bottom + 18, label, 13, "middle"));
    values.forEach((list, m) => {
      const finite = list.filter(Number.isFinite);
      if (finite.length > 0) shapes.push(...box(start + m * (BOX + GAP), finite, colour(m), y));
    });
  });
  methods.forEach((method, m) => {
    const at = bottom + 34 + m * LINE_HEIGHT;
    shapes.push({
      kind: "rectangle",
      x: LEFT,
      y: at,
      width: 12,
      height: 12,
      fill: colour(m),
    });
    shapes.push(text(LEFT + 18, at + 10, method, 12, "start"));
  });
  const longest = Math.max(title.length * 10, ...methods.map((method) => 18 + method.length * 8));
  return {
    title,
    width: Math.ceil(Math.max(right, LEFT + longest) + 16),
    height: bottom + 34 + methods.length * LINE_HEIGHT + 10,
    shapes,
  };
}

function colour(method: number): Colour {
  return COLOURS[method % COLOURS.length];
}

function box(
  x: number,
  values: readonly number[],
  fill: Colour,
  y: (value: number) => number,
): Shape[] {
  const [q1, q2, q3] = [0.25, 0.5, 0.75].map((q) => quantile(values, q));
  const reach = 1.5 * (q3 - q1);
  const inside = values.filter((value) => value >= q1 - reach && value <= q3 + reach);
  const [low, high] = [Math.min(q1, ...inside), Math.max(q3, ...inside)];
  const middle = x + BOX / 2;
  return [
    line([middle, y(low)], [middle, y(q1)], INK),
    line([middle, y(q3)], [middle, y(high)], INK),
    line([x + BOX / 4, y(low)], [x + (3 * BOX) / 4, y(low)], INK),
    line([x + BOX / 4, y(high)], [x + (3 * BOX) / 4, y(high)], INK),
    { kind: "rectangle", x, y: y(q3), width: BOX, height: Math.max(1, y(q1) - y(q3)), fill },
    line([x, y(q2)], [x + BOX, y(q2)], INK, 2),
    ...values
      .filter((value) => value < low || value > high)
      .map((value): Shape => ({ kind: "dot", x: middle, y: y(value), radius: 2.5, fill })),
  ];
}

function line(
  from: readonly [number, number],
  to: readonly [number, number],
  stroke: Colour,
  width = 1,
): Shape {
  return { kind: "line", from, to, stroke, width };
}

function text(
  x: number,
  y: number,
  words: string,
  size: number,
  anchor: "start" | "middle" | "end",
): Shape {
  return { kind: "text", x, y, text: words, size, anchor, fill: INK };
}
