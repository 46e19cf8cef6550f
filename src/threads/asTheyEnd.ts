/** A list of jobs put to a pool: each outcome as it ends. */
import { AbortError, XumxError } from "../errors.ts";
import type { Pool } from "./pool.ts";
import type { Protocol } from "./protocol.ts";

/** A finished job. */
export interface JobResult<J, A> {
  readonly job: J;
  readonly outcome: A | XumxError;
}

/**
 * Has all jobs done, and gives each as it ends: the order depends on timing. A job that fails with a typed error does not
 * stop the others; a thread that dies takes its job with it, and is replaced.
 * @param requestOf what a job is for the pool's clients.
 * @throws AbortError as soon as the signal fires; whatever is thrown that is no XumxError.
 */
export async function* asTheyEnd<P extends Protocol<P>, K extends keyof P, J>(
  pool: Pool<P>,
  kind: K,
  jobs: readonly J[],
  requestOf: (job: J) => P[K]["request"],
  signal?: AbortSignal,
): AsyncGenerator<JobResult<J, P[K]["answer"]>> {
  const open = new Map<J, Promise<JobResult<J, P[K]["answer"]>>>();
  for (const job of jobs) {
    const result = pool.ask(kind, requestOf(job), { signal }).then(
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
