/** One output on its way into an S3 store: parts leave while it is written, but the first one leaves last. */
import type { StreamWrite } from "../audio/index.ts";
import { JobError } from "../errors.ts";
import type { S3Address, S3Objects } from "./s3Objects.ts";

/**
 * Heads of audio files tell lengths that are known only at the end. So the first part is held back until then, and the head
 * is made right in it; of all others only the one that is being filled and the one that is leaving are held.
 */
export class S3Upload {
  readonly #objects: S3Objects;
  readonly #at: S3Address;
  readonly #type: string;
  readonly #partBytes: number;
  readonly #first: PartBuffer;
  #filling: PartBuffer | undefined;
  /** What was sent is free again. */
  #free: PartBuffer | undefined;
  #upload: string | undefined;
  /** ETags of the parts from the second one on. */
  readonly #etags: string[] = [];
  #sending: Promise<void> = Promise.resolve();
  #shown = false;

  constructor(objects: S3Objects, at: S3Address, type: string, partBytes: number) {
    this.#objects = objects;
    this.#at = at;
    this.#type = type;
    this.#partBytes = partBytes;
    this.#first = new PartBuffer(partBytes);
  }

  /** Whether it leaves in parts, which a store keeps until they are joined or given up. */
  get inParts(): boolean {
    return this.#upload !== undefined;
  }

  /** The stream that takes the output. */
  get writable(): WritableStream<StreamWrite> {
    return new WritableStream({
      write: (chunk) =>
        chunk instanceof Uint8Array ? this.#write(chunk) : this.#rewrite(chunk.data),
      close: () => this.#close(),
      abort: () => this.abort(),
    });
  }

  /** Shows the object, after its stream was closed. @throws {JobError} "store-failed". */
  async commit(): Promise<void> {
    if (this.#upload === undefined) {
      const { bytes } = this.#first;
      const rest = this.#filling?.bytes;
      const whole = rest ? Buffer.concat([bytes, rest]) : bytes;
      await this.#objects.put(this.#at, whole, this.#type);
    } else {
      const first = await this.#objects.part(this.#at, this.#upload, 1, this.#first.bytes);
      await this.#objects.complete(this.#at, this.#upload, [first, ...this.#etags]);
    }
    this.#shown = true;
  }

  /** Gives up what is not shown; harmless to repeat. @throws {JobError} "store-failed". */
  async abort(): Promise<void> {
    await this.#sending.catch(() => {});
    const upload = this.#upload;
    if (upload === undefined || this.#shown) return;
    await this.#objects.abandon(this.#at, upload);
    this.#upload = undefined;
  }

  async #write(chunk: Uint8Array): Promise<void> {
    for (let at = this.#first.add(chunk, 0); at < chunk.length; ) {
      this.#filling ??= this.#empty();
      at += this.#filling.add(chunk, at);
      if (this.#filling.isFull && at < chunk.length) await this.#send();
    }
  }

  #empty(): PartBuffer {
    const part = this.#free ?? new PartBuffer(this.#partBytes);
    this.#free = undefined;
    return part;
  }

  #rewrite(data: Uint8Array): void {
    if (data.length <= this.#first.length) {
      this.#first.write(data);
      return;
    }
    const { bucket, key } = this.#at;
    throw new JobError(
      "store-failed",
      `s3://${bucket}/${key} cannot be written: its head of ${data.length} bytes does not fit into a part.`,
      "Give the worker a larger --part-size.",
    );
  }

  async #close(): Promise<void> {
    // Two parts' worth and less leaves as a whole.
    if (this.#upload !== undefined && this.#filling && this.#filling.length > 0) await this.#send();
    await this.#sending;
  }

  /** Sends the part that is full, when the one before it has left. */
  async #send(): Promise<void> {
    await this.#sending;
    this.#upload ??= await this.#objects.begin(this.#at, this.#type);
    const [upload, part] = [this.#upload, this.#filling];
    if (!part) return;
    this.#filling = undefined;
    const number = this.#etags.length + 2;
    this.#etags.push("");
    this.#sending = this.#objects.part(this.#at, upload, number, part.bytes).then((etag) => {
      this.#etags[number - 2] = etag;
      part.clear();
      this.#free = part;
    });
    // Who waits for it next hears of its failure.
    this.#sending.catch(() => {});
  }
}

/** Room for the bytes of a part. */
class PartBuffer {
  readonly #room: Uint8Array;
  length = 0;

  constructor(size: number) {
    this.#room = new Uint8Array(size);
  }

  get bytes(): Uint8Array {
    return this.#room.subarray(0, this.length);
  }

  get isFull(): boolean {
    return this.length === this.#room.length;
  }

  /** Takes as much of a chunk as fits, from a place in it on, and returns how much that was. */
  add(chunk: Uint8Array, at: number): number {
    const taken = chunk.subarray(at, at + this.#room.length - this.length);
    this.#room.set(taken, this.length);
    this.length += taken.length;
    return taken.length;
  }

  /** Writes over the beginning. */
  write(data: Uint8Array): void {
    this.#room.set(data);
  }

  clear(): void {
    this.length = 0;
  }
}
