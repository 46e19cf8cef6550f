/** Where encoded bytes come from: anything that can be read at a position. Decoders know nothing else. */
import { AudioError, throwIfAborted } from "../errors.ts";

/** Bytes at random access: a file, a Blob, a buffer. */
export interface ByteSource {
  /** For messages: a path, a file name. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Fills `target` with the bytes from `position` on; resolves with their number, smaller only at the end. */
  read(position: number, target: Uint8Array): Promise<number>;
  close(): Promise<void>;
}

/** A buffer in memory as a {@link ByteSource}. */
export function bytesOf(data: Uint8Array, name: string): ByteSource {
  return {
    name,
    size: data.length,
    async read(position, target) {
      const part = data.subarray(position, position + target.length);
      target.set(part);
      return part.length;
    },
    async close() {},
  };
}

/** Bytes of a Blob that are read at once: each reading of one takes about a millisecond, however short it is. */
const BLOB_WINDOW = 1 << 22;

/** A Blob (in browsers: a File) as a {@link ByteSource}. Up to 4 MiB of it are in memory. */
export function bytesOfBlob(blob: Blob, name: string): ByteSource {
  let kept = { start: 0, bytes: new Uint8Array(0) };
  const load = async (start: number, length: number) => {
    try {
      const bytes = new Uint8Array(await blob.slice(start, start + length).arrayBuffer());
      return { start, bytes };
    } catch (cause) {
      throw new AudioError("unreadable", `${name} cannot be read.`, undefined, { cause });
    }
  };
  return {
    name,
    size: blob.size,
    async read(position, target) {
      const end = Math.min(position + target.length, blob.size);
      const isKept = position >= kept.start && end <= kept.start + kept.bytes.length;
      // What is used stays the same, whatever is read meanwhile.
      const window = isKept ? kept : await load(position, Math.max(target.length, BLOB_WINDOW));
      kept = window;
      const from = position - window.start;
      const part = window.bytes.subarray(from, from + target.length);
      target.set(part);
      return part.length;
    },
    async close() {
      kept = { start: 0, bytes: new Uint8Array(0) };
    },
  };
}

/** The same bytes without the first `start`. */
export function bytesAfter(source: ByteSource, start: number): ByteSource {
  if (start === 0) return source;
  return {
    name: source.name,
    size: Math.max(0, source.size - start),
    read: (position, target) => source.read(start + position, target),
    close: () => source.close(),
  };
}

/** Reads up to `length` bytes at `position`; fewer only at the end of the source. */
export async function readBytes(
  source: ByteSource,
  position: number,
  length: number,
): Promise<Uint8Array> {
  const target = new Uint8Array(length);
  return target.subarray(0, await source.read(position, target));
}

/** A window that slides over a {@link ByteSource} from a position to the end. */
export class ByteWindow {
  readonly source: ByteSource;
  /** The bytes at hand. Their buffer is overwritten by {@link ensure}; `tail` zero bytes follow them. */
  bytes = new Uint8Array(0);
  /** Position of bytes[0] in the source. */
  position: number;
  #buffer = new Uint8Array(0);
  readonly #readAhead: number;
  readonly #tail: number;

  constructor(source: ByteSource, position: number, readAhead: number, tail = 0) {
    this.source = source;
    this.position = position;
    this.#readAhead = readAhead;
    this.#tail = tail;
  }

  /** Whether no bytes are left behind the window. */
  get atEnd(): boolean {
    return this.position + this.bytes.length >= this.source.size;
  }

  /** The buffer that `bytes` begins, with its tail of zeros. */
  get padded(): Uint8Array {
    return this.#buffer.subarray(this.bytes.byteOffset);
  }

  /** Makes at least `length` bytes available, or all up to the end of the source. */
  async ensure(length: number, signal?: AbortSignal): Promise<void> {
    if (this.bytes.length >= length || this.atEnd) return;
    throwIfAborted(signal);
    const kept = this.bytes;
    const wanted = Math.min(Math.max(length, this.#readAhead), this.source.size - this.position);
    if (this.#buffer.length < wanted + this.#tail) {
      this.#buffer = new Uint8Array(wanted + this.#tail);
      this.#buffer.set(kept);
    } else this.#buffer.set(kept);
    const read = await this.source.read(
      this.position + kept.length,
      this.#buffer.subarray(kept.length, wanted),
    );
    if (kept.length + read < wanted) {
      throw new AudioError(
        "unreadable",
        `${this.source.name} ended at byte ${this.position + kept.length + read} of ${this.source.size}: it changed while it was read.`,
        "Wait until the file is complete and try again.",
      );
    }
    this.#buffer.fill(0, wanted, wanted + this.#tail);
    this.bytes = this.#buffer.subarray(0, wanted);
  }

  /** Drops `length` bytes from the front. */
  advance(length: number): void {
    this.bytes = this.bytes.subarray(length);
    this.position += length;
  }
}
