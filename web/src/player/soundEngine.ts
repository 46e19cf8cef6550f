/** The side of the sound: takes chunks, mixes their lanes, stretches the mix, and never begins or ends within a wave. */
import type { Chunk, PlayerNews, PlayerOrder } from "./messages.ts";
import { LaneMixer } from "./mixing.ts";
import { Stretch } from "./stretch.ts";

/** Seconds in which sound begins and ends, gains move, and between two reports. */
export const FADE = 0.005;
export const RAMP = 0.02;
const REPORT = 0.03;
/** Seconds that must have come before playing goes on after a wait. */
const ENOUGH = 0.1;

/** Plays what is sent to it. It knows no worklet, so that it runs in tests. */
export class SoundEngine {
  readonly #rate: number;
  readonly #say: (news: PlayerNews) => void;
  readonly #mixer: LaneMixer;
  readonly #stretch: Stretch;
  readonly #fade: number;
  #chunks: Chunk[] = [];
  /** Frames of the first chunk that were played. */
  #used = 0;
  #journey = 0;
  /** The journey that begins once the sound has faded. */
  #next: { readonly journey: number; readonly position: number } | undefined;
  #position = 0;
  #playing = false;
  #waiting = true;
  #ended = false;
  #speed = 1;
  /** 0 (silence) to 1, on its way up or down. */
  #level = 0;
  #master = 1;
  #masterGoal = 1;
  readonly #masterStep: number;
  /** Whether the chunk that was played last ends the song, and the zeros that the stretcher was given since. */
  #lastTaken = false;
  #padding = 0;
  #sinceReport = 0;
  #left = 0;
  #right = 0;

  /** @param rate Hz */
  constructor(rate: number, say: (news: PlayerNews) => void) {
    this.#rate = rate;
    this.#say = say;
    this.#fade = 1 / Math.max(1, Math.round(FADE * rate));
    this.#masterStep = 1 / Math.max(1, Math.round(RAMP * rate));
    this.#mixer = new LaneMixer(Math.max(1, Math.round(RAMP * rate)));
    this.#stretch = new Stretch(rate, (into, frames) => this.#pull(into, 0, frames));
  }

