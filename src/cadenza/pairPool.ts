/** Scores pairs in this thread or in several. */
import { throwIfAborted } from "../errors.ts";
import { asTheyEnd, type JobResult, LocalClient, Pool } from "../threads/index.ts";
import { startThread } from "../threads/node.ts";
import { type PairJob, type PairProtocol, pairService } from "./pairService.ts";
import type { ScoredPair, ScoringSettings } from "./scorePair.ts";

/**
 * Works off a list of jobs and gives each as it ends. A failed pair does not stop the others; the numbers do not depend
 * on the threads.
 * @throws AbortError.
 */
export async function* scorePairs(
  settings: ScoringSettings,
  jobs: readonly PairJob[],
  threads: number,
  signal?: AbortSignal,
): AsyncGenerator<JobResult<PairJob, ScoredPair>> {
  throwIfAborted(signal);
  if (jobs.length === 0) return;
  await using pool = openPool(Math.min(threads, jobs.length));
  yield* asTheyEnd(pool, "score", jobs, (job) => ({ settings, job }), signal);
}

function openPool(threads: number): Pool<PairProtocol> {
  if (threads === 1) return new Pool(1, () => new LocalClient(pairService()));
  const url = new URL("./pairWorker.js", import.meta.url);
  return new Pool(threads, () =>
    startThread<PairProtocol>(url, {
      name: "A thread that scores",
      ending: "at once",
      hint: "There may be too little memory: use fewer jobs.",
    }),
  );
}
