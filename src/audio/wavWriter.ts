/** Writes float32 WAV files block by block; under its own name a file appears only when it is whole. */
import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ArgumentError, AudioError } from "../errors.ts";
import { floatWavHeader, MAX_WAV_CHANNELS, type WavShape } from "./floatWavHeader.ts";
import { MAX_SAMPLE_RATE } from "./source.ts";

const BUFFER_BYTES = 1 << 20;
/** Names longer than this, in bytes, are not allowed by usual file systems. */
const MAX_NAME_BYTES = 255;

/**
 * Streaming writer of float32 WAV, RF64 beyond 4 GiB.
 *
 * Samples go to a file with the ending `.part` next to the target; {@link close} gives it the target's name and
 * replaces what was there. {@link abort}, an error, or leaving an `await using` block without `close` removes it.
 *
 * ```ts
 * await using writer = await WavWriter.create("out/vocals.wav", { sampleRate: 44100, channels: 2 });
 * for await (const block of blocks) await writer.write(block);
 * await writer.close();
 * ```
 */
export class WavWriter implements AsyncDisposable {
  /** The target. */
  readonly path: string;
  readonly sampleRate: number;
  readonly channels: number;
  readonly #part: string;
  readonly #handle: FileHandle;
  readonly #buffer: DataView<ArrayBuffer>;
  #buffered = 0;
  #position = 0;
  #frames = 0;
  #state: "open" | "busy" | "closed" = "open";

  private constructor(
    path: string,
    shape: Omit<WavShape, "frames">,
    part: string,
    handle: FileHandle,
  ) {
    this.path = path;
    this.sampleRate = shape.sampleRate;
    this.channels = shape.channels;
    this.#part = part;
    this.#handle = handle;
    const frameBytes = 4 * shape.channels;
    this.#buffer = new DataView(new ArrayBuffer(BUFFER_BYTES - (BUFFER_BYTES % frameBytes)));
  }

  /**
   * Opens the part file; missing parent folders are made. A link is followed, its target is replaced.
   * @param shape sampleRate in Hz (1 to 768000), channels (1 to 16383).
   * @throws ArgumentError; AudioError "unwritable".
   */
  static async create(
    path: string,
    shape: { readonly sampleRate: number; readonly channels: number },
  ): Promise<WavWriter> {
    const { sampleRate, channels } = shape;
    if (!Number.isInteger(sampleRate) || sampleRate < 1 || sampleRate > MAX_SAMPLE_RATE) {
      throw new ArgumentError(
        `Cannot write a WAV file of ${sampleRate} Hz.`,
        `Give 1 to ${MAX_SAMPLE_RATE} Hz.`,
      );
    }
    if (!Number.isInteger(channels) || channels < 1 || channels > MAX_WAV_CHANNELS) {
      throw new ArgumentError(
        `Cannot write a WAV file of ${channels} channels.`,
        `Give 1 to ${MAX_WAV_CHANNELS}.`,
      );
    }
    try {
      await mkdir(dirname(path), { recursive: true });
      const target = await replaceable(path);
      const part = partName(target);
      const handle = await open(part, "wx");
      const writer = new WavWriter(target, { sampleRate, channels }, part, handle);
      await writer.#guard(() =>
        writer.#put(floatWavHeader({ sampleRate, channels, frames: 0 }), 0),
      );
      writer.#position = floatWavHeader({ sampleRate, channels, frames: 0 }).length;
      return writer;
    } catch (cause) {
      throw unwritable(path, cause);
    }
  }

  /** Samples per channel written so far. */
  get frames(): number {
    return this.#frames;
  }

  /**
   * Appends a block: one array per channel, equal lengths. Wait for it before the next call.
   * @throws ArgumentError; AudioError "unwritable" (disk full, …): the part file is removed then.
   */
  async write(block: readonly Float32Array[]): Promise<void> {
    const length = block[0]?.length ?? 0;
    if (block.length !== this.channels || block.some((channel) => channel.length !== length)) {
      throw new ArgumentError(
        `${this.path} takes ${this.channels} channels of equal length; got lengths [${block.map((c) => c.length)}].`,
      );
    }
    await this.#guard(async () => {
      const room = this.#buffer.byteLength / (4 * this.channels);
      for (let from = 0; from < length; ) {
        const count = Math.min(length - from, room - this.#buffered);
        this.#interleave(block, from, count);
        this.#buffered += count;
        from += count;
        if (this.#buffered === room) await this.#flush();
      }
      this.#frames += length;
    });
  }

  /**
   * Finishes the header and moves the file to its place; harmless to repeat.
   * @throws AudioError "unwritable": the part file is removed then.
   */
  async close(): Promise<void> {
    if (this.#state === "closed") return;
    await this.#guard(async () => {
      await this.#flush();
      await this.#put(floatWavHeader(this), 0);
      await this.#handle.close();
      await rename(this.#part, this.path);
    });
    this.#state = "closed";
  }

  /** Gives up and removes the part file; does nothing after {@link close}. */
  async abort(): Promise<void> {
    if (this.#state === "closed") return;
    this.#state = "closed";
    try {
      await this.#handle.close();
    } finally {
      await rm(this.#part, { force: true });
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.abort();
  }

  /** Runs a step alone; when it fails, nothing is left behind. */
  async #guard(step: () => Promise<void>): Promise<void> {
    if (this.#state !== "open") {
      const what = this.#state === "busy" ? "is still writing" : "is closed";
      throw new ArgumentError(`The writer of ${this.path} ${what}.`, "Await every call.");
    }
    this.#state = "busy";
    try {
      await step();
      this.#state = "open";
    } catch (cause) {
      await this.abort().catch(() => {});
      throw unwritable(this.path, cause);
    }
  }

  #interleave(block: readonly Float32Array[], from: number, count: number): void {
    const view = this.#buffer;
    const stride = 4 * this.channels;
    for (let channel = 0; channel < block.length; channel++) {
      const samples = block[channel];
      let at = this.#buffered * stride + 4 * channel;
      for (let i = from; i < from + count; i++, at += stride) view.setFloat32(at, samples[i], true);
    }
  }

  async #flush(): Promise<void> {
    const bytes = new Uint8Array(this.#buffer.buffer, 0, this.#buffered * 4 * this.channels);
    await this.#put(bytes, this.#position);
    this.#position += bytes.length;
    this.#buffered = 0;
  }

  async #put(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#handle.write(
        bytes,
        done,
        bytes.length - done,
        position + done,
      );
      done += bytesWritten;
    }
  }
}

/** The path itself or, of a link, its end; refuses what is there and is no regular file. */
async function replaceable(path: string): Promise<string> {
  const stats = await stat(path).catch(() => undefined);
  if (!stats) return path;
  if (stats.isFile()) return realpath(path);
  const kind = stats.isDirectory() ? "is a folder" : "is not a regular file";
  throw new AudioError("unwritable", `${path} ${kind}.`, "Choose another output path.");
}

/** A free name in the target's folder, short enough for the file system where the target's is. */
function partName(target: string): string {
  const ending = `.${randomBytes(4).toString("hex")}.part`;
  let stem = basename(target);
  if (Buffer.byteLength(stem) <= MAX_NAME_BYTES) {
    while (Buffer.byteLength(stem + ending) > MAX_NAME_BYTES) stem = stem.slice(0, -1);
  }
  return join(dirname(target), stem + ending);
}

function unwritable(path: string, cause: unknown): AudioError {
  if (cause instanceof AudioError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AudioError(
    "unwritable",
    `${path} cannot be written: ${reason}`,
    "Check the folder's permissions and the free space, or choose another output path.",
    { cause },
  );
}
