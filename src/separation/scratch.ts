/**
 * Room for numbers of a song that are more than memory should hold: files of floats of which the first parts lie in memory, as
 * long as there is room for them, and the rest on a disk, where there is one.
 */

/** A disk that files are made on; nothing of it is left when it is disposed. */
export interface ScratchDisk extends AsyncDisposable {
  file(): Promise<DiskFile>;
}

/** A file of bytes. */
export interface DiskFile {
  read(position: number, into: Uint8Array): Promise<void>;
  write(position: number, bytes: Uint8Array): Promise<void>;
  /** Removes the file. */
  close(): Promise<void>;
}

/** Makes a disk when the first file needs one. @throws {FileError} */
export type OpenDisk = () => Promise<ScratchDisk>;

/** Floats of a part of a file that lies in memory or on the disk as a whole. */
const PART = 2 ** 18;

/** Parts that lie in memory: 8 MB. */
const PARTS_IN_MEMORY = 8;

/** All scratch files of one song. */
export class Scratch implements AsyncDisposable {
  readonly #openDisk: OpenDisk | undefined;
  readonly #partsInMemory: number;
  #disk: Promise<ScratchDisk> | undefined;
  #held = 0;

  /** @param openDisk left out where everything is to lie in memory */
  constructor(openDisk?: OpenDisk, partsInMemory = PARTS_IN_MEMORY) {
    this.#openDisk = openDisk;
    this.#partsInMemory = partsInMemory;
  }

  file(): ScratchFile {
    return new ScratchFile(this);
  }

  /** Room for a part in memory, or none. @internal */
  hold(): Float32Array | undefined {
    if (this.#openDisk && this.#held >= this.#partsInMemory) return undefined;
    this.#held++;
    return new Float32Array(PART);
  }

  /** So many parts in memory are no longer needed. @internal */
  release(parts: number): void {
    this.#held -= parts;
  }

  /** @internal */
  async onDisk(): Promise<DiskFile> {
    if (!this.#openDisk) throw new RangeError("there is no disk");
    this.#disk ??= this.#openDisk();
    return (await this.#disk).file();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const disk = await this.#disk?.catch(() => undefined);
    await disk?.[Symbol.asyncDispose]();
  }
}

/** Floats that are written and read at any place; what was not written must not be read. */
export class ScratchFile {
  readonly #scratch: Scratch;
  /** For each part its memory, or that it lies on the disk. */
  readonly #parts: (Float32Array | "on disk" | undefined)[] = [];
  #file: Promise<DiskFile> | undefined;

  constructor(scratch: Scratch) {
    this.#scratch = scratch;
  }

  /** Writes floats from a place on. @throws {FileError} if the disk is full */
  async write(at: number, floats: Float32Array): Promise<void> {
    for (const { part, from, to, offset } of partsOf(at, floats.length)) {
      this.#parts[part] ??= this.#scratch.hold() ?? "on disk";
      const place = this.#parts[part];
      const own = floats.subarray(from, to);
      if (place !== "on disk") place.set(own, offset);
      else await (await this.#onDisk()).write((part * PART + offset) * 4, bytesOf(own));
    }
  }

  /** Fills an array with the floats from a place on. */
  async read(at: number, into: Float32Array): Promise<void> {
    for (const { part, from, to, offset } of partsOf(at, into.length)) {
      const place = this.#parts[part];
      const own = into.subarray(from, to);
      if (place === "on disk") {
        await (await this.#onDisk()).read((part * PART + offset) * 4, bytesOf(own));
      } else if (place) own.set(place.subarray(offset, offset + own.length));
      else throw new RangeError("floats that were not written, or are forgotten");
    }
  }

  /** Gives the memory of floats before a place back; they must not be read again. */
  forgetBefore(at: number): void {
    for (let part = 0; part < Math.floor(at / PART); part++) {
      if (this.#parts[part] instanceof Float32Array) this.#scratch.release(1);
      this.#parts[part] = undefined;
    }
  }

  #onDisk(): Promise<DiskFile> {
    this.#file ??= this.#scratch.onDisk();
    return this.#file;
  }

  /** Gives memory and disk back. */
  async close(): Promise<void> {
    const held = this.#parts.filter((part) => part !== undefined && part !== "on disk");
    this.#scratch.release(held.length);
    this.#parts.length = 0;
    await (await this.#file)?.close();
    this.#file = undefined;
  }
}

/** The parts that some floats lie in: which of the floats, and where in the part. */
function* partsOf(at: number, length: number) {
  for (let from = 0; from < length; ) {
    const part = Math.floor((at + from) / PART);
    const offset = at + from - part * PART;
    const to = Math.min(length, from + PART - offset);
    yield { part, from, to, offset };
    from = to;
  }
}

function bytesOf(floats: Float32Array): Uint8Array {
  return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
}
