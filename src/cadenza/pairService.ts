/** Scoring pairs as a service: one after the other, of one set of settings. */
import type { Service } from "../threads/index.ts";
import type { Pair, Segment } from "./metadata.ts";
import { PairScorer, type ScoredPair, type ScoringSettings } from "./scorePair.ts";

/** A pair to be scored. */
export interface PairJob extends Pair {
  readonly segment?: Segment;
}

/** What a scorer is asked. */
export interface PairProtocol {
  readonly score: {
    /** The settings of all jobs of a service are the same. */
    readonly request: { readonly settings: ScoringSettings; readonly job: PairJob };
    readonly answer: ScoredPair;
  };
}

/** Keeps its scorer, and what that has cached, from pair to pair. */
export function pairService(): Service<PairProtocol> {
  let scorer: PairScorer | undefined;
  return {
    handlers: {
      score({ settings, job: { segment, ...pair } }, { signal }) {
        scorer ??= new PairScorer(settings);
        return scorer.score(pair, segment, signal);
      },
    },
  };
}
