/** Successive halving (Jamieson, Talwalkar 2016): all trials begin, and after every rung only the best go on. */
import { ArgumentError } from "../../errors.ts";

/** Epochs after which trials are compared, ascending; the last is that of a whole training. */
export type Rungs = readonly number[];

/**
 * Rungs that each take `factor` times as long as the one before.
 * @throws {ArgumentError} if so many do not fit into the epochs.
 */
export function rungsOf(epochs: number, factor: number, count: number): Rungs {
  const rungs = Array.from({ length: count }, (_, i) =>
    Math.round(epochs / factor ** (count - 1 - i)),
  );
  if (rungs[0] < 1 || rungs.some((rung, i) => i > 0 && rung <= rungs[i - 1])) {
    throw new ArgumentError(
      `${count} rungs, each ${factor} times as long as the one before, do not fit into ${epochs} epochs.`,
      "Give more --epochs or fewer --rungs.",
    );
  }
  return rungs;
}

/** A trial at the end of a rung. */
export interface Ranked {
  readonly trial: number;
  /** Higher is better; undefined for trials that failed. */
  readonly score: number | undefined;
}

/** The best of a rung's trials, best first: one in `factor`, one at least; of equal ones those with the lower numbers. */
export function promoted(ranked: readonly Ranked[], factor: number): readonly number[] {
  const scored = ranked.flatMap(({ trial, score }) =>
    score === undefined ? [] : [{ trial, score }],
  );
  const order = scored.sort((a, b) => b.score - a.score || a.trial - b.trial);
  return order.slice(0, Math.ceil(ranked.length / factor)).map(({ trial }) => trial);
}
