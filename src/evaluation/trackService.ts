/** Scoring as a service: one job after the other, of one setup. */
import type { Service } from "../threads/index.ts";
import { type JobSetup, type TrackJob, TrackScorer } from "./trackJob.ts";
import type { TrackScores } from "./trackScores.ts";

/** What a scorer is asked. */
export interface TrackProtocol {
  readonly score: {
    /** The setup of all jobs of a service is the same. */
    readonly request: { readonly setup: JobSetup; readonly job: TrackJob };
    readonly answer: readonly TrackScores[];
  };
}

/** Opens data and methods with the first job. */
export function trackService(): Service<TrackProtocol> {
  let scorer: TrackScorer | undefined;
  return {
    handlers: {
      async score({ setup, job }, { signal }) {
        scorer ??= await TrackScorer.create(setup);
        return scorer.score(job, signal);
      },
    },
    close: async () => scorer?.[Symbol.asyncDispose](),
  };
}
