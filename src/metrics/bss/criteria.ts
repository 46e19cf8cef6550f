/** The metrics of BSS Eval, from the energies of an estimate and its projections. */
import type { Samples } from "./correlations.ts";

/** Channels of one source; all equally long. */
export type Source = readonly Samples[];

/** The four metrics. ISR exists for images only (NaN otherwise). */
export const metrics = ["SDR", "ISR", "SIR", "SAR"] as const;

/** A criterion of BSS Eval. */
export type Metric = (typeof metrics)[number];

/** Energies over all channels of one frame. */
export interface Energies {
  readonly reference: number;
  readonly estimate: number;
  /** Estimate on its own reference, and on all of them. */
  readonly own: number;
  readonly all: number;
  readonly estimateMinusReference: number;
  readonly ownMinusReference: number;
  readonly allMinusOwn: number;
  readonly estimateMinusOwn: number;
  readonly estimateMinusAll: number;
}

/**
 * @param own the projection on the own reference; @param all on all references. Both may ring on after the frame.
 */
export function measure(
  reference: Source,
  estimate: Source,
  own: readonly Float64Array[],
  all: readonly Float64Array[],
): Energies {
  const sums = new Float64Array(9);
  for (let c = 0; c < own.length; c++) {
    const [s, e, p, q] = [reference[c], estimate[c], own[c], all[c]];
    for (let i = 0; i < p.length; i++) {
      // The projections ring on after the frame; reference and estimate do not.
      const st = i < s.length ? s[i] : 0;
      const et = i < e.length ? e[i] : 0;
      const pt = p[i];
      const qt = q[i];
      sums[0] += st * st;
      sums[1] += pt * pt;
      sums[2] += qt * qt;
      sums[3] += (et - st) * (et - st);
      sums[4] += (pt - st) * (pt - st);
      sums[5] += (qt - pt) * (qt - pt);
      sums[6] += (et - pt) * (et - pt);
      sums[7] += (et - qt) * (et - qt);
      sums[8] += et * et;
    }
  }
  return {
    reference: sums[0],
    estimate: sums[8],
    own: sums[1],
    all: sums[2],
    estimateMinusReference: sums[3],
    ownMinusReference: sums[4],
    allMinusOwn: sums[5],
    estimateMinusOwn: sums[6],
    estimateMinusAll: sums[7],
  };
}

export type Scores = Readonly<Record<Metric, number>>;

/** How an estimate differs from its reference as it sounds in the mix. */
export function imageCriteria(e: Energies): Scores {
  return {
    SDR: decibels(e.reference, e.estimateMinusReference),
    ISR: decibels(e.reference, e.ownMinusReference),
    SIR: decibels(e.own, e.allMinusOwn),
    SAR: decibels(e.all, e.estimateMinusAll),
  };
}

/** The same where filtering is forgiven. */
export function sourceCriteria(e: Energies): Scores {
  return {
    SDR: decibels(e.own, e.estimateMinusOwn),
    ISR: Number.NaN,
    SIR: decibels(e.own, e.allMinusOwn),
    SAR: decibels(e.all, e.estimateMinusAll),
  };
}

/** 10·log10 of a ratio of energies; no error at all is infinitely good. */
export function decibels(signal: number, error: number): number {
  return error === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(signal / error);
}
