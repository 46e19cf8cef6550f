/** A track whose samples lie in a worker: it grows as the worker tells. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { PEAK_HOP, type PeakPart } from "./peakMeter.ts";
import type { Peaks, Track, TrackName } from "./track.ts";

/** Gets samples: one array per channel. */
export type ReadSamples = (
  start: number,
  frames: number,
  signal?: AbortSignal,
) => Promise<readonly Float32Array[]>;

export class GrowingTrack implements Track {
  readonly name: TrackName;
  readonly channels: number;
  readonly frames: number;
  readonly peaks: Peaks;
  readonly #ready = signal(0);
  readonly #read: ReadSamples;

  constructor(name: TrackName, channels: number, frames: number, read: ReadSamples) {
    this.name = name;
    this.channels = channels;
    this.frames = frames;
    this.#read = read;
    const count = Math.ceil(frames / PEAK_HOP);
    this.peaks = {
      hop: PEAK_HOP,
      lowest: new Float32Array(count),
      highest: new Float32Array(count),
    };
  }

  get ready(): ReadonlySignal<number> {
    return this.#ready;
  }

  /** @param ready frames from the start that are there now. */
  grow({ from, lowest, highest }: PeakPart, ready: number): void {
    this.peaks.lowest.set(lowest, from);
    this.peaks.highest.set(highest, from);
    this.#ready.value = ready;
  }

  async read(start: number, into: readonly Float32Array[], signal?: AbortSignal): Promise<void> {
    const samples = await this.#read(start, into[0]?.length ?? 0, signal);
    for (const [c, channel] of into.entries()) channel.set(samples[c]);
  }
}
