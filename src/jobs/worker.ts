/** A worker: takes songs from the queue, one after the other or a few at once, and does the work on them. */
import { hostname } from "node:os";
import type { Job, Worker } from "bullmq";
import { checkInteger } from "../arguments.ts";
import { AbortError, ClosedError } from "../errors.ts";
import { cancelledKey } from "./cancellation.ts";
import {
  failureText,
  isFinal,
  readFailure,
  type SongFailure,
  secondsUntilRetry,
} from "./failure.ts";
import { importBullmq } from "./packages.ts";
import { type Performance, Performer, type PerformerOptions, type Performs } from "./performer.ts";
import {
  asked,
  connect,
  type OpenQueue,
  openQueue,
  prefix,
  queueName,
  type SongProgress,
  type SongReport,
  songCounts,
} from "./queue.ts";
import type { QueueOptions, SongCounts } from "./queueOptions.ts";
import { checkSongJob, isJobId, type JobId, type SongJob } from "./songJob.ts";

/** How a worker works. */
export interface WorkerOptions extends QueueOptions, PerformerOptions {
  /** Songs at once, each with `threads` of its own and memory of its own; 1 by default. */
  readonly songs?: number;
  /**
   * Seconds without a sign of life after which a song is given to another worker; 30 by default. A song that a killed
   * worker has left waits for once to twice as long.
   */
  readonly lock?: number;
  /** Seconds that songs may still take when the worker is closed, before they are handed back; 25 by default. */
  readonly grace?: number;
  /** Who does the work instead, for tests. It is closed with the worker. */
  readonly performs?: Performs;
  readonly onEvent?: (event: WorkerEvent) => void;
}

/** What happens at a worker. */
export type WorkerEvent =
  | { readonly kind: "started"; readonly id: JobId; readonly input: string }
  | {
      readonly kind: "done";
      readonly id: JobId;
      readonly input: string;
      readonly performance: Performance;
    }
  /** It failed for good, or is tried again after some seconds. */
  | {
      readonly kind: "failed" | "postponed";
      readonly id: JobId;
      readonly input: string;
      readonly failure: SongFailure;
    }
  /** It was given back to the queue since the worker is closed, or was cancelled. */
  | { readonly kind: "handed-back" | "cancelled"; readonly id: JobId; readonly input: string }
  /** Another worker went without ending its song, which is in the queue again. */
  | { readonly kind: "recovered"; readonly id: string }
  /** The queue cannot be reached, or something else is wrong that is not a song's fault. */
  | { readonly kind: "trouble"; readonly message: string };

/** A worker may be lost with a song so often; then the song is taken to be the reason. */
const MOST_LOSSES = 10;

/** Milliseconds from progress to progress. */
const PROGRESS = 1000;

/** The longest wait of a worker whose songs fail one after the other, seconds. */
const LONGEST_WAIT = 60;

type QueuedSong = Job<SongJob, SongReport, "song">;
type Ending = "closed" | "cancelled";

/**
 * Takes songs from the queue until it is closed.
 *
 * ```ts
 * await using worker = await SongWorker.start({ threads: 2, onEvent: console.log });
 * await worker.idle(); // until there is nothing left to do
 * ```
 * A song that fails for a reason that may pass is tried again later, by any worker. While songs fail one after the other for
 * such reasons, the worker waits longer and longer before it takes the next: a store that is gone for minutes costs few tries.
 */
export class SongWorker implements AsyncDisposable {
  /** As others see it: the host and the process. */
  readonly name: string;
  readonly #options: WorkerOptions;
  readonly #open: OpenQueue;
  readonly #performs: Performs;
  readonly #worker: Worker<SongJob, SongReport, "song">;
  readonly #close: () => Promise<void>;
  readonly #atWork = new Map<JobId, AbortController>();
  /** Those at work that were told to end, and why. */
  readonly #ending = new Map<JobId, Ending>();
  #troubles = 0;
  #closing: Promise<void> | undefined;
  readonly #closed = new AbortController();

