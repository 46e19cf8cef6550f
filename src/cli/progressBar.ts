/** A progress bar on a terminal; silent elsewhere. */

const WIDTH = 24;
/** Redraws per second at most. */
const RATE = 10;

export class ProgressBar {
  #label: string;
  readonly #stream: NodeJS.WriteStream;
  readonly #start = performance.now();
  #drawn = Number.NEGATIVE_INFINITY;

  constructor(label: string, stream: NodeJS.WriteStream = process.stderr) {
    this.#label = label;
    this.#stream = stream;
    this.update(0);
  }

  /** Shows a finished fraction, 0 to 1, from now on beside another label if one is given. */
  update(fraction: number, label = this.#label): void {
    this.#label = label;
    const now = performance.now();
    if (!this.#stream.isTTY || (fraction < 1 && now - this.#drawn < 1000 / RATE)) return;
    this.#drawn = now;
    const done = Math.round(fraction * WIDTH);
    const bar = "█".repeat(done) + "░".repeat(WIDTH - done);
    const left = secondsLeft((now - this.#start) / 1e3, fraction);
    const percent = String(Math.floor(fraction * 100)).padStart(3);
    const state = `${bar} ${percent} %${left === undefined ? "" : `  ${shownTime(left)} left`}`;
    const room = Math.max(8, (this.#stream.columns || 80) - state.length - 3);
    this.#stream.write(`\r\x1b[K${fitted(label, room)}  ${state}`);
  }

  /** Takes the bar away. */
  clear(): void {
    if (this.#stream.isTTY) this.#stream.write("\r\x1b[K");
  }
}

/** Seconds until all is done at the pace so far; undefined while nothing is. */
export function secondsLeft(elapsed: number, fraction: number): number | undefined {
  return fraction > 0 ? (elapsed / fraction) * (1 - fraction) : undefined;
}

/** "45 s", "3:05 min", "2:03 h". */
export function shownTime(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 100) return `${whole} s`;
  const pair = (large: number, small: number) => `${large}:${String(small).padStart(2, "0")}`;
  if (whole < 3600) return `${pair(Math.floor(whole / 60), whole % 60)} min`;
  return `${pair(Math.floor(whole / 3600), Math.floor(whole / 60) % 60)} h`;
}

/** The beginning of a text that fits into so many columns. */
function fitted(text: string, columns: number): string {
  const characters = [...text.replace(/\p{C}/gu, "?")];
  const width = (from: readonly string[]) => from.reduce((sum, c) => sum + columnsOf(c), 0);
  if (width(characters) <= columns) return characters.join("");
  while (width(characters) > columns - 1) characters.pop();
  return `${characters.join("")}…`;
}

/** Columns that terminals give a character: two to those of East Asia and to pictures, none to accents on their own. */
function columnsOf(character: string): number {
  if (/\p{M}/u.test(character)) return 0;
  const code = character.codePointAt(0) ?? 0;
  return (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xffdc) || code >= 0x1f300
    ? 2
    : 1;
}
