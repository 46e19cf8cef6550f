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
 * @param smaller jobs to do in place of one that failed; by default there are none.
 * @throws AbortError as soon as the signal fires; whatever is thrown that is no XumxError.
 */
export async function* asTheyEnd<P extends Protocol<P>, K extends keyof P, J>(
  pool: Pool<P>,
  kind: K,
  jobs: readonly J[],
  requestOf: (job: J) => P[K]["request"],
  signal?: AbortSignal,
  smaller: (job: J) => readonly J[] = () => [],
): AsyncGenerator<JobResult<J, P[K]["answer"]>> {
  let begun = 0;
  const open = new Map<number, Promise<{ id: number; result: JobResult<J, P[K]["answer"]> }>>();
  const begin = (job: J) => {
    const id = begun++;
    const ending = pool.ask(kind, requestOf(job), { signal }).then(
      (outcome) => ({ id, result: { job, outcome } }),
      (error: unknown) => {
        if (error instanceof AbortError || !(error instanceof XumxError)) throw error;
        return { id, result: { job, outcome: error } };
      },
    );
    // Thrown when its turn comes, if anyone still listens then.
    ending.catch(() => undefined);
    open.set(id, ending);
  };
  const left = [...jobs];
  for (;;) {
    // So many that no client waits for the one who takes the outcomes.
    for (const job of left.splice(0, 2 * pool.size - open.size)) begin(job);
    if (open.size === 0) return;
    const { id, result } = await Promise.race(open.values());
    open.delete(id);
    const instead = result.outcome instanceof XumxError ? smaller(result.job) : [];
    if (instead.length > 0) left.unshift(...instead);
    else yield result;
  }
}
