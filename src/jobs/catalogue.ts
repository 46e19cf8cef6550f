/** The songs of a queue, looked at and looked after: how far they are, what failed, what is tried again or called off. */

import { AbortError } from "../errors.ts";
import { CANCELLED_SECONDS, cancelledKey } from "./cancellation.ts";
import { readFailure, type SongFailure } from "./failure.ts";
import { asked, type OpenQueue, openQueue, type SongProgress, songCounts } from "./queue.ts";
import type { QueueOptions, SongCounts } from "./queueOptions.ts";
import { isJobId, type JobId } from "./songJob.ts";

/** A song at work. */
export interface SongAtWork {
  readonly id: JobId;
  readonly input: string;
  /** 0 to 1. */
  readonly fraction: number;
  /** Host and process. */
  readonly worker: string;
  /** Since this try began. */
  readonly seconds: number;
}

/** How far all songs are. */
export interface CatalogueStatus extends SongCounts {
  /** Whether no songs are handed out, since {@link Catalogue.drain}. */
  readonly held: boolean;
  /** At the pace of the last ten minutes; undefined while fewer than two were done in them. */
  readonly songsPerHour: number | undefined;
  /** Until all is done, at that pace. */
  readonly secondsLeft: number | undefined;
  /** Those at work, the longest first; up to 100. */
  readonly atWork: readonly SongAtWork[];
}

/** A song that failed for good. */
export interface FailedSong extends SongFailure {
  readonly id: JobId;
  readonly input: string;
  /** How often it was tried. */
  readonly tries: number;
  /** When it failed, milliseconds since 1970. */
  readonly time: number;
}

/** Which songs are meant: some by their names, those that failed for some reason, or all. */
export type SongChoice =
  | { readonly ids: readonly string[] }
  | { readonly code: string }
  | { readonly all: true };

/** Seconds whose pace counts. */
const WINDOW = 600;
/** Songs that are asked for at once. */
const PAGE = 500;
const MOST_SHOWN = 100;

/**
 * A queue of songs as those who mind it see it.
 *
 * ```ts
 * await using catalogue = await Catalogue.open();
 * for await (const { done, failed, secondsLeft } of catalogue.watch()) console.log(done, failed, secondsLeft);
 * await catalogue.retry({ code: "store-failed" });
 * ```
 */
export class Catalogue implements AsyncDisposable {
  readonly #options: QueueOptions;
  readonly #open: OpenQueue;

  /** @throws {JobError} "queue-failed", "package-missing"; {@link ArgumentError}. */
  static async open(options: QueueOptions = {}): Promise<Catalogue> {
    return new Catalogue(options, await openQueue(options));
  }

  private constructor(options: QueueOptions, open: OpenQueue) {
    this.#options = options;
    this.#open = open;
  }

