/** Scores pairs in this thread or in several. */
import { Worker } from "node:worker_threads";
import { AbortError, RuntimeError, throwIfAborted, type XumxError } from "../errors.ts";
import { fromSent, type SentError, sentError } from "../separation/sentError.ts";
import type { Pair, Segment } from "./metadata.ts";
import { PairScorer, type ScoredPair, type ScoringSettings } from "./scorePair.ts";

/** A pair to be scored. */
export interface PairJob extends Pair {
  readonly segment?: Segment;
}

/** How a job ended, in words that can be sent between threads. */
export type PairAnswer = { readonly scored: ScoredPair } | { readonly error: SentError };

/** @returns what the scorer gives, or its error. */
export async function answerTo(
  scorer: PairScorer,
  { segment, ...pair }: PairJob,
  signal?: AbortSignal,
): Promise<PairAnswer> {
  try {
    return { scored: await scorer.score(pair, segment, signal) };
  } catch (error) {
    if (error instanceof AbortError) throw error;
    return { error: sentError(error) };
  }
}

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
  const queue = [...jobs];
  const lanes =
    threads === 1
      ? [hereLane(settings, signal)]
      : Array.from({ length: Math.min(threads, jobs.length) }, () => workerLane(settings));
  const running = new Map<Lane, Promise<{ lane: Lane; result: PairResult }>>();
  const begin = (lane: Lane) => {
    const job = queue.shift();
    if (!job) {
      running.delete(lane);
      return;
    }
    running.set(
      lane,
      lane.score(job).then((answer) => ({
        lane,
        result: {
          job,
          outcome: "error" in answer ? fromSent(answer.error) : answer.scored,
        },
      })),
    );
  };
  const aborted = new Promise<never>((_, reject) => {
    signal?.addEventListener("abort", () => reject(new AbortError(signal.reason)), { once: true });
  });
  aborted.catch(() => {});
  try {
    for (const lane of lanes) begin(lane);
    while (running.size > 0) {
      const { lane, result } = await Promise.race([aborted, ...running.values()]);
      begin(lane);
      yield result;
    }
  } finally {
    for (const promise of running.values()) promise.catch(() => {});
    await Promise.all(lanes.map((lane) => lane.end()));
  }
}

/** Something that scores one pair at a time. */
interface Lane {
  score(job: PairJob): Promise<PairAnswer>;
  end(): Promise<void>;
}

function hereLane(settings: ScoringSettings, signal: AbortSignal | undefined): Lane {
  const scorer = new PairScorer(settings);
  return { score: (job) => answerTo(scorer, job, signal), async end() {} };
}

function workerLane(settings: ScoringSettings): Lane {
  const worker = new Worker(new URL("./pairWorker.js", import.meta.url), { workerData: settings });
  let settle: { resolve(answer: PairAnswer): void; reject(error: Error): void } | undefined;
  let failure: Error | undefined;
  const fail = (why: string) => {
    failure ??= new RuntimeError("runtime-failed", `A scoring thread failed: ${why}.`);
    settle?.reject(failure);
  };
  worker.on("message", (answer: PairAnswer) => settle?.resolve(answer));
  worker.on("error", (error) => fail(error.message));
  worker.on("exit", (code) => fail(`it ended with code ${code}`));
  return {
    score(job) {
      if (failure) return Promise.reject(failure);
      const answer = new Promise<PairAnswer>((resolve, reject) => {
        settle = { resolve, reject };
      });
      worker.postMessage(job);
      return answer;
    },
    async end() {
      await worker.terminate();
    },
  };
}
