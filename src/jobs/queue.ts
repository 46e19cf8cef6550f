/** The queue of songs: BullMQ's, on Redis. What it keeps of a song, and how it is reached. */
import type { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { ArgumentError, JobError } from "../errors.ts";
import { importBullmq, importIoredis } from "./packages.ts";
import type { QueueOptions, SongCounts } from "./queueOptions.ts";
import type { SongJob } from "./songJob.ts";

/** What a worker tells of a song that it has done. */
export interface SongReport {
  /** Whether it had been done before. */
  readonly already: boolean;
  /** Seconds of music; 0 if it had been done before. */
  readonly duration: number;
  /** Seconds that it took. */
  readonly seconds: number;
}

/** How far a song is, 0 to 1, and who is at it. */
export interface SongProgress {
  readonly fraction: number;
  readonly worker: string;
}

export type SongQueue = Queue<SongJob, SongReport, "song">;

/** Before all names of ours in Redis. */
export const prefix = "xumx-slicq";

/** Tries of a song before it counts as failed: with the waits between them more than an hour. */
const TRIES = 20;

/** Seconds that done songs are known in the queue; later their manifests alone tell of them. */
const KEPT = 7 * 24 * 3600;

/** What holds of every song. Failed ones stay until they are tried again or taken away. */
export const jobOptions = {
  attempts: TRIES,
  backoff: { type: "custom" },
  removeOnComplete: { age: KEPT },
  stackTraceLimit: 0,
} as const;

/** Milliseconds within which Redis must answer a program that waits for it. */
const PATIENCE = 10_000;

/** The address of Redis. */
export function redisAddress({ redis }: QueueOptions = {}): string {
  return redis ?? process.env.XUMX_SLICQ_REDIS ?? "redis://127.0.0.1:6379";
}

/** The name of the queue. @throws {ArgumentError} */
export function queueName({ queue = "songs" }: QueueOptions = {}): string {
  if (/^[\w.-]+$/.test(queue)) return queue;
  throw new ArgumentError(
    `${JSON.stringify(queue)} cannot be the name of a queue.`,
    "Take letters, digits, dots, dashes and underscores.",
  );
}

/**
 * Connects to Redis.
 * @param patient whether commands wait for Redis for ever, as those of workers do.
 * @throws {ArgumentError} for an address of another kind; {@link JobError} "package-missing", "queue-failed".
 */
export async function connect(options: QueueOptions, patient: boolean): Promise<Redis> {
  const address = redisAddress(options);
  if (!/^rediss?:\/\//.test(address)) {
    throw new ArgumentError(
      `${withoutSecret(address)} is no address of Redis.`,
      "Give redis://host:6379, or rediss://… for TLS.",
    );
  }
  const { Redis } = await importIoredis();
  const client = new Redis(address, {
    lazyConnect: true,
    maxRetriesPerRequest: null,
    connectTimeout: PATIENCE,
    retryStrategy: (times) => (patient ? Math.min(2000, 100 * times) : times > 3 ? null : 300),
  });
  let reason: unknown;
  client.on("error", (error) => {
    reason = error;
  });
  try {
    await client.connect();
  } catch (cause) {
    // A worker may be there before Redis is.
    if (patient) return client;
    client.disconnect();
    throw queueFailed(address, reason ?? cause);
  }
  return client;
}

/** The queue, and its connection. */
export interface OpenQueue extends AsyncDisposable {
  readonly queue: SongQueue;
  readonly redis: Redis;
}

/** Opens the queue for a program that looks at it or puts songs into it. @throws as {@link connect}. */
export async function openQueue(options: QueueOptions = {}, patient = false): Promise<OpenQueue> {
  const name = queueName(options);
  const { Queue } = await importBullmq();
  const redis = await connect(options, patient);
  const queue: SongQueue = new Queue(name, {
    ...{ connection: redis, prefix, defaultJobOptions: { ...jobOptions } },
    streams: { events: { maxLen: 1000 } },
  });
  // Who waits for an answer hears of it.
  queue.on("error", () => {});
  const close = async () => {
    await queue.close().catch(() => {});
    redis.disconnect();
  };
  return { queue, redis, [Symbol.asyncDispose]: close };
}

/** Counts the songs of a queue. */
export async function songCounts(queue: SongQueue): Promise<SongCounts> {
  const { waiting, active, delayed, completed, failed } = await queue.getJobCounts(
    ...(["waiting", "active", "delayed", "completed", "failed"] as const),
  );
  return { waiting, active, delayed, done: completed, failed };
}

/** Runs what asks the queue, and tells in our words what goes wrong. @throws {JobError} "queue-failed". */
export async function asked<T>(options: QueueOptions, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    throw queueFailed(redisAddress(options), cause);
  }
}

function queueFailed(address: string, cause: unknown): JobError {
  const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
  return new JobError(
    "queue-failed",
    `The queue at ${withoutSecret(address)} fails: ${reason}.`,
    "Check that Redis runs there; --redis or XUMX_SLICQ_REDIS name another one.",
    { cause },
  );
}

function withoutSecret(address: string): string {
  return address.replace(/\/\/[^@/]*@/, "//");
}