  /** @throws {JobError} "queue-failed", as all that follow. */
  status(): Promise<CatalogueStatus> {
    return asked(this.#options, async () => {
      const { queue } = this.#open;
      const counts = await songCounts(queue);
      const left = counts.waiting + counts.active + counts.delayed;
      const songsPerHour = await this.#pace();
      const now = Date.now();
      const jobs = await queue.getActive(0, MOST_SHOWN - 1);
      const atWork = jobs.flatMap(({ id, data, progress, processedOn = now }): SongAtWork[] => {
        if (!isJobId(id)) return [];
        const { fraction, worker } = progressOf(progress);
        return [{ id, input: data.input, fraction, worker, seconds: (now - processedOn) / 1e3 }];
      });
      return {
        ...{ ...counts, held: await queue.isPaused(), songsPerHour },
        secondsLeft: songsPerHour && (3600 * left) / songsPerHour,
        atWork: atWork.sort((a, b) => b.seconds - a.seconds),
      };
    });
  }

  /** Looks again and again, until nothing is left to do or the signal fires. @param seconds between two looks. */
  async *watch(seconds = 1, signal?: AbortSignal): AsyncGenerator<CatalogueStatus> {
    for (;;) {
      const status = await this.status();
      yield status;
      if (status.waiting + status.active + status.delayed === 0) return;
      await new Promise<void>((resolve, reject) => {
        const stop = () => {
          clearTimeout(timer);
          reject(new AbortError(signal?.reason));
        };
        const timer = setTimeout(() => {
          signal?.removeEventListener("abort", stop);
          resolve();
        }, seconds * 1e3);
        if (signal?.aborted) stop();
        else signal?.addEventListener("abort", stop, { once: true });
      });
    }
  }

  /** Songs that failed for good, the last ones first. */
  async *failed(): AsyncGenerator<FailedSong> {
    for (let from = 0; ; from += PAGE) {
      const jobs = await asked(this.#options, () =>
        this.#open.queue.getFailed(from, from + PAGE - 1),
      );
      for (const { id, data, failedReason, attemptsMade, finishedOn = 0 } of jobs) {
        if (!isJobId(id)) continue;
        const failure = readFailure(failedReason);
        yield { id, input: data.input, ...failure, tries: attemptsMade, time: finishedOn };
      }
      if (jobs.length < PAGE) return;
    }
  }

  /** Gives failed songs another chance, with all tries anew. Returns how many. */
  async retry(choice: SongChoice): Promise<number> {
    const { queue, redis } = this.#open;
    let count = 0;
    for (const id of await this.#chosen(choice)) {
      const job = await asked(this.#options, () => queue.getJob(id));
      if (!job || !(await job.isFailed())) continue;
      await asked(this.#options, async () => {
        await redis.hdel(queue.toKey(id), "stc");
        await job.retry("failed", { resetAttemptsMade: true, resetAttemptsStarted: true });
      });
      count++;
    }
    return count;
  }

  /**
   * Calls songs off: those that wait or have failed leave the queue, those at work are ended within about a second, and
   * leave nothing behind. Songs that are done stay done. Returns how many.
   */
  async cancel(choice: SongChoice): Promise<number> {
    const { queue, redis } = this.#open;
    return asked(this.#options, async () => {
      let count = 0;
      const ids = new Set<string>(await this.#chosen(choice));
      if ("all" in choice) {
        for (const { id } of await queue.getActive()) ids.add(id ?? "");
        const { waiting, delayed } = await songCounts(queue);
        await queue.drain(true);
        count += waiting + delayed;
      }
      for (const id of ids) {
        const job = await queue.getJob(id);
        if (!job || !isJobId(id) || (await job.isCompleted())) continue;
        if (await job.isActive()) {
          await redis.set(cancelledKey(queue, id), "1", "EX", CANCELLED_SECONDS);
        } else await job.remove().catch(() => {});
        count++;
      }
      return count;
    });
  }

  /**
   * Hands out no more songs, to any worker, and waits for those at work. Songs may still be submitted.
   * @throws {AbortError}: songs are held back nevertheless.
   */
  async drain(signal?: AbortSignal): Promise<void> {
    await asked(this.#options, () => this.#open.queue.pause());
    while ((await this.status()).active > 0) {
      if (signal?.aborted) throw new AbortError(signal.reason);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  /** Hands songs out again. */
  resume(): Promise<void> {
    return asked(this.#options, () => this.#open.queue.resume());
  }

  /** Forgets all songs, and all that was known of them; outputs stay. Nobody may be at work. */
  forget(): Promise<void> {
    return asked(this.#options, () => this.#open.queue.obliterate({ force: true }));
  }

  close(): Promise<void> {
    return Promise.resolve(this.#open[Symbol.asyncDispose]());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #chosen(choice: SongChoice): Promise<readonly string[]> {
    if ("ids" in choice) return choice.ids;
    const ids: string[] = [];
    for await (const { id, code } of this.failed()) {
      if ("all" in choice || choice.code === code) ids.push(id);
    }
    return ids;
  }

  /** Songs an hour, by the times at which the last ones were done. */
  async #pace(): Promise<number | undefined> {
    const { queue, redis } = this.#open;
    const now = Date.now();
    const key = queue.toKey("completed");
    const from = now - WINDOW * 1e3;
    const count = await redis.zcount(key, from, "+inf");
    const [, first] = await redis.zrangebyscore(key, from, "+inf", "WITHSCORES", "LIMIT", 0, 1);
    if (count < 2 || first === undefined) return undefined;
    return (3.6e6 * (count - 1)) / Math.max(1, now - Number(first));
  }
}

function progressOf(progress: unknown): SongProgress {
  if (typeof progress === "object" && progress !== null && "fraction" in progress) {
    const { fraction } = progress;
    const worker = "worker" in progress ? String(progress.worker) : "";
    if (typeof fraction === "number") return { fraction, worker };
  }
  return { fraction: 0, worker: "" };
}
