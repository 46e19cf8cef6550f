/** Where the bytes of encoded audio go. */

/** Takes bytes one after another. Every step is awaited before the next; a failed one is followed by `abort`. */
export interface ByteSink {
  /** For messages: a path, a name. */
  readonly path: string;
  /** Appends bytes; they may be overwritten as soon as it resolves. */
  write(bytes: Uint8Array): Promise<void>;
  /** Puts bytes over the first ones; absent where there is no way back. */
  rewrite?(bytes: Uint8Array): Promise<void>;
  /** Makes what was written final. */
  close(): Promise<void>;
  /** Undoes what was written, where that is possible; also after a failed `close`. */
  abort(): Promise<void>;
}
