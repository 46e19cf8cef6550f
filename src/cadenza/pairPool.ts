/** Scores pairs in this thread or in several. */
import { AbortError, throwIfAborted, XumxError } from "../errors.ts";
import { LocalClient, Pool } from "../threads/index.ts";
import { startThread } from "../threads/node.ts";
import { type PairJob, type PairProtocol, pairService } from "./pairService.ts";
import type { ScoredPair, ScoringSettings } from "./scorePair.ts";

/** A finished job. */
export interface PairResult {
  readonly job: PairJob;
  readonly outcome: ScoredPair | XumxError;
}

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
): AsyncGenerator<PairResult> {
  throwIfAborted(signal);
  if (jobs.length === 0) return;
  await using pool = openPool(Math.min(threads, jobs.length));
  const open = new Map<PairJob, Promise<PairResult>>();
  for (const job of jobs) {
    const result = pool.ask("score", { settings, job }, { signal }).then(
      (outcome) => ({ job, outcome }),
      (error: unknown) => {
        if (error instanceof AbortError || !(error instanceof XumxError)) throw error;
        return { job, outcome: error };
      },
    );
    // Thrown when its turn comes, if anyone still listens then.
    result.catch(() => undefined);
    open.set(job, result);
  }
  while (open.size > 0) {
    const result = await Promise.race(open.values());
    open.delete(result.job);
    yield result;
  }
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
