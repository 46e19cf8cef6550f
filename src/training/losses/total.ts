/** Sums in graphs. */
import type { GraphBuilder, Value } from "../../graph/index.ts";

/** Sum of all elements, along rows first. */
export function total(b: GraphBuilder, x: Value): Value {
  const rank = x.shape.length;
  const rows = b.reduceSum(x, [rank - 2, rank - 1]);
  return b.reshape(b.reduceSum(rows, [...Array(rank).keys()]), []);
}
