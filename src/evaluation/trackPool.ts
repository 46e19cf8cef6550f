/** Scores tracks in this thread or in several; as many tracks are in memory as there are threads. */
import { AbortError, throwIfAborted, XumxError } from "../errors.ts";
import { LocalClient, Pool } from "../threads/index.ts";
import { startThread } from "../threads/node.ts";
import type { JobSetup, TrackJob } from "./trackJob.ts";
import type { TrackScores } from "./trackScores.ts";
import { type TrackProtocol, trackService } from "./trackService.ts";

/** A finished job. */
export interface JobResult {
  readonly job: TrackJob;
  /** Scores by method. */
  readonly outcome: readonly TrackScores[] | XumxError;
}

/**
 * Works off a list of jobs and gives each as it ends: the order depends on timing, the numbers do not. A failed track
 * does not stop the others; a thread that dies takes its track with it, and is replaced. Where one of several methods
 * fails, all are scored one by one.
 * @param threads 1: in this thread.
 * @throws AbortError as soon as the signal fires; all threads are ended then.
 */
export async function* scoreTracks(
  setup: JobSetup,
  jobs: readonly TrackJob[],
  threads: number,
  signal?: AbortSignal,
): AsyncGenerator<JobResult> {
  throwIfAborted(signal);
  if (jobs.length === 0) return;
  await using pool = openPool(Math.min(threads, jobs.length));
  const open = new Map<TrackJob, Promise<JobResult>>();
  const begin = (job: TrackJob) => {
    const result = pool.ask("score", { setup, job }, { signal }).then(
      (outcome) => ({ job, outcome }),
      (error: unknown) => {
        if (error instanceof AbortError || !(error instanceof XumxError)) throw error;
        return { job, outcome: error };
      },
    );
    // Thrown when its turn comes, if anyone still listens then.
    result.catch(() => undefined);
    open.set(job, result);
  };
  jobs.forEach(begin);
  while (open.size > 0) {
    const result = await Promise.race(open.values());
    const { job, outcome } = result;
    open.delete(job);
    if (outcome instanceof XumxError && job.methods.length > 1) {
      for (const method of job.methods) begin({ ...job, methods: [method] });
    } else yield result;
  }
}

function openPool(threads: number): Pool<TrackProtocol> {
  if (threads === 1) return new Pool(1, () => new LocalClient(trackService()));
  const url = new URL("./trackWorker.js", import.meta.url);
  return new Pool(threads, () =>
    startThread<TrackProtocol>(url, {
      name: "A thread that scores",
      // It may run a model.
      ending: "in order",
      hint: "There may be too little memory: use fewer jobs.",
    }),
  );
}
