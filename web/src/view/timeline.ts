/** Which part of a song is on the screen. */
import { computed, type ReadonlySignal, signal } from "@preact/signals";

/** Frames from `start` to `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Least seconds on the screen. */
const CLOSEST = 0.05;

/** A window onto a song, moved and zoomed. */
export class Timeline {
  readonly #span = signal<Span | undefined>(undefined);
  readonly #frames: ReadonlySignal<number>;
  readonly #least: number;

  /** What is visible. */
  readonly span: ReadonlySignal<Span>;

  /** @param frames of the song. @param sampleRate Hz */
  constructor(frames: ReadonlySignal<number>, sampleRate: number) {
    this.#frames = frames;
    this.#least = CLOSEST * sampleRate;
    this.span = computed(() => this.#span.value ?? { start: 0, end: Math.max(1, frames.value) });
  }

  /** Whether the whole song is visible. */
  get isWhole(): boolean {
    return this.#span.value === undefined;
  }

  /** Shows the whole song. */
  showAll(): void {
    this.#span.value = undefined;
  }

  /** Shows more or less: a frame stays at its place. @param factor less than 1 zooms in */
  zoom(factor: number, around: number): void {
    const { start, end } = this.span.value;
    const frames = this.#frames.value;
    const length = Math.max(this.#least, (end - start) * factor);
    if (length >= frames) {
      this.showAll();
      return;
    }
    const share = Math.max(0, Math.min(1, (around - start) / (end - start)));
    this.#show(around - share * length, length);
  }

  /** Moves by so many frames. */
  scroll(frames: number): void {
    const { start, end } = this.span.value;
    if (!this.isWhole) this.#show(start + frames, end - start);
  }

  /** Moves so that a frame is the first one, if there is room. */
  scrollTo(start: number): void {
    this.scroll(start - this.span.value.start);
  }

  /** Turns the page if a frame is not visible. */
  reveal(frame: number): void {
    const { start, end } = this.span.value;
    if (frame < start || frame >= end) this.scrollTo(frame - 0.05 * (end - start));
  }

  #show(start: number, length: number): void {
    const first = Math.max(0, Math.min(this.#frames.value - length, start));
    this.#span.value = { start: first, end: first + length };
  }
}
