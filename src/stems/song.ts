/** A song that can be opened as often as it takes: to be separated, and once more to be compared with its stems. */
import type { DecodeOptions } from "../audio/decode.ts";
import type { AudioSource } from "../audio/source.ts";

/** Where a song's audio comes from. Every opening must give the same samples. */
export interface Song {
  /** Names the song in messages: usually its path. */
  readonly name: string;
  /** @throws {AudioError}; {@link AbortError}. */
  open(signal?: AbortSignal, options?: DecodeOptions): Promise<AudioSource>;
}
