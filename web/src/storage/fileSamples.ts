/** Samples in one of the origin's private files. Within it, the channels of a block lie one after the other. */
import { XumxError } from "xumx-slicq";
import { BLOCK, type Samples, type Stretch, stretches, within } from "./samples.ts";

const BYTES = Float32Array.BYTES_PER_ELEMENT;

/** A file that is read and written at once, as workers can; and a way to be rid of it. */
export interface SampleFile {
  readonly handle: FileSystemSyncAccessHandle;
  remove(): Promise<void>;
}

export class FileSamples implements Samples {
  readonly channels: number;
  #frames = 0;
  readonly #file: SampleFile;

  /** @param file an empty one, which is removed in the end. */
  constructor(channels: number, file: SampleFile) {
    this.channels = channels;
    this.#file = file;
  }

  get frames(): number {
    return this.#frames;
  }

  append(block: readonly Float32Array[]): void {
    const end = this.#frames + block[0].length;
    for (const stretch of stretches(this.#frames, end)) {
      const { from, length } = stretch;
      for (const [c, channel] of block.entries()) {
        const part = channel.subarray(from, from + length);
        const written = this.#file.handle.write(part, { at: this.#place(stretch, c) });
        if (written < part.byteLength) throw full();
      }
    }
    this.#frames = end;
  }

  read(start: number, into: readonly Float32Array[]): void {
    const { from, to } = within(this.#frames, start, into);
    for (const stretch of stretches(from, to)) {
      const first = from - start + stretch.from;
      for (const [c, channel] of into.entries()) {
        const part = channel.subarray(first, first + stretch.length);
        const read = this.#file.handle.read(part, { at: this.#place(stretch, c) });
        if (read < part.byteLength) throw gone();
      }
    }
  }

  async release(): Promise<void> {
    this.#file.handle.close();
    await this.#file.remove();
  }

  #place({ block, within }: Stretch, channel: number): number {
    return ((block * this.channels + channel) * BLOCK + within) * BYTES;
  }
}

function full(): XumxError {
  return new XumxError(
    "unwritable",
    "The browser gives this page no more room.",
    "Remove songs, or free space on the disk.",
  );
}

function gone(): XumxError {
  return new XumxError(
    "unreadable",
    "Samples that were kept aside are gone: the browser has cleared this page's files.",
    "Separate the song again.",
  );
}
