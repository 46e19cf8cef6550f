/** All trials of a search in one picture: what each is measured by, epoch for epoch. */
import type { Colour, Drawing, Shape } from "../../evaluation/plot/drawing.ts";
import { roundScale } from "../../evaluation/plot/roundScale.ts";
import type { Rungs } from "./halving.ts";
import type { TrialEpoch } from "./trialLog.ts";
import { inOrder, trialOptions } from "./trialTable.ts";
import type { Trial, TrialMeasure } from "./tune.ts";

/** The best trials have colours that the colour-blind can tell apart (Okabe and Ito 2008), and are named. */
const COLOURS: readonly Colour[] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00"];
const OTHERS: Colour = "#bbbbbb";
const INK: Colour = "#222222";
const GRID: Colour = "#e2e2e2";
const RUNG: Colour = "#9a9a9a";

const [LEFT, TOP, WIDTH, HEIGHT] = [64, 44, 640, 300];
const LINE_HEIGHT = 18;

/** Draws the curves of all trials; dotted down at the rungs after which some end. */
export function trialPicture(
  trials: readonly Trial[],
  rungs: Rungs,
  measure: TrialMeasure,
): Drawing {
  const value = ({ validLoss, sdr }: TrialEpoch) =>
    measure === "loss" ? validLoss : (sdr ?? Number.NaN);
  const ranked = inOrder(trials).filter(({ epochs }) => epochs.length > 0);
  const scale = roundScale(
    ranked.flatMap(({ epochs }) => epochs.map(value)).filter(Number.isFinite),
  );
  const last = rungs[rungs.length - 1];
  const x = (epoch: number) => LEFT + (WIDTH * (epoch - 1)) / Math.max(1, last - 1);
  const y = (v: number) => TOP + HEIGHT - (HEIGHT * (v - scale.low)) / (scale.high - scale.low);
  const what = measure === "loss" ? "validation loss" : "SDR of validation clips, dB";
  const title = `${trials.length} trials: ${what}, by epoch`;
  const shapes: Shape[] = [text(LEFT, 24, title, 14, "start")];
  for (let v = scale.low; v <= scale.high + scale.step / 1e6; v += scale.step) {
    shapes.push({
      kind: "line",
      from: [LEFT, y(v)],
      to: [LEFT + WIDTH, y(v)],
      stroke: GRID,
      width: 1,
    });
    shapes.push(text(LEFT - 8, y(v) + 4, String(Number(v.toPrecision(6))), 11, "end"));
  }
  for (const rung of rungs) {
    const at = x(rung);
    shapes.push({
      kind: "line",
      from: [at, TOP],
      to: [at, TOP + HEIGHT],
      stroke: RUNG,
      width: 0.5,
    });
    shapes.push(text(at, TOP + HEIGHT + 18, String(rung), 11, "middle"));
  }
  // The best on top.
  for (const [rank, trial] of [...ranked.entries()].reverse()) {
    const stroke = COLOURS[rank] ?? OTHERS;
    const points = trial.epochs
      .map((epoch) => [x(epoch.epoch), y(value(epoch))] as const)
      .filter(([, at]) => Number.isFinite(at));
    for (let i = 1; i < points.length; i++) {
      const width = rank < COLOURS.length ? 2 : 1;
      shapes.push({ kind: "line", from: points[i - 1], to: points[i], stroke, width });
    }
    const end = points.at(-1);
    if (end) shapes.push({ kind: "dot", x: end[0], y: end[1], radius: 2.5, fill: stroke });
  }
  const below = TOP + HEIGHT + 40;
  for (const [rank, trial] of ranked.slice(0, COLOURS.length).entries()) {
    const at = below + rank * LINE_HEIGHT;
    shapes.push({ kind: "rectangle", x: LEFT, y: at, width: 12, height: 12, fill: COLOURS[rank] });
    const words = `${trial.trial}: ${trialOptions(trial)}`;
    shapes.push(text(LEFT + 18, at + 10, words, 12, "start"));
  }
  const named = ranked.slice(0, COLOURS.length).map((trial) => trialOptions(trial).length);
  return {
    title,
    width: Math.ceil(Math.max(LEFT + WIDTH + 24, LEFT + 60 + 8 * Math.max(0, ...named))),
    height: below + Math.min(ranked.length, COLOURS.length) * LINE_HEIGHT + 12,
    shapes,
  };
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
