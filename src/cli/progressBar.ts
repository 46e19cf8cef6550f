/** A progress bar on a terminal; silent elsewhere. */

const WIDTH = 30;
/** Redraws per second at most. */
const RATE = 10;

export class ProgressBar {
  readonly #label: string;
  readonly #stream: NodeJS.WriteStream;
  readonly #start = performance.now();
  #drawn = Number.NEGATIVE_INFINITY;

  constructor(label: string, stream: NodeJS.WriteStream = process.stderr) {
    this.#label = label;
    this.#stream = stream;
    this.update(0);
  }

  /** Shows a finished fraction, 0 to 1. */
  update(fraction: number): void {
    const now = performance.now();
    if (!this.#stream.isTTY || (fraction < 1 && now - this.#drawn < 1000 / RATE)) return;
    this.#drawn = now;
    const done = Math.round(fraction * WIDTH);
    const bar = "█".repeat(done) + "░".repeat(WIDTH - done);
    const left = fraction > 0 ? ((now - this.#start) / 1e3 / fraction) * (1 - fraction) : undefined;
    const time = left === undefined ? "" : `  ${left.toFixed(0)} s left`;
    const room = Math.max(8, (this.#stream.columns || 80) - WIDTH - 22);
    const label = this.#label.length > room ? `${this.#label.slice(0, room - 1)}…` : this.#label;
    this.#stream.write(
      `\r\x1b[K${label}  ${bar} ${String(Math.round(fraction * 100)).padStart(3)} %${time}`,
    );
  }

  /** Takes the bar away. */
  clear(): void {
    if (this.#stream.isTTY) this.#stream.write("\r\x1b[K");
  }
}
