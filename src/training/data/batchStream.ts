/** Batches in the order of their numbers, made ahead of time. */
import { ThreadError } from "../../errors.ts";
import type { Batch } from "../trainee.ts";
import type { DataCrew } from "./crew.ts";
import type { BatchRequest } from "./engine.ts";

/** Answers batch requests one after the other, working on the next ones already. */
export class BatchStream {
  readonly #crew: DataCrew;
  readonly #requests: Iterator<BatchRequest>;
  readonly #ahead: number;
  readonly #made: Promise<Batch>[] = [];

  /**
   * @param ahead how many batches are made before they are asked for; each takes memory
   */
  constructor(crew: DataCrew, requests: Iterable<BatchRequest>, ahead: number = crew.size) {
    this.#crew = crew;
    this.#requests = requests[Symbol.iterator]();
    this.#ahead = ahead;
    this.#fill();
  }

  /** The next batch; undefined after the last. */
  async next(): Promise<Batch | undefined> {
    this.#fill();
    const batch = await this.#made.shift();
    this.#fill();
    return batch;
  }

  #fill(): void {
    while (this.#made.length < Math.max(1, this.#ahead)) {
      const next = this.#requests.next();
      if (next.done) return;
      const make = () => this.#crew.ask("batch", next.value);
      // The same request makes the same batch: another thread may try.
      const batch = make().catch((error: unknown) => {
        if (error instanceof ThreadError) return make();
        throw error;
      });
      // Its failure is thrown where it is asked for.
      batch.catch(() => {});
      this.#made.push(batch);
    }
  }
}
