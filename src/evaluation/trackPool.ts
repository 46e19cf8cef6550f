/** Scores tracks in this thread or in several; as many tracks are in memory as there are threads. */
import { throwIfAborted } from "../errors.ts";
import { asTheyEnd, type JobResult, LocalClient, Pool } from "../threads/index.ts";
import { startThread } from "../threads/node.ts";
import type { JobSetup, TrackJob } from "./trackJob.ts";
import type { TrackScores } from "./trackScores.ts";
import { type TrackProtocol, trackService } from "./trackService.ts";

/**
 * Works off a list of jobs and gives each as it ends: the order depends on timing, the numbers do not. A failed track
 * does not stop the others; a thread that dies takes its track with it, and is replaced.
 * @param threads 1: in this thread.
 * @throws AbortError as soon as the signal fires; all threads are ended then.
 */
export async function* scoreTracks(
  setup: JobSetup,
  jobs: readonly TrackJob[],
  threads: number,
  signal?: AbortSignal,
): AsyncGenerator<JobResult<TrackJob, TrackScores>> {
  throwIfAborted(signal);
  if (jobs.length === 0) return;
  await using pool = openPool(Math.min(threads, jobs.length));
  yield* asTheyEnd(pool, "score", jobs, (job) => ({ setup, job }), signal);
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