  /**
   * Connects to the queue and begins. Redis need not be there yet.
   * @throws {ArgumentError}; {@link JobError} "package-missing".
   */
  static async start(options: WorkerOptions = {}): Promise<SongWorker> {
    const { songs = 1, lock = 30, grace = 25 } = options;
    checkInteger("songs", songs, 1, 256);
    checkInteger("lock", lock, 1, 3600);
    checkInteger("grace", grace, 0, 86400);
    const name = queueName(options);
    const { Worker, WaitingError, UnrecoverableError } = await importBullmq();
    const open = await openQueue(options, true);
    const redis = await connect(options, true);
    const own = `${hostname()}:${process.pid}`;
    const performs = options.performs ?? new Performer(options);
    let song: (job: QueuedSong, token: string) => Promise<SongReport> = async () => {
      throw new ClosedError("The worker is not there yet.");
    };
    const worker = new Worker<SongJob, SongReport, "song">(
      name,
      (job, token = "") => song(job, token),
      {
        ...{ connection: redis, prefix, autorun: false, name: own, concurrency: songs },
        ...{ lockDuration: lock * 1e3, stalledInterval: lock * 1e3, maxStalledCount: MOST_LOSSES },
        settings: { backoffStrategy: (tries) => 1e3 * secondsUntilRetry(tries) },
      },
    );
    const made = new SongWorker(options, own, open, performs, worker, async () => {
      redis.disconnect();
    });
    song = async (job, token) => {
      const verdict = await made.#song(job);
      if (verdict.kind === "done") return verdict.report;
      if (verdict.kind === "back") {
        await job.moveToWait(token);
        throw new WaitingError();
      }
      throw verdict.final ? new UnrecoverableError(verdict.text) : new Error(verdict.text);
    };
    made.#begin();
    return made;
  }

  private constructor(
    options: WorkerOptions,
    name: string,
    open: OpenQueue,
    performs: Performs,
    worker: Worker<SongJob, SongReport, "song">,
    close: () => Promise<void>,
  ) {
    this.#options = options;
    this.name = name;
    this.#open = open;
    this.#performs = performs;
    this.#worker = worker;
    this.#close = close;
  }

  /** Names of the songs at work. */
  get atWork(): readonly JobId[] {
    return [...this.#atWork.keys()];
  }

  /** Whether the queue answers. */
  get isConnected(): boolean {
    return this.#open.redis.status === "ready";
  }

  /** Numbers of songs in the queue, by state. @throws {JobError} "queue-failed". */
  counts(): Promise<SongCounts> {
    return asked(this.#options, () => songCounts(this.#open.queue));
  }

  /**
   * Waits until no song is waiting, at work or to be tried again, with any worker.
   * @throws {AbortError} if the signal fires before, {@link ClosedError} if the worker is closed before.
   */
  async idle(signal?: AbortSignal): Promise<void> {
    for (;;) {
      const { waiting, active, delayed } = await this.counts();
      if (waiting + active + delayed === 0) return;
      await pause(0.5, this.#closed.signal, signal);
      if (signal?.aborted) throw new AbortError(signal.reason);
      if (this.#closing) throw new ClosedError("The worker is closed.");
    }
  }

  /**
   * Takes no more songs; waits for those at work as long as `grace` allows, hands them back then, and gives everything back.
   * Harmless to repeat.
   * @param grace seconds, instead of the worker's own.
   */
  close(grace = this.#options.grace ?? 25): Promise<void> {
    this.#closing ??= this.#end(grace);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #begin(): void {
    const tell = (event: WorkerEvent) => this.#options.onEvent?.(event);
    this.#worker.on("error", ({ message }) => tell({ kind: "trouble", message }));
    this.#worker.on("stalled", (id) => tell({ kind: "recovered", id }));
    this.#worker.on("failed", (job, { message }) => {
      if (!job || !isJobId(job.id)) return;
      const failure = readFailure(message);
      const kind = job.finishedOn === undefined ? "postponed" : "failed";
      if (failure.code === "aborted") job.remove().catch(() => {});
      else tell({ kind, id: job.id, input: job.data.input, failure });
    });
    this.#worker.run().catch(({ message }: Error) => tell({ kind: "trouble", message }));
  }

  async #end(grace: number): Promise<void> {
    this.#closed.abort();
    const late = setTimeout(() => {
      for (const [id, controller] of this.#atWork) {
        if (!this.#ending.has(id)) this.#ending.set(id, "closed");
        controller.abort();
      }
    }, grace * 1e3);
    try {
      await this.#worker.close();
    } finally {
      clearTimeout(late);
    }
    await this.#performs[Symbol.asyncDispose]();
    await this.#close();
    await this.#open[Symbol.asyncDispose]();
  }

  /** Does the work on a song, and says what becomes of its job. */
  async #song(job: QueuedSong): Promise<Verdict> {
    const { id } = job;
    const controller = new AbortController();
    try {
      checkSongJob(job.data);
      if (!isJobId(id)) throw new ClosedError(`${id} names no job.`);
    } catch (error) {
      return { kind: "failed", final: true, text: failureText(error) };
    }
    const { input } = job.data;
    this.#atWork.set(id, controller);
    this.#options.onEvent?.({ kind: "started", id, input });
    let fraction = 0;
    const beat = setInterval(() => {
      void this.#beat(job, id, fraction).catch(() => {});
    }, PROGRESS);
    try {
      if (await this.#isCancelled(id)) this.#cancel(id, controller);
      const done = await this.#performs.perform({
        ...{ id, job: job.data, signal: controller.signal },
        again: job.attemptsStarted > 1 || job.stalledCounter > 0,
        onProgress: (now) => {
          fraction = now;
        },
      });
      this.#troubles = 0;
      this.#options.onEvent?.({ kind: "done", id, input, performance: done });
      const { already, duration, seconds } = done;
      return { kind: "done", report: { already, duration, seconds } };
    } catch (error) {
      return await this.#verdict(id, input, error);
    } finally {
      clearInterval(beat);
      this.#atWork.delete(id);
      this.#ending.delete(id);
    }
  }

