/** How much of all songs is done, by the sizes of their files. */
export class BatchPace {
  readonly #bytes: readonly number[];
  readonly #done: number[];

  /** @param bytes of each song; 0 for those that count for nothing. */
  constructor(bytes: readonly number[]) {
    this.#bytes = bytes;
    this.#done = bytes.map(() => 0);
  }

  /** Notes how much of a song is done, 0 to 1. */
  set(song: number, fraction: number): void {
    this.#done[song] = fraction;
  }

  /** Done of all, 0 to 1; where no size is known, songs count alike. */
  get fraction(): number {
    const all = this.#bytes.reduce((a, b) => a + b, 0);
    const done = this.#bytes.reduce((sum, bytes, i) => sum + bytes * this.#done[i], 0);
    return all > 0 ? done / all : this.#done.reduce((a, b) => a + b, 0) / this.#done.length;
  }
}
