/**
 * Frames by their numbers, in a ring that one thread writes and another one reads, neither waiting for the other. Whoever
 * reads names the frames; what is not there yet, or no longer, is silence and counted.
 */

/** The memory of a ring; in shared memory, both threads' own. */
export interface RingMemory {
  /** As many samples of each channel, a power of two. */
  readonly rows: readonly Float32Array[];
  /** Frames that have been written, and frames whose places have been taken; both begin anew after 2³². */
  readonly counts: Int32Array;
}

const WRITTEN = 0;
const TAKEN = 1;

/**
 * Memory for a ring.
 * @param capacity frames that it holds at least
 * @param shared whether two threads are to see it
 */
export function ringMemory(rows: number, capacity: number, shared: boolean): RingMemory {
  const length = 2 ** Math.ceil(Math.log2(Math.max(2, capacity)));
  const memory = (bytes: number) =>
    shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
  return {
    rows: Array.from({ length: rows }, () => new Float32Array(memory(4 * length))),
    counts: new Int32Array(memory(8)),
  };
}

/** Frames have numbers from 0 on; before the first lies silence. */
export class FrameRing {
  readonly #rows: readonly Float32Array[];
  readonly #counts: Int32Array;
  readonly #capacity: number;

  constructor({ rows, counts }: RingMemory) {
    this.#rows = rows;
    this.#counts = counts;
    this.#capacity = rows[0].length;
  }

  /** Frames that have been written, as a signed number that begins anew after 2³²: only differences mean anything. */
  get written(): number {
    return Atomics.load(this.#counts, WRITTEN);
  }

  /** Adds the samples of rows of equal length, no longer than the ring. */
  write(rows: readonly Float32Array[]): void {
    const frames = rows[0].length;
    const at = this.written;
    // Before a place is overwritten, so that readers know what they can no longer trust.
    Atomics.add(this.#counts, TAKEN, frames);
    for (let r = 0; r < this.#rows.length; r++) {
      const row = this.#rows[r];
      const from = rows[r];
      // Not by subarrays: these lines run in threads that must not leave garbage.
      for (let i = 0; i < frames; i++) row[(at + i) & (this.#capacity - 1)] = from[i];
    }
    Atomics.add(this.#counts, WRITTEN, frames);
  }

  /**
   * Reads the frames from number `from` on into rows of equal length. What is not there is silence.
   * @returns how many there were.
   */
  read(from: number, into: readonly Float32Array[]): number {
    const frames = into[0].length;
    const end = within((this.written - from) | 0, 0, frames);
    for (let r = 0; r < this.#rows.length; r++) {
      const row = this.#rows[r];
      const to = into[r];
      for (let i = 0; i < end; i++) to[i] = row[(from + i) & (this.#capacity - 1)];
    }
    const taken = Atomics.load(this.#counts, TAKEN);
    const begin = within(((taken - from) | 0) - this.#capacity, 0, end);
    for (let r = 0; r < this.#rows.length; r++) {
      into[r].fill(0, 0, begin);
      into[r].fill(0, end);
    }
    return end - begin;
  }

  /** Has whoever waits in {@link arrival} look again. */
  wake(): void {
    Atomics.notify(this.#counts, WRITTEN);
  }

  /** Waits, in shared memory, until more than `seen` frames are there; now and then in vain. */
  async arrival(seen: number): Promise<void> {
    if ("waitAsync" in Atomics)
      await Atomics.waitAsync(this.#counts, WRITTEN, seen, PATIENCE).value;
    // Older browsers can only look.
    else await new Promise((resolve) => setTimeout(resolve, GLANCE));
  }
}

/** Milliseconds after which a wait ends in any case, and between two looks. */
const PATIENCE = 100;
const GLANCE = 2;

function within(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
