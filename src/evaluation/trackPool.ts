/** Scores tracks in this thread or in several; as many tracks are in memory as there are threads. */
import { SHARE_ENV, Worker } from "node:worker_threads";
import { AbortError, RuntimeError, throwIfAborted, XumxError } from "../errors.ts";
import { type JobSetup, type TrackJob, TrackScorer } from "./trackJob.ts";
import type { TrackScores } from "./trackScores.ts";

/** How a job ended, in words that can be sent between threads. */
export type Answer =
  | { readonly kind: "scored"; readonly scores: TrackScores }
  | {
      readonly kind: "failed";
      readonly code: XumxError["code"];
      readonly message: string;
      readonly hint: string | undefined;
    };

/** An error as an answer. */
export function failed(error: unknown): Answer {
  if (error instanceof XumxError) {
    const { code, message, hint } = error;
    return { kind: "failed", code, message, hint };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { kind: "failed", code: "runtime-failed", message, hint: undefined };
}

/** A finished job. */
export interface JobResult {
  readonly job: TrackJob;
  readonly outcome: TrackScores | XumxError;
}

/**
 * Works off a list of jobs and gives each as it ends: the order depends on timing, the numbers do not. A failed track
 * does not stop the others.
 * @param threads 1: in this thread.
 * @throws AbortError when the signal fires; all threads are ended then.
 */
export async function* scoreTracks(
  setup: JobSetup,
  jobs: readonly TrackJob[],
  threads: number,
  signal?: AbortSignal,
): AsyncGenerator<JobResult> {
  throwIfAborted(signal);
  if (jobs.length === 0) return;
  if (threads === 1) yield* scoreHere(setup, jobs, signal);
  else yield* scoreInWorkers(setup, jobs, Math.min(threads, jobs.length), signal);
}

async function* scoreHere(
  setup: JobSetup,
  jobs: readonly TrackJob[],
  signal: AbortSignal | undefined,
): AsyncGenerator<JobResult> {
  await using scorer = await TrackScorer.create(setup);
  for (const job of jobs) {
    try {
      yield { job, outcome: await scorer.score(job, signal) };
    } catch (error) {
      if (error instanceof AbortError || !(error instanceof XumxError)) throw error;
      yield { job, outcome: error };
    }
  }
}

async function* scoreInWorkers(
  setup: JobSetup,
  jobs: readonly TrackJob[],
  threads: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<JobResult> {
  const queue = [...jobs];
  const workers = Array.from({ length: threads }, () => new TrackThread(setup));
  const running = new Map<TrackThread, Promise<{ thread: TrackThread; result: JobResult }>>();
  const begin = (thread: TrackThread) => {
    const job = queue.shift();
    if (job)
      running.set(
        thread,
        thread.score(job).then((result) => ({ thread, result })),
      );
    else running.delete(thread);
  };
  const aborted = new Promise<never>((_, reject) => {
    signal?.addEventListener("abort", () => reject(new AbortError(signal.reason)), { once: true });
  });
  aborted.catch(() => {});
  try {
    for (const thread of workers) begin(thread);
    while (running.size > 0) {
      const { thread, result } = await Promise.race([aborted, ...running.values()]);
      begin(thread);
      yield result;
    }
  } finally {
    // Those that fail because they are ended here are of no interest any more.
    for (const promise of running.values()) promise.catch(() => {});
    await Promise.all(workers.map((thread) => thread.end()));
  }
}

/** A thread that scores one track at a time. */
class TrackThread {
  readonly #worker: Worker;
  #settle: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;
  #failure: Error | undefined;

  constructor(setup: JobSetup) {
    this.#worker = new Worker(new URL("./trackWorker.js", import.meta.url), {
      workerData: setup,
      // The runtime reads its settings from the environment of the process.
      env: SHARE_ENV,
    });
    this.#worker.on("message", (answer: Answer) => this.#settle?.resolve(answer));
    this.#worker.on("error", (error) => this.#fail(error.message));
    this.#worker.on("exit", (code) => this.#fail(`it ended with code ${code}`));
  }

  async score(job: TrackJob): Promise<JobResult> {
    if (this.#failure) throw this.#failure;
    const answer = new Promise<Answer>((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#worker.postMessage(job);
    return { job, outcome: outcomeOf(await answer) };
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(why: string): void {
    this.#failure ??= new RuntimeError("runtime-failed", `A scoring thread failed: ${why}.`);
    this.#settle?.reject(this.#failure);
  }
}

function outcomeOf(answer: Answer): TrackScores | XumxError {
  if (answer.kind === "scored") return answer.scores;
  return new XumxError(answer.code, answer.message, answer.hint);
}