  /** Does what the page says. */
  take(order: PlayerOrder): void {
    switch (order.kind) {
      case "chunk":
        if (order.journey < (this.#next?.journey ?? this.#journey)) return;
        this.#chunks.push(order);
        return;
      case "jump":
        this.#next = order;
        if (this.#level === 0) this.#begin();
        return;
      case "play":
        this.#playing = true;
        this.#ended = false;
        return;
      case "pause":
        this.#playing = false;
        return;
      case "mix":
        this.#mixer.set(order.gains, this.#level === 0);
        this.#masterGoal = order.master;
        if (this.#level === 0) this.#master = order.master;
        return;
      case "speed":
        this.#speed = order.speed;
    }
  }

  /** Writes the next frames of both sides. */
  render(into: readonly Float32Array[]): void {
    const [left, right] = into;
    const frames = left.length;
    // What fades is made of frames, so there must be as many left as the fade lasts.
    const needed = Math.ceil(frames * this.#speed) + this.#margin();
    const there = this.#available();
    if (there >= needed + ENOUGH * this.#rate || this.#isWhole()) this.#waiting = false;
    else if (there < needed) this.#waiting = true;
    const sounding = this.#playing && !this.#waiting && !this.#next && !this.#ended;
    // What is not heard after a fade is not taken.
    const heard = sounding ? frames : Math.min(frames, Math.ceil(this.#level / this.#fade));
    if (this.#speed === 1) this.#pull(into, 0, heard);
    else this.#stretch.render(into, 0, heard, this.#speed);
    this.#shape(left, right, heard, sounding ? 1 : 0);
    left.fill(0, heard);
    right.fill(0, heard);
    if (sounding && this.#isWhole() && this.#available() <= 0) this.#end();
    if (this.#level === 0 && this.#next) this.#begin();
    this.#report(frames);
  }

  /** Fades, sets the loudness, and measures. */
  #shape(left: Float32Array, right: Float32Array, frames: number, goal: 0 | 1): void {
    for (let i = 0; i < frames; i++) {
      if (this.#level < goal) this.#level = Math.min(1, this.#level + this.#fade);
      else if (this.#level > goal) this.#level = Math.max(0, this.#level - this.#fade);
      const way = this.#masterGoal - this.#master;
      if (way !== 0) {
        this.#master += Math.max(-this.#masterStep, Math.min(this.#masterStep, way));
      }
      const gain = this.#level * this.#master;
      left[i] *= gain;
      right[i] *= gain;
      this.#left = Math.max(this.#left, Math.abs(left[i]));
      this.#right = Math.max(this.#right, Math.abs(right[i]));
    }
  }

  /** The journey that was waiting for silence begins. */
  #begin(): void {
    if (!this.#next) return;
    const { journey, position } = this.#next;
    while (this.#chunks.length > 0 && this.#chunks[0].journey < journey) this.#drop();
    this.#used = 0;
    this.#next = undefined;
    this.#journey = journey;
    this.#position = position;
    this.#waiting = true;
    this.#ended = false;
    this.#lastTaken = false;
    this.#padding = 0;
    this.#stretch.reset();
  }

  #end(): void {
    this.#ended = true;
    this.#playing = false;
    this.#level = 0;
    this.#say({ kind: "ended" });
  }

  /** Frames of the source that fades need. */
  #margin(): number {
    const fade = Math.ceil(this.#speed / this.#fade);
    return this.#speed === 1 ? fade : fade + this.#stretch.need(this.#speed);
  }

  /** Frames of this journey that have come and were not heard. */
  #available(): number {
    let frames = -this.#used;
    for (const chunk of this.#chunks) {
      if (chunk.journey === this.#journey) frames += chunk.frames;
    }
    return Math.max(0, frames) + (this.#speed === 1 ? 0 : this.#stretch.ahead - this.#padding);
  }

  /** Whether all that there is of this journey has come. */
  #isWhole(): boolean {
    const last = this.#chunks.findLast(({ journey }) => journey === this.#journey);
    return last?.last ?? this.#lastTaken;
  }

  /** Mixes the next frames of the source; zeros where nothing has come. */
  #pull(into: readonly Float32Array[], at: number, frames: number): void {
    let done = 0;
    while (done < frames) {
      const chunk = this.#chunks[0];
      if (!chunk || chunk.journey !== this.#journey) break;
      const now = Math.min(frames - done, chunk.frames - this.#used);
      this.#mixer.mix(chunk.lanes, this.#used, into, at + done, now);
      this.#used += now;
      this.#position = chunk.start + this.#used;
      done += now;
      if (this.#used === chunk.frames) {
        this.#lastTaken = chunk.last;
        this.#drop();
      }
    }
    if (done < frames) {
      for (const channel of into) channel.fill(0, at + done, at + frames);
      this.#padding += frames - done;
    }
  }

  #drop(): void {
    const chunk = this.#chunks.shift();
    this.#used = 0;
    if (chunk) this.#say({ kind: "taken", journey: chunk.journey });
  }

  #report(frames: number): void {
    this.#sinceReport += frames;
    if (this.#sinceReport < REPORT * this.#rate) return;
    this.#sinceReport = 0;
    const ahead = this.#speed === 1 ? 0 : this.#stretch.ahead;
    this.#say({
      kind: "report",
      journey: this.#next?.journey ?? this.#journey,
      position: Math.max(0, this.#next?.position ?? this.#position - ahead),
      waiting: this.#playing && this.#waiting,
      peaks: this.#mixer.takePeaks(),
      left: this.#left,
      right: this.#right,
    });
    this.#left = 0;
    this.#right = 0;
  }
}
