/** Where a correlation is largest: found coarsely, settled in exact sums. */

/** A correlation over lags from `first` to `last`. */
export interface Correlation {
  readonly first: number;
  readonly last: number;
  /** About the value at a lag, wrong by less than half of `tolerance`. */
  coarse(lag: number): number;
  readonly tolerance: number;
  /** The value at a lag, in double precision. */
  exact(lag: number): number;
}

/** Stretches up to here are looked at lag by lag; in longer ones the curve is smooth, and its top is closed in. */
const SHORT = 6;

/**
 * The lag of the largest value, the first of equal ones. Every stretch of lags that could hold it by the coarse values
 * is searched by exact ones.
 */
export function peakLag({ first, last, coarse, tolerance, exact }: Correlation): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let lag = first; lag <= last; lag++) most = Math.max(most, coarse(lag));
  const only = onlyCandidate(first, last, coarse, most - tolerance);
  if (only !== undefined) return only;
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
    if (!(coarse(lag) >= most - tolerance)) continue;
    let end = lag;
    while (end < last && coarse(end + 1) >= most - tolerance) end++;
    const top = climb(value, closeIn(value, lag, end));
    const height = value(top);
    if (height > bestValue || (height === bestValue && top < best)) {
      best = top;
      bestValue = height;
    }
    lag = end;
  }
  return best;
}

/** The lag whose coarse value reaches `least`, if it is the only one: then no other one can be the largest. */
function onlyCandidate(
  first: number,
  last: number,
  coarse: (lag: number) => number,
  least: number,
): number | undefined {
  let only: number | undefined;
  for (let lag = first; lag <= last; lag++) {
    if (!(coarse(lag) >= least)) continue;
    if (only !== undefined) return undefined;
    only = lag;
  }
  return only;
}

/** The largest value of a curve with one top between two lags, or nearly: by golden sections. */
function closeIn(value: (lag: number) => number, from: number, to: number): number {
  let [low, high] = [from, to];
  while (high - low >= SHORT) {
    const step = Math.round((high - low) * 0.382);
    if (value(low + step) >= value(high - step)) high -= step;
    else low += step;
  }
  let best = low;
  for (let lag = low + 1; lag <= high; lag++) if (value(lag) > value(best)) best = lag;
  return best;
}

function climb(value: (lag: number) => number, from: number): number {
  let top = from;
  for (;;) {
    const [left, middle, right] = [value(top - 1), value(top), value(top + 1)];
    if (left >= middle && left >= right && Number.isFinite(left)) top--;
    else if (right > middle) top++;
    else return top;
  }
}
