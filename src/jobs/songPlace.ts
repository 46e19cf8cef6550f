/** Where the outputs of one song go, and its manifest: a store that also keeps small texts and tells what it holds. */
import type { Store } from "../stems/index.ts";

export interface SongPlace extends Store {
  /** Size of what lies under a key; undefined if there is nothing. @throws {XumxError} if that cannot be told. */
  sizeOf(key: string): Promise<number | undefined>;
  /** The bytes under a key. @throws {XumxError} if there is nothing, or it cannot be read. */
  read(key: string): Promise<AsyncIterable<Uint8Array>>;
  /** Puts a text there, wholly or not at all. @throws {XumxError}. */
  put(key: string, text: string): Promise<void>;
  /** Takes away what a killed worker has left half-written here. @throws {XumxError}. */
  clear(): Promise<void>;
}
