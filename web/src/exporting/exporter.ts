/** What a user takes along: stems and mixes as files. */
import type { Song } from "../songs/song.ts";

/** The files' format. */
export type ExportFormat = "wav-16" | "wav-24" | "wav-float" | "flac-16" | "flac-24";

/** What to make of a song. */
export interface ExportRequest {
  readonly song: Song;
  readonly format: ExportFormat;
  /** The stems by name, or one mix of them with a gain for each (linear, 0 to 4; left out: 1). */
  readonly what:
    | { readonly kind: "stems"; readonly names: readonly string[]; readonly as: "zip" | "files" }
    | { readonly kind: "mix"; readonly gains: Readonly<Record<string, MixSetting>> };
  readonly signal?: AbortSignal;
  readonly onProgress?: (fraction: number) => void;
  /** Called where all had to be made quieter, by this factor below 1, so that the format cuts nothing off. */
  readonly onGain?: (gain: number) => void;
}

/** How loud a stem is in a mix, and where: pan from -1 (left) to 1 (right). */
export interface MixSetting {
  readonly gain: number;
  readonly pan: number;
}

/**
 * Writes the files: through a picker of the File System Access API where there is one, else as downloads. Resolves with
 * the names that were written; with none if the user closed the picker.
 */
export type Exporter = (request: ExportRequest) => Promise<readonly string[]>;
