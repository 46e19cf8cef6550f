/** What passes between the page and the thread of the sound. */
import type { SideGains } from "../tracks/pan.ts";

/** The name by which the worklet's module registers the processor. */
export const PROCESSOR = "xumx-slicq-player";

/** A passage of all lanes, so that these cannot be out of step. */
export interface Chunk {
  readonly kind: "chunk";
  /** Of which way through the song it is: every jump begins another. */
  readonly journey: number;
  /** The frame of the song with which it begins. */
  readonly start: number;
  readonly frames: number;
  /** Whether the song ends with it. */
  readonly last: boolean;
  /** Of each lane, its channels. */
  readonly lanes: readonly (readonly Float32Array<ArrayBuffer>[])[];
}

/** What the page says. */
export type PlayerOrder =
  | Chunk
  /** Chunks of this journey follow; what is left of those before it fades out. */
  | { readonly kind: "jump"; readonly journey: number; readonly position: number }
  | { readonly kind: "play" }
  | { readonly kind: "pause" }
  | { readonly kind: "mix"; readonly gains: readonly SideGains[]; readonly master: number }
  | { readonly kind: "speed"; readonly speed: number };

/** What the thread of the sound says. */
export type PlayerNews =
  /** A chunk was played or passed over: another may come. */
  { readonly kind: "taken"; readonly journey: number } | { readonly kind: "ended" } | PlayerReport;

/** How it gets on, a few dozen times a second. */
export interface PlayerReport {
  readonly kind: "report";
  readonly journey: number;
  /** Frame of the song that is computed next. */
  readonly position: number;
  /** Whether it wants to play and has nothing to play. */
  readonly waiting: boolean;
  /** Highest absolute samples of the lanes, as heard, and of both sides of the sum. */
  readonly peaks: Float32Array<ArrayBuffer>;
  readonly left: number;
  readonly right: number;
}
