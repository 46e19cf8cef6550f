/** One sound of a song, the original or a stem, which can be heard and seen while it is still being made. */
import type { ReadonlySignal } from "@preact/signals";

/** Which sound of a song: the song itself, or one of the model's stems. */
export type TrackName = "original" | (string & {});

/** Samples that are read at any place, wherever they are kept. */
export interface Track {
  readonly name: TrackName;
  /** Channels, 1 or 2. */
  readonly channels: number;
  /** Sample frames of the whole track; all tracks of a song have as many. */
  readonly frames: number;
  /** Frames from the start that are there; grows to {@link frames}. */
  readonly ready: ReadonlySignal<number>;
  /** What the waveform is drawn from; grows with {@link ready}. */
  readonly peaks: Peaks;
  /**
   * Fills one array per channel with the frames from `start`, all arrays of one length. Frames outside of the track are
   * zeros; frames that are not ready are zeros too, so ask {@link ready} first.
   * @throws {XumxError} if the samples cannot be read; AbortError.
   */
  read(start: number, into: readonly Float32Array[], signal?: AbortSignal): Promise<void>;
}

/** The lowest and highest sample of every stretch of {@link hop} frames, over all channels. */
export interface Peaks {
  readonly hop: number;
  readonly lowest: Float32Array;
  readonly highest: Float32Array;
}
