/** How far a song is before its first stems are there, while nothing can be shown but work done. */

/** Whoever wants to know. */
export interface EarlyWork {
  /** Samples of the song, if they are known. */
  readonly expected: number | undefined;
  /** Hears the share of the work before the first stems that is done, 0 to 1, never less than before. */
  readonly onProgress: (share: number) => void;
}

/** Shares of encoders, recurrent layers and sums, about as the time goes, with sums and without. */
const shares = {
  true: { encoding: 0.15, recurrence: 0.5, sums: 0.35 },
  false: { encoding: 0.25, recurrence: 0.75, sums: 0 },
} as const;

export class EarlyProgress {
  readonly #shares: (typeof shares)["true" | "false"];
  readonly #early: EarlyWork | undefined;
  #steps = 0;
  #measures = 0;
  #most = 0;

  /** @param hasSums whether sums over the song are taken */
  constructor(hasSums: boolean, early: EarlyWork | undefined) {
    this.#shares = shares[`${hasSums}`];
    this.#early = early;
  }

  /** So many samples have come. */
  encoded(samples: number): void {
    const { expected } = this.#early ?? {};
    if (expected) this.#tell(this.#shares.encoding * Math.min(1, samples / expected));
  }

  /** So many steps of recurrent layers are to come. */
  recurs(steps: number): void {
    this.#steps = steps;
  }

  /** One of them is done. */
  recurred(): void {
    this.#tell(Math.max(this.#most, this.#shares.encoding) + this.#shares.recurrence / this.#steps);
  }

  /** So many sums are to come. */
  measures(pieces: number): void {
    this.#measures = pieces;
  }

  /** One of them is there. */
  measured(): void {
    const { sums } = this.#shares;
    this.#tell(Math.max(this.#most, 1 - sums) + sums / this.#measures);
  }

  #tell(share: number): void {
    this.#most = Math.min(1, share);
    this.#early?.onProgress(this.#most);
  }
}
