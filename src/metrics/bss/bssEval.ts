/**
 * BSS Eval: how much of an estimate is its source, other sources, and neither (Vincent, Gribonval, Févotte 2006;
 * images: Vincent and others 2007; version 4: Stöter, Liutkus, Ito 2018).
 *
 * An estimate is projected on its own reference through filters (what is that, but distorted), on all references (what
 * is interference), and the rest is artefacts.
 */
import { ArgumentError } from "../../errors.ts";
import { Pace } from "../pace.ts";
import { type Correlations, correlate, type Samples } from "./correlations.ts";
import {
  type Energies,
  imageCriteria,
  type Metric,
  measure,
  metrics,
  type Source,
  sourceCriteria,
} from "./criteria.ts";
import { type FrameRange, type Framing, frameRanges, isSilent } from "./frames.ts";
import { bestPermutation } from "./permutation.ts";
import { Projector, projectionFilters } from "./projection.ts";

/** Which version of BSS Eval, in what frames. */
export interface BssEvalOptions {
  /** "images" counts spatial distortion as an error (ISR, SDR); "sources" forgives what the filters explain. */
  readonly criteria: "images" | "sources";
  /** Window and hop in samples; left out, the whole signal is one frame. */
  readonly framing?: Framing;
  /** Version 4 has one set of filters from the whole signal; version 3 has new filters for every frame. */
  readonly filters: "whole" | "frame";
  /** Taps of the distortion filters; 512 by default. */
  readonly taps?: number;
  /** Find the order of the estimates with the best mean SIR, at most 6 sources; false by default. */
  readonly permutation?: boolean;
  readonly signal?: AbortSignal;
  /** Called with the finished fraction, 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
}

/** dB by frame. */
export type FrameScores = Readonly<Record<Metric, Float64Array>>;

/** The scores of a set of sources. */
export interface BssScores {
  /** For every reference, in their order. NaN marks frames in which any reference or estimate is silent. */
  readonly sources: readonly FrameScores[];
  /** `permutation[j]`: number of the estimate that belongs to reference j. */
  readonly permutation: readonly number[];
  /**
   * For every reference, whether ISR, SIR and SAR mean something. They do not where the equations of the filters are as
   * good as singular (nothing above 16 kHz, equal channels): a projection never has more energy than what is projected,
   * but there, cut into frames, it has several times as much.
   */
  readonly determined: readonly boolean[];
}

/** How many times an estimate's energy its projections may have in all frames together. */
const MOST_PROJECTED = 1.5;

/** Most sources whose orders are all tried. */
const MOST_PERMUTED = 6;

/**
 * Scores estimates against references.
 * @param references at least one source of at least one channel; @param estimates as many, of the same shape.
 * @throws ArgumentError if shapes do not agree or options are out of range; AbortError.
 */
export async function bssEval(
  references: readonly Source[],
  estimates: readonly Source[],
  options: BssEvalOptions,
): Promise<BssScores> {
  const { samples, channels, taps } = checkShapes(references, estimates, options);
  const frames = frameRanges(samples, options.framing);
  const pairs = candidatePairs(references.length, options.permutation ?? false);
  const scores = new PairScores(references.length, frames.length);
  const pace = new Pace(options.signal);
  const job = { references, estimates, channels, taps, pairs, criteria: options.criteria };
  const audible = (frame: FrameRange) =>
    ![...references, ...estimates].some((source) => isSilent(source, frame));
  const heard = frames.filter(audible);
  let done = 0;
  const report = (more: number) => {
    done += more;
    options.onProgress?.(Math.min(1, done));
  };
  if (options.filters === "whole" && heard.length > 0) {
    const scorer = await FrameScorer.create(
      job,
      { index: 0, from: 0, count: samples },
      heard,
      pace,
    );
    report(0.5);
    for (const frame of heard) {
      scorer.score(frame, scores);
      report(0.5 / heard.length);
      await pace.step();
    }
  } else {
    for (const frame of heard) {
      const scorer = await FrameScorer.create(job, frame, [frame], pace);
      scorer.score(frame, scores);
      report(1 / heard.length);
      await pace.step();
    }
  }
  options.onProgress?.(1);
  const permutation = options.permutation
    ? bestPermutation(references.length, (j, e) => mean(scores.of(j, e).SIR))
    : references.map((_, j) => j);
  return {
    sources: permutation.map((e, j) => scores.of(j, e)),
    permutation,
    determined: permutation.map((e, j) => scores.determined(j, e)),
  };
}

function checkShapes(
  references: readonly Source[],
  estimates: readonly Source[],
  { taps = 512, permutation, framing }: BssEvalOptions,
) {
  const channels = references[0]?.length ?? 0;
  const samples = references[0]?.[0]?.length ?? 0;
  if (channels === 0 || samples === 0) throw new ArgumentError("There is nothing to score.");
  if (references.length !== estimates.length) {
    throw new ArgumentError(
      `There are ${references.length} references but ${estimates.length} estimates.`,
    );
  }
  for (const source of [...references, ...estimates]) {
    if (source.length !== channels || source.some((channel) => channel.length !== samples)) {
      throw new ArgumentError(
        `All references and estimates must have ${channels} channels of ${samples} samples; ` +
          `one has lengths [${source.map((channel) => channel.length).join(", ")}].`,
        "Cut or pad the estimates to the references' length.",
      );
    }
  }
  if (!Number.isInteger(taps) || taps < 1 || taps > 2048) {
    throw new ArgumentError(`Filters must have 1 to 2048 taps, not ${taps}.`);
  }
  if (framing && !(framing.window >= 1 && framing.hop >= 1)) {
    throw new ArgumentError(
      `Window and hop must be at least one sample, not ${framing.window} and ${framing.hop}.`,
    );
  }
  if (permutation && references.length > MOST_PERMUTED) {
    throw new ArgumentError(
      `The best order of ${references.length} sources is too much to search.`,
      `Give at most ${MOST_PERMUTED}, or estimates in the references' order.`,
    );
  }
  return { channels, samples, taps };
}

/** A reference and the estimate that is scored against it. */
interface Pair {
  readonly reference: number;
  readonly estimate: number;
}

function candidatePairs(count: number, permutation: boolean): readonly Pair[] {
  const numbers = Array.from({ length: count }, (_, j) => j);
  return numbers.flatMap((reference) =>
    permutation
      ? numbers.map((estimate) => ({ reference, estimate }))
      : [{ reference, estimate: reference }],
  );
}

/** Scores of all candidate pairs. */
class PairScores {
  readonly #count: number;
  readonly #scores: readonly FrameScores[];
  readonly #estimated: Float64Array;
  readonly #projected: Float64Array;

