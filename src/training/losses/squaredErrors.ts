/** Squared errors in graphs. */
import type { GraphBuilder, Value } from "../../graph/index.ts";
import type { ErrorWeights } from "./loss.ts";
import { total } from "./total.ts";

/**
 * The weighted sum of squared errors [targets, 2·H, bins, frames·items]. By mix phase the part of the targets beside the
 * mixture's phase is constant and not in it.
 */
export function weightedErrors(b: GraphBuilder, error: Value, weights: ErrorWeights): Value {
  const each = b.mul(total(b, b.square(error)), b.constant(weights.each));
  if (weights.joint === 0) return each;
  const joint = total(b, b.square(b.reduceSum(error, [0])));
  return b.add(each, b.mul(joint, b.constant(weights.joint)));
}

/** Squared errors of each item's targets, then of their sum: [targets + 1, items]. */
export function itemErrors(b: GraphBuilder, error: Value, items: number): Value {
  const [targets, coefs, bins, width] = error.shape.map(Number);
  const perItem = (x: Value, rows: number) => {
    const squares = b.reshape(b.square(x), [rows, (coefs * bins * width) / items, items]);
    return b.reshape(b.reduceSum(squares, [1]), [rows, items]);
  };
  return b.concat([perItem(error, targets), perItem(b.reduceSum(error, [0]), 1)], 0);
}
