/** A list of jobs, given as they end. */
import { AbortError, XumxError } from "../errors.ts";

/** A job that has ended. */
export interface Ended<J, A> {
  readonly job: J;
  readonly outcome: A | XumxError;
}

/**
 * Begins all jobs and gives each as it ends: the order depends on timing. A failed job does not stop the others.
 *
 * @param begin such as a question to a pool, which takes its turn there
 * @param smaller jobs to do in place of one that failed; by default there are none
 * @throws AbortError as soon as a job does, and what is no error of this package
 */
export async function* asTheyEnd<J, A>(
  jobs: readonly J[],
  begin: (job: J) => Promise<A>,
  smaller: (job: J) => readonly J[] = () => [],
): AsyncGenerator<Ended<J, A>> {
  const open = new Map<J, Promise<Ended<J, A>>>();
  const add = (job: J) => {
    const ended = begin(job).then(
      (outcome) => ({ job, outcome }),
      (error: unknown) => {
        if (error instanceof AbortError || !(error instanceof XumxError)) throw error;
        return { job, outcome: error };
      },
    );
    // Thrown when its turn comes, if anyone still listens then.
    ended.catch(() => undefined);
    open.set(job, ended);
  };
  jobs.forEach(add);
  while (open.size > 0) {
    const ended = await Promise.race(open.values());
    open.delete(ended.job);
    const instead = ended.outcome instanceof XumxError ? smaller(ended.job) : [];
    if (instead.length > 0) instead.forEach(add);
    else yield ended;
  }
}