  async #verdict(id: JobId, input: string, error: unknown): Promise<Verdict> {
    const ending = this.#ending.get(id);
    if (ending === "closed") {
      this.#options.onEvent?.({ kind: "handed-back", id, input });
      return { kind: "back" };
    }
    if (ending === "cancelled") {
      this.#options.onEvent?.({ kind: "cancelled", id, input });
      await this.#open.redis.del(cancelledKey(this.#open.queue, id)).catch(() => {});
      return { kind: "failed", final: true, text: failureText(new AbortError()) };
    }
    const final = isFinal(error);
    if (final) this.#troubles = 0;
    else {
      // What fails for all songs would use up the tries of all songs.
      this.#troubles++;
      const seconds = Math.min(LONGEST_WAIT, secondsUntilRetry(this.#troubles));
      await pause(seconds, this.#closed.signal);
    }
    return { kind: "failed", final, text: failureText(error) };
  }

  /** Tells how far a song is, and asks whether it is still wanted. */
  async #beat(job: QueuedSong, id: JobId, fraction: number): Promise<void> {
    const progress: SongProgress = { fraction, worker: this.name };
    await job.updateProgress(progress);
    const controller = this.#atWork.get(id);
    if (controller && (await this.#isCancelled(id))) this.#cancel(id, controller);
  }

  async #isCancelled(id: JobId): Promise<boolean> {
    if (!this.isConnected) return false;
    return (await this.#open.redis.exists(cancelledKey(this.#open.queue, id))) === 1;
  }

  #cancel(id: JobId, controller: AbortController): void {
    this.#ending.set(id, "cancelled");
    controller.abort();
  }
}

type Verdict =
  | { readonly kind: "done"; readonly report: SongReport }
  | { readonly kind: "back" }
  | { readonly kind: "failed"; readonly final: boolean; readonly text: string };

/** Waits so many seconds, or until one of the signals fires. */
function pause(seconds: number, ...signals: readonly (AbortSignal | undefined)[]): Promise<void> {
  return new Promise((resolve) => {
    const given = signals.filter((signal) => signal !== undefined);
    const end = () => {
      clearTimeout(timer);
      for (const signal of given) signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, seconds * 1e3);
    for (const signal of given) {
      if (signal.aborted) return end();
      signal.addEventListener("abort", end, { once: true });
    }
  });
}
