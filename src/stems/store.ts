/** Where outputs go: a folder, a stream; elsewhere a bucket or a browser's files. Whoever separates knows no other way. */
import type { StreamWrite } from "../audio/streamSink.ts";

/**
 * A place for outputs. Each is named by a key, names with "/" between them such as "xumx-slicq/song/vocals.wav"; the
 * outputs of a song are begun together and appear together.
 *
 * To keep outputs elsewhere, implement this; `demixFile`, `demixFiles` and {@link DemixJob} take any store.
 */
export interface Store {
  /**
   * Whether outputs take bytes in place of their first ones, last of all. Heads then tell lengths and checksums that are
   * known only at the end; without it, an output is what a stream would get.
   */
  readonly seekable: boolean;
  /** Whether there is room for one output only, as in a stream. */
  readonly single?: boolean;
  /** The folder of this machine that all outputs lie in, if there is one: it is not searched for songs. */
  readonly folder?: string;
  /** Where an output lies, for people and results: a path, an address; undefined where it is gone once it is written. */
  locate(key: string): string | undefined;
  /** Whether an output is there, and whole. */
  has(key: string): Promise<boolean>;
  /** Begins the outputs of one song; nothing of them is seen before their end. */
  begin(): OutputSet;
}

/** The outputs of one song on their way. Leaving an `await using` block without {@link commit} aborts it. */
export interface OutputSet extends AsyncDisposable {
  /**
   * Begins an output. Its stream is closed when it is whole; a write that has resolved has used the chunk, which may
   * then be overwritten.
   * @throws {XumxError} "unwritable", of the writes too.
   */
  create(key: string): Promise<WritableStream<StreamWrite>>;
  /**
   * Room for what is needed only until the end, for the sake of an output.
   * @throws {XumxError} "unwritable", of the writes too.
   */
  scratch(key: string): Promise<Scratch>;
  /**
   * Shows all outputs, in place of those that had their keys.
   * @throws {XumxError} "unwritable": then none is shown, and what was there stays.
   */
  commit(): Promise<void>;
  /** Takes back what was not committed; harmless to repeat, and after {@link commit}. */
  abort(): Promise<void>;
}

/** Bytes that are written once, then read once. */
export interface Scratch {
  /** As of {@link OutputSet.create}. */
  readonly writable: WritableStream<Uint8Array>;
  /** What was written, after `writable` was closed. */
  read(): Promise<ReadableStream<Uint8Array>>;
  /** Gives the room back. */
  remove(): Promise<void>;
}