  constructor(count: number, frames: number) {
    this.#count = count;
    const empty = () => new Float64Array(frames).fill(Number.NaN);
    this.#scores = Array.from({ length: count * count }, () => ({
      SDR: empty(),
      ISR: empty(),
      SIR: empty(),
      SAR: empty(),
    }));
    this.#estimated = new Float64Array(count * count);
    this.#projected = new Float64Array(count * count);
  }

  of(reference: number, estimate: number): FrameScores {
    return this.#scores[reference * this.#count + estimate];
  }

  /** Counts a frame's energies in: of the estimate, and of the larger of its projections. */
  add(reference: number, estimate: number, { estimate: power, own, all }: Energies): void {
    this.#estimated[reference * this.#count + estimate] += power;
    this.#projected[reference * this.#count + estimate] += Math.max(own, all);
  }

  determined(reference: number, estimate: number): boolean {
    const at = reference * this.#count + estimate;
    return this.#projected[at] <= MOST_PROJECTED * this.#estimated[at];
  }
}

interface Job {
  readonly references: readonly Source[];
  readonly estimates: readonly Source[];
  readonly channels: number;
  readonly taps: number;
  readonly pairs: readonly Pair[];
  readonly criteria: "images" | "sources";
}

/** The filters of one stretch of the signals, ready to score frames. */
class FrameScorer {
  readonly #job: Job;
  readonly #projector: Projector;
  readonly #channels: readonly Samples[];

  static async create(
    job: Job,
    stretch: FrameRange,
    frames: readonly FrameRange[],
    pace: Pace,
  ): Promise<FrameScorer> {
    const { from, count } = stretch;
    const cut = (sources: readonly Source[]) =>
      sources.flatMap((source) => source.map((channel) => channel.subarray(from, from + count)));
    const correlations = await correlate(cut(job.references), cut(job.estimates), job.taps, pace);
    return new FrameScorer(job, correlations, frames);
  }

  private constructor(job: Job, correlations: Correlations, frames: readonly FrameRange[]) {
    const { references, estimates, channels, taps, pairs } = job;
    const channelsOf = (source: number) =>
      Array.from({ length: channels }, (_, c) => source * channels + c);
    const everything = references.flatMap((_, j) => channelsOf(j));
    const all = projectionFilters(
      correlations,
      everything,
      estimates.flatMap((_, e) => channelsOf(e)),
    );
    // All estimates of one reference share a system.
    const own = references.map((_, j) => {
      const inputs = channelsOf(j);
      const scored = pairs.filter(({ reference }) => reference === j);
      const outputs = scored.flatMap(({ estimate }) => channelsOf(estimate));
      const filters = projectionFilters(correlations, inputs, outputs);
      return scored.map((_, p) => ({
        filters: filters.slice(p * channels, (p + 1) * channels),
        inputs,
      }));
    });
    const sets = [
      ...estimates.map((_, e) => ({
        filters: channelsOf(e).map((output) => all[output]),
        inputs: everything,
      })),
      ...own.flat(),
    ];
    this.#job = job;
    this.#channels = references.flat();
    const longest = frames.reduce((most, { count }) => Math.max(most, count), 0);
    this.#projector = new Projector(sets, everything.length, taps, longest);
  }

  score(frame: FrameRange, scores: PairScores): void {
    const { references, estimates, pairs, criteria } = this.#job;
    const { from, count } = frame;
    const projections = this.#projector.project(this.#channels, from, count);
    pairs.forEach(({ reference, estimate }, p) => {
      const energies = measure(
        references[reference].map((channel) => channel.subarray(from, from + count)),
        estimates[estimate].map((channel) => channel.subarray(from, from + count)),
        projections[estimates.length + p],
        projections[estimate],
      );
      scores.add(reference, estimate, energies);
      const out = scores.of(reference, estimate);
      const values = criteria === "images" ? imageCriteria(energies) : sourceCriteria(energies);
      for (const metric of metrics) out[metric][frame.index] = values[metric];
    });
  }
}

/** Mean of what is not NaN. */
function mean(values: Float64Array): number {
  const known = values.filter((x) => !Number.isNaN(x));
  return known.reduce((a, b) => a + b, 0) / known.length;
}
