/** Samples that are appended once and read at any place, wherever they are kept. All of it at once: in a worker. */

/** Frames from one place in the storage to the next; within a block each channel's samples lie together. */
export const BLOCK = 1 << 16;

/** The samples of one track. */
export interface Samples {
  readonly channels: number;
  /** Frames so far. */
  readonly frames: number;
  /** Appends frames, which are copied: one array per channel, equally long. @throws {XumxError} "unwritable" */
  append(block: readonly Float32Array[]): void;
  /** Fills one array per channel from a frame on; what lies outside is zero. @throws {XumxError} "unreadable" */
  read(start: number, into: readonly Float32Array[]): void;
  /** Gives the room back; nothing may be asked afterwards. */
  release(): Promise<void>;
}

/** A stretch within one block. */
export interface Stretch {
  /** Number of the block. */
  readonly block: number;
  /** Frames before the stretch in the block, and in what was asked for. */
  readonly within: number;
  readonly from: number;
  readonly length: number;
}

/** The stretches that make up frames `start` to `end`, block by block. */
export function* stretches(start: number, end: number): Generator<Stretch> {
  for (let at = start; at < end; ) {
    const within = at % BLOCK;
    const length = Math.min(BLOCK - within, end - at);
    yield { block: (at - within) / BLOCK, within, from: at - start, length };
    at += length;
  }
}

/** The part of a request that is there, and zeros around it. */
export function within(
  frames: number,
  start: number,
  into: readonly Float32Array[],
): { readonly from: number; readonly to: number } {
  const length = into[0]?.length ?? 0;
  const from = Math.min(Math.max(0, start), frames);
  const to = Math.max(from, Math.min(frames, start + length));
  for (const channel of into) {
    channel.fill(0, 0, from - start);
    channel.fill(0, Math.max(0, to - start));
  }
  return { from, to };
}
