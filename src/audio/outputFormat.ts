/** In which form audio is written. */

/**
 * How audio is written. Bit rates are in kbit/s, of all channels together.
 *
 * - `wav` float32 holds every sample as it is, beyond ±1 too. All others cut samples off at full scale.
 * - `int16` is dithered, `int24` rounded; samples that fit exactly pass unchanged.
 * - `flac` keeps these numbers without loss, of up to 8 channels and 655350 Hz.
 * - `opus` has a variable bit rate of 6 to 510 on average, one or two channels, and 48 kHz: other rates are resampled.
 * - `mp3` has a constant bit rate of 8 to 320, one or two channels, and 8 to 48 kHz: rates that it lacks are resampled
 *   to the next one that it has. Its encoder is LAME (LGPL), which users install themselves.
 */
export type OutputFormat =
  | { readonly container: "wav"; readonly encoding: "float32" | "int16" | "int24" }
  | { readonly container: "flac"; readonly encoding: "int16" | "int24" }
  | { readonly container: "mp3"; readonly bitrate: number }
  | { readonly container: "opus"; readonly bitrate: number };

/** Loses nothing. */
export const floatWav: OutputFormat = { container: "wav", encoding: "float32" };

/** What a file holds besides its samples. */
export interface AudioShape {
  /** Hz. */
  readonly sampleRate: number;
  readonly channels: number;
}

/** The usual ending of file names, without the dot. */
export function fileExtension(format: OutputFormat): "wav" | "flac" | "mp3" | "opus" {
  return format.container;
}
