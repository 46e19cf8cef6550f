/** Reads tracks ahead of the sound, and sends their passages to it, all lanes of a passage together. */
import { effect } from "@preact/signals";
import type { Track } from "../tracks/track.ts";
import type { Chunk } from "./messages.ts";
import { blendSeam, type Loop, type Passage, passageAt, seamOf } from "./passages.ts";

/** Frames of a chunk, and chunks that are on their way at a time: two seconds, which bridge a busy page. */
export const CHUNK = 8192;
const AHEAD = 11;
/** A passage at the edge of what is separated has at least so many frames. */
const LEAST = 1024;
/** Seconds of the fade at a loop's end. */
export const SEAM = 0.01;

/** A way through a song, from a place on. */
export interface Journey {
  readonly journey: number;
  readonly position: number;
  readonly loop: Loop | undefined;
  /** Hz. */
  readonly sampleRate: number;
  /** The lanes. */
  readonly tracks: readonly Track[];
  /** Those that must be there before a passage is sent. */
  readonly awaited: readonly Track[];
}

/** Follows one way through a song at a time. */
export class Feeder {
  readonly #send: (chunk: Chunk) => void;
  readonly #fail: (error: unknown) => void;
  #ending: AbortController | undefined;
  #journey = -1;
  #underway = 0;
  #wake: () => void = () => undefined;

  /** @param send gives a chunk away, with its memory. @param fail hears why tracks could not be read. */
  constructor(send: (chunk: Chunk) => void, fail: (error: unknown) => void) {
    this.#send = send;
    this.#fail = fail;
  }

  /** Begins another way; what was left of the one before is not sent. */
  start(journey: Journey): void {
    this.stop();
    const ending = new AbortController();
    this.#ending = ending;
    this.#journey = journey.journey;
    this.#underway = 0;
    const { signal } = ending;
    const stopListening = effect(() => {
      for (const track of journey.awaited) void track.ready.value;
      this.#wake();
    });
    this.#follow(journey, signal)
      .catch((error: unknown) => {
        if (!signal.aborted) this.#fail(error);
      })
      .finally(stopListening);
  }

  /** A chunk was played. */
  taken(journey: number): void {
    if (journey !== this.#journey) return;
    this.#underway--;
    this.#wake();
  }

  /** Sends nothing more. */
  stop(): void {
    this.#ending?.abort();
    this.#wake();
  }

  async #follow(way: Journey, signal: AbortSignal): Promise<void> {
    const length = way.tracks[0]?.frames ?? 0;
    let position: number | undefined = way.position;
    while (position !== undefined && !signal.aborted) {
      const passage: Passage = passageAt(position, length, way.loop, CHUNK);
      const ready = readyFrames(way, passage);
      if (this.#underway >= AHEAD || ready < Math.min(LEAST, passage.frames)) {
        await this.#woken();
        continue;
      }
      const part = ready < passage.frames ? within(passage, ready) : passage;
      const lanes = await readPassage(way, part, signal);
      if (signal.aborted) return;
      this.#underway++;
      const { start, frames, next } = part;
      const { journey } = way;
      this.#send({ kind: "chunk", journey, start, frames, last: next === undefined, lanes });
      position = next;
    }
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** Frames of a passage that all awaited tracks have. */
function readyFrames({ awaited }: Journey, { start, frames }: Passage): number {
  const ready = Math.min(...awaited.map((track) => track.ready.peek()));
  return Math.max(0, Math.min(frames, ready - start));
}

function within({ start }: Passage, frames: number): Passage {
  return { start, frames, next: start + frames };
}

/** Reads all lanes of a passage; at a loop's end they fade into what leads to its start. */
export async function readPassage(
  { tracks, loop, sampleRate }: Pick<Journey, "tracks" | "loop" | "sampleRate">,
  passage: Passage,
  signal: AbortSignal,
): Promise<Chunk["lanes"]> {
  const fade = Math.round(SEAM * sampleRate);
  const seam = seamOf(passage, loop, fade);
  return Promise.all(
    tracks.map(async (track) => {
      const channels = empty(track, passage.frames);
      await track.read(passage.start, channels, signal);
      if (loop && seam) {
        const lead = empty(track, seam.frames);
        await track.read(seam.from, lead, signal);
        for (const [c, channel] of channels.entries()) {
          blendSeam(channel, lead[c], seam, loop, fade);
        }
      }
      return channels;
    }),
  );
}

function empty({ channels }: Track, frames: number): readonly Float32Array<ArrayBuffer>[] {
  return Array.from({ length: channels }, () => new Float32Array(frames));
}
