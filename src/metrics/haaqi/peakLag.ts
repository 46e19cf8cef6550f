/** Where a correlation is largest: found coarsely, settled in exact sums. */

/** A correlation over lags from `first` to `last`. */
export interface Correlation {
  readonly first: number;
  readonly last: number;
  /** About the value at a lag, wrong by less than `tolerance`. */
  coarse(lag: number): number;
  readonly tolerance: number;
  /** The value at a lag, in double precision. */
  exact(lag: number): number;
}

/**
 * The lag of the largest value, the first of equal ones. Every coarse peak that could be the highest is climbed to its
 * top by exact values.
 */
export function peakLag({ first, last, coarse, tolerance, exact }: Correlation): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let lag = first; lag <= last; lag++) most = Math.max(most, coarse(lag));
  const known = new Map<number, number>();
  const value = (lag: number): number => {
    if (lag < first || lag > last) return Number.NEGATIVE_INFINITY;
    const found = known.get(lag) ?? exact(lag);
    known.set(lag, found);
    return found;
  };
  let best = first;
  let bestValue = Number.NEGATIVE_INFINITY;
  for (let lag = first; lag <= last; lag++) {
    const here = coarse(lag);
    const isPeak =
      here >= most - tolerance &&
      (lag === first || here >= coarse(lag - 1)) &&
      (lag === last || here > coarse(lag + 1));
    if (!isPeak) continue;
    let top = lag;
    for (;;) {
      const [left, middle, right] = [value(top - 1), value(top), value(top + 1)];
      if (left >= middle && left >= right && Number.isFinite(left)) top--;
      else if (right > middle) top++;
      else break;
    }
    const height = value(top);
    if (height > bestValue || (height === bestValue && top < best)) {
      best = top;
      bestValue = height;
    }
  }
  return best;
}
