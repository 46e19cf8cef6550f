/** A progress bar on a terminal; silent elsewhere. */

import { escaped } from "./terminal.ts";

const WIDTH = 24;
/** Columns that a label needs to be of use. */
const LEAST_LABEL = 8;
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
    const left = secondsLeft((now - this.#start) / 1e3, fraction);
    this.#stream.write(`\r\x1b[K${barLine(label, fraction, left, this.#stream.columns || 80)}`);
  }

  /** Takes the bar away. */
  clear(): void {
    if (this.#stream.isTTY) this.#stream.write("\r\x1b[K");
  }
}

/**
 * A label, a bar, what is done and the time that is left, in less than so many columns. Where there is little room, the
 * bar goes first, then the label, then the time.
 *
 * @param left seconds, if they are known.
 */
export function barLine(
  label: string,
  fraction: number,
  left: number | undefined,
  columns: number,
): string {
  const room = Math.max(0, columns - 1);
  const done = Math.round(fraction * WIDTH);
  const bar = "█".repeat(done) + "░".repeat(WIDTH - done);
  const percent = `${Math.floor(fraction * 100)} %`.padStart(5);
  const time = left === undefined ? "" : `  ${shownTime(left)} left`;
  for (const state of [`${bar} ${percent}${time}`, `${percent.trim()}${time}`, percent.trim()]) {
    const forLabel = room - state.length - 2;
    if (forLabel >= Math.min(LEAST_LABEL, widthOf([...escaped(label)]))) {
      return `${fitted(label, forLabel)}  ${state}`;
    }
  }
  return percent.trim().slice(0, room);
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
  const characters = [...escaped(text)];
  if (widthOf(characters) <= columns) return characters.join("");
  while (widthOf(characters) > columns - 1) characters.pop();
  return `${characters.join("")}…`;
}

function widthOf(characters: readonly string[]): number {
  return characters.reduce((sum, character) => sum + columnsOf(character), 0);
}

/** Columns that terminals give a character: two to those of East Asia and to pictures, none to accents on their own. */
function columnsOf(character: string): number {
  if (/\p{M}/u.test(character)) return 0;
  const code = character.codePointAt(0) ?? 0;
  return (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xffdc) || code >= 0x1f300
    ? 2
    : 1;
}
