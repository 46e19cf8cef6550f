/** All trials of a search as rows: the best of those that came furthest first, failed ones last. */
import type { Trial, TrialMeasure } from "./tune.ts";

/** The trials in the order of how far and how well they did. */
export function inOrder(trials: readonly Trial[]): readonly Trial[] {
  const key = ({ rung, score }: Trial) => (score === undefined ? -1 : rung);
  return [...trials].sort(
    (a, b) => key(b) - key(a) || (b.score ?? 0) - (a.score ?? 0) || a.trial - b.trial,
  );
}

/** A head and a row for each trial. */
export function trialRows(
  trials: readonly Trial[],
  measure: TrialMeasure,
): readonly (readonly string[])[] {
  const names = Object.keys(trials[0]?.values ?? {});
  const head = ["trial", "epochs", measure === "loss" ? "loss" : "SDR (dB)", ...names];
  return [
    [...head, "parameters", "hours", "remark"],
    ...inOrder(trials).map(({ trial, epochs, score, values, end }) => [
      String(trial),
      String(epochs.at(-1)?.epoch ?? 0),
      score === undefined ? "–" : shown(score, measure),
      ...names.map((name) => values[name]),
      String(epochs.at(-1)?.parameters ?? "–"),
      (epochs.reduce((sum, { seconds }) => sum + seconds, 0) / 3600).toFixed(2),
      end ? `${end.how === "failed" ? "failed: " : ""}${end.why}` : "",
    ]),
  ];
}

function shown(score: number, measure: TrialMeasure): string {
  return measure === "loss" ? String(Number((-score).toPrecision(5))) : score.toFixed(2);
}

/** The options of a trial, to train with them again. */
export function trialOptions({ values }: Trial): string {
  return Object.entries(values)
    .map(([name, value]) =>
      value === "true" ? `--${name}` : value === "false" ? "" : `--${name} ${value}`,
    )
    .filter((option) => option !== "")
    .join(" ");
}
