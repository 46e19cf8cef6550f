#!/usr/bin/env node
/**
 * Draws the course of a training as SVG or PNG: losses over time, of one run or of several that went on with one another.
 *
 *     node scripts/trainingCurve.mjs runs/first runs/then --title "xumx-slicq" -o curve.svg
 *
 * Every run is a folder with a training.json. Needs the built package (npm run build).
 */
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { toPng } from "../dist/evaluation/plot/png.js";
import { toSvg } from "../dist/evaluation/plot/svg.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    output: { type: "string", short: "o", default: "curve.svg" },
    title: { type: "string", default: "" },
  },
});
if (positionals.length === 0) {
  console.error("Give the folders of one or more trainings, in their order.");
  process.exit(2);
}

const INK = "#222222";
const GRID = "#dddddd";
const LOSSES = [
  { key: "trainLoss", label: "training", colour: "#0072b2" },
  { key: "validLoss", label: "validation", colour: "#d55e00" },
];
const [LEFT, TOP, WIDTH, HEIGHT] = [56, 40, 620, 260];

let minutes = 0;
const runs = positionals.map((folder) => {
  const { history } = JSON.parse(readFileSync(join(folder, "training.json"), "utf8"));
  const start = minutes;
  const points = history.map(({ seconds, ...losses }) => {
    minutes += seconds / 60;
    return { ...losses, minutes };
  });
  return { name: basename(resolve(folder)), start, points };
});

const all = runs.flatMap(({ points }) => points.flatMap((p) => LOSSES.map(({ key }) => p[key])));
const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 100].find(
  (s) => (Math.max(...all) - Math.min(...all)) / s <= 8,
);
const low = Math.floor(Math.min(...all) / step) * step;
const high = Math.ceil(Math.max(...all) / step) * step;
const x = (at) => LEFT + (at / minutes) * WIDTH;
const y = (value) => TOP + ((high - value) / (high - low)) * HEIGHT;

const line = (from, to, stroke, width = 1) => ({ kind: "line", from, to, stroke, width });
const text = (at, value, size = 11, anchor = "middle", fill = INK) => {
  return { kind: "text", x: at[0], y: at[1], text: value, size, anchor, fill };
};
const shapes = [text([LEFT, 22], values.title, 14, "start")];
for (let value = low; value <= high + 1e-9; value += step) {
  shapes.push(line([LEFT, y(value)], [LEFT + WIDTH, y(value)], GRID));
  shapes.push(text([LEFT - 6, y(value) + 4], String(Number(value.toFixed(3))), 11, "end"));
}
const between = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600].find((m) => minutes / m <= 12) ?? 1440;
for (let at = 0; at <= minutes; at += between) {
  shapes.push(line([x(at), TOP + HEIGHT], [x(at), TOP + HEIGHT + 4], INK));
  shapes.push(text([x(at), TOP + HEIGHT + 18], String(at)));
}
shapes.push(text([LEFT + WIDTH / 2, TOP + HEIGHT + 36], "minutes", 12));
for (const { name, start, points } of runs) {
  if (runs.length > 1) {
    shapes.push(line([x(start), TOP], [x(start), TOP + HEIGHT], INK));
    shapes.push(text([x(start) + 4, TOP + 12], name, 11, "start"));
  }
  for (const { key, colour } of LOSSES) {
    points.forEach((point, i) => {
      const here = [x(point.minutes), y(point[key])];
      shapes.push({ kind: "dot", x: here[0], y: here[1], radius: 2, fill: colour });
      if (i > 0) {
        const before = points[i - 1];
        shapes.push(line([x(before.minutes), y(before[key])], here, colour, 1.5));
      }
    });
  }
}
LOSSES.forEach(({ label, colour }, i) => {
  const at = [LEFT + WIDTH - 190 + 100 * i, 16];
  shapes.push({ kind: "rectangle", x: at[0], y: at[1] - 8, width: 10, height: 10, fill: colour });
  shapes.push(text([at[0] + 14, at[1] + 1], label, 12, "start"));
});

const title = values.title || runs.map(({ name }) => name).join(", ");
const drawing = { title, width: LEFT + WIDTH + 20, height: TOP + HEIGHT + 48, shapes };
const isPng = values.output.endsWith(".png");
writeFileSync(values.output, isPng ? toPng(drawing) : toSvg(drawing));
