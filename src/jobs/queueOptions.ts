/** Which queue is meant, and what it tells in numbers. */

/** How the queue is reached. */
export interface QueueOptions {
  /** Address of Redis: `redis://[user:password@]host[:port][/db]`, or `rediss://` for TLS; XUMX_SLICQ_REDIS by default, else this machine's. */
  readonly redis?: string;
  /** Name of the queue: several may lie on one Redis. "songs" by default. */
  readonly queue?: string;
}

/** Numbers of songs by state. */
export interface SongCounts {
  /** Not yet taken. */
  readonly waiting: number;
  /** At work. */
  readonly active: number;
  /** Failed, and to be tried again at their time. */
  readonly delayed: number;
  /** Done, within the last days. */
  readonly done: number;
  /** Failed for good. */
  readonly failed: number;
}
