/** How a song at work is called off: a word beside it in Redis, which its worker looks for every second. */
import type { SongQueue } from "./queue.ts";
import type { JobId } from "./songJob.ts";

/** Seconds that the word stays, should no worker see it. */
export const CANCELLED_SECONDS = 3600;

/** Where the word stands. */
export function cancelledKey(queue: SongQueue, id: JobId): string {
  return queue.toKey(`cancelled-${id}`);
}
