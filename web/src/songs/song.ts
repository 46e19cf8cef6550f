/** A song in the queue: from the file that was dropped to its stems. */
import type { ReadonlySignal } from "@preact/signals";
import type { Track } from "../tracks/track.ts";

/** Where a song is on its way. Fractions are 0 to 1. */
export type SongState =
  | { readonly kind: "waiting" }
  | { readonly kind: "decoding"; readonly fraction: number }
  | { readonly kind: "separating"; readonly fraction: number; readonly secondsLeft?: number }
  | { readonly kind: "done"; readonly seconds: number }
  | { readonly kind: "failed"; readonly message: string; readonly hint?: string }
  | { readonly kind: "cancelled" };

/** What is known of a song after its head was read. */
export interface SongFacts {
  readonly title: string;
  readonly artist?: string;
  readonly album?: string;
  readonly sampleRate: number;
  readonly channels: number;
  readonly frames: number;
  /** For people: what is odd about the file and was passed over. */
  readonly notices: readonly string[];
}

/** A song in the queue. Everything that changes is a signal. */
export interface Song {
  readonly id: string;
  /** The file's name as it came: text, never markup. */
  readonly fileName: string;
  readonly state: ReadonlySignal<SongState>;
  /** Undefined until the head was read. */
  readonly facts: ReadonlySignal<SongFacts | undefined>;
  /** The name of the model that separates or has separated it. */
  readonly model: ReadonlySignal<string | undefined>;
  /** The original as soon as it is decoded, then the stems, which grow while the song is separated. */
  readonly tracks: ReadonlySignal<readonly Track[]>;
  /** Stops the work on it; what was made so far is given back. */
  cancel(): void;
  /** Puts a failed, cancelled or done song into the queue again, for the chosen model. */
  again(): void;
}

/** All songs, worked on one after the other. */
export interface SongQueue {
  readonly songs: ReadonlySignal<readonly Song[]>;
  /** Adds songs; each is separated when its turn comes. */
  add(files: Iterable<File>): void;
  /** Takes a song away, and everything that was kept for it. */
  remove(song: Song): Promise<void>;
  close(): Promise<void>;
}
