/** The best order of estimates. */

/** All orders of 0 … count−1. */
export function permutations(count: number): readonly (readonly number[])[] {
  if (count === 0) return [[]];
  return permutations(count - 1).flatMap((rest) =>
    Array.from({ length: count }, (_, at) => [...rest.slice(0, at), count - 1, ...rest.slice(at)]),
  );
}

/** The order with the greatest sum of `score(reference, estimate)`; on a tie the least one in order of its numbers. */
export function bestPermutation(
  count: number,
  score: (reference: number, estimate: number) => number,
): readonly number[] {
  let best: readonly number[] = [];
  let most = Number.NEGATIVE_INFINITY;
  for (const order of [...permutations(count)].sort(byNumbers)) {
    const total = order.reduce((sum, e, j) => sum + score(j, e), 0);
    if (best.length === 0 || total > most) [best, most] = [order, total];
  }
  return best;
}

function byNumbers(a: readonly number[], b: readonly number[]): number {
  const i = a.findIndex((x, k) => x !== b[k]);
  return i < 0 ? 0 : a[i] - b[i];
}
