/** Many songs, several at once; one that fails does not stop the others. */
import { AbortError, ArgumentError, ThreadError, throwIfAborted } from "../errors.ts";
import type { Separator } from "../separation/index.ts";
import type { DemixSettings } from "./demixFile.ts";
import { type DemixProgress, type DemixResult, type Destination, demixFile } from "./demixFile.ts";
import type { DemixTask } from "./outputPlan.ts";
import type { OutputName } from "./outputs.ts";

export interface BatchOptions extends DemixSettings {
  readonly signal?: AbortSignal;
  /** See {@link SeparateOptions}. */
  readonly chunkSize?: number;
  /** Whether songs whose outputs are all there are left alone. */
  readonly skipExisting?: boolean;
  /** Where the output of a single song with a single output goes, in place of its path. */
  readonly stream?: Destination;
  readonly onEvent?: (event: BatchEvent) => void;
}

/** What happens in a batch. `task` is the task's place in the list, from 0 on. */
export type BatchEvent =
  | { readonly kind: "started"; readonly task: number }
  | {
      readonly kind: "progress";
      readonly task: number;
      readonly song: DemixProgress;
      /** Of the whole batch, by size of files, 0 to 1. */
      readonly fraction: number;
    }
  | { readonly kind: "skipped"; readonly task: number }
  | {
      readonly kind: "done";
      readonly task: number;
      readonly result: DemixResult;
      /** From the start of this song. */
      readonly seconds: number;
    }
  | { readonly kind: "failed"; readonly task: number; readonly error: Error };

/** How a batch ended, in numbers of songs. */
export interface BatchSummary {
  readonly done: number;
  readonly skipped: number;
  readonly failed: number;
}

/**
 * Separates songs, as many at once as there are separators. A song during which a thread dies is tried once more.
 *
 * @throws {AbortError} when the signal fires: songs at work are withdrawn, finished ones stay; {@link ArgumentError} if
 * there is no separator. Failures of single songs are events.
 */
export async function demixAll(
  separators: readonly Separator[],
  tasks: readonly DemixTask[],
  options: BatchOptions = {},
): Promise<BatchSummary> {
  const { signal, skipExisting, onEvent, stream, ...settings } = options;
  if (separators.length === 0) throw new ArgumentError("A batch needs a separator.");
  const counts = { done: 0, skipped: 0, failed: 0 };
  const pace = new Pace(tasks.map(({ bytes, complete }) => (skipExisting && complete ? 0 : bytes)));
  let next = 0;
  const work = async (separator: Separator) => {
    while (next < tasks.length) {
      throwIfAborted(signal);
      const task = next++;
      if (skipExisting && tasks[task].complete) {
        counts.skipped++;
        onEvent?.({ kind: "skipped", task });
        continue;
      }
      onEvent?.({ kind: "started", task });
      const start = performance.now();
      try {
        const { song } = tasks[task];
        const attempt = () =>
          demixFile(separator, song, stream ?? pathsOf(tasks[task]), {
            ...settings,
            ...(signal && { signal }),
            onProgress: (progress) => {
              pace.set(task, progress.fraction ?? 0);
              onEvent?.({ kind: "progress", task, song: progress, fraction: pace.fraction });
            },
          });
        const result = await attempt().catch(async (error: unknown) => {
          // The separator starts new threads. What a stream was given cannot be taken back.
          if (!(error instanceof ThreadError) || stream) throw error;
          const second = await attempt();
          return { ...second, notices: [...second.notices, `${error.message} It was done again.`] };
        });
        counts.done++;
        const seconds = (performance.now() - start) / 1e3;
        onEvent?.({ kind: "done", task, result, seconds });
      } catch (error) {
        // Whatever else happens to one song, the others deserve their turn.
        if (error instanceof AbortError || !(error instanceof Error)) throw error;
        counts.failed++;
        onEvent?.({ kind: "failed", task, error });
      }
      pace.set(task, 1);
    }
  };
  const ends = await Promise.allSettled(separators.map(work));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  return counts;
}

function pathsOf({ song, outputs }: DemixTask): (name: OutputName) => string {
  return (name) => {
    const found = outputs.find((output) => output.name === name);
    if (!found) throw new ArgumentError(`The plan for ${song.name} has no place for ${name}.`);
    return found.path;
  };
}

/** How much of all songs is done, by the sizes of their files. */
class Pace {
  readonly #bytes: readonly number[];
  readonly #done: number[];

  constructor(bytes: readonly number[]) {
    this.#bytes = bytes;
    this.#done = bytes.map(() => 0);
  }

  set(task: number, fraction: number): void {
    this.#done[task] = fraction;
  }

  get fraction(): number {
    const all = this.#bytes.reduce((a, b) => a + b, 0);
    const done = this.#bytes.reduce((sum, bytes, i) => sum + bytes * this.#done[i], 0);
    return all > 0 ? done / all : this.#done.reduce((a, b) => a + b, 0) / this.#done.length;
  }
}
