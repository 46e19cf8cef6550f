/** Spectrograms of tracks, at a time line's place. */

/** What to draw of a track. */
export interface SpectrogramRequest {
  /** The song's id, and the track's name. */
  readonly song: string;
  readonly track: string;
  /** Frames. */
  readonly start: number;
  readonly end: number;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly theme: "light" | "dark";
  /** The strongest colour's level, dB; by default the loudest point's. */
  readonly max: number | undefined;
}

/** A spectrogram without what is around it. */
export interface Spectrogram {
  readonly picture: ImageBitmap;
  /** Ticks of the axis of frequencies: pixels from the top, of a picture of {@link height}. */
  readonly frequencies: readonly { readonly at: number; readonly label: string }[];
  readonly height: number;
  /** The strongest colour's level, dB. */
  readonly max: number;
}

/** Draws a spectrogram. @throws {XumxError} what the picture refuses; AbortError */
export type SpectrogramArtist = (
  request: SpectrogramRequest,
  signal: AbortSignal,
) => Promise<Spectrogram>;
