/** Audio block by block into anything that takes bytes. */
import { ArgumentError, AudioError, ClosedError } from "../errors.ts";
import type { ByteSink } from "./byteSink.ts";
import type { Encoder } from "./encoders/encoder.ts";
import type { AudioShape } from "./outputFormat.ts";
import type { AudioTags } from "./tags.ts";

/** Frames encoded at a time: long blocks need no long buffers. */
const PIECE = 1 << 16;

/** Audio on its way to a file or a stream. Leaving an `await using` block without `close` aborts it. */
export interface AudioWriter extends AsyncDisposable {
  /** The target (of a link, its end); of a stream, its name for messages. */
  readonly path: string;
  readonly shape: AudioShape;
  /** Samples per channel written so far. */
  readonly frames: number;
  /**
   * Appends a block: one array per channel, equal lengths. Wait for it before the next call.
   * @throws ArgumentError; AudioError "non-finite-samples", "unwritable" (disk full, …): nothing is left behind then;
   * ClosedError.
   */
  write(block: readonly Float32Array[]): Promise<void>;
  /**
   * Finishes the audio, after a block that is being written, and moves the file to its place; a stream is left open.
   * Harmless to repeat.
   * @throws AudioError "unwritable": nothing is left behind then.
   */
  close(): Promise<void>;
  /** Gives up and removes what was written to a file; does nothing after {@link close}. */
  abort(): Promise<void>;
}

/** What a writer may be told besides shape and format. */
export interface WriterOptions {
  /** Told to players, where the format has a place for it. */
  readonly tags?: AudioTags;
  /** Of the dither: a whole number; files that will be mixed should each have their own. */
  readonly seed?: number;
}

/** Joins an encoder to a sink. */
export class SinkWriter implements AudioWriter {
  readonly shape: AudioShape;
  readonly #sink: ByteSink;
  readonly #encoder: Encoder;
  readonly #expected: number | undefined;
  #frames = 0;
  #state: "open" | "busy" | "closed" = "open";
  /** The step under way, or the last one. */
  #step: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  static async create(
    sink: ByteSink,
    encoder: Encoder,
    shape: AudioShape,
    expected?: number,
  ): Promise<SinkWriter> {
    const writer = new SinkWriter(sink, encoder, shape, expected);
    await writer.#guard(() => sink.write(encoder.head));
    return writer;
  }

  private constructor(
    sink: ByteSink,
    encoder: Encoder,
    shape: AudioShape,
    expected: number | undefined,
  ) {
    this.shape = shape;
    this.#sink = sink;
    this.#encoder = encoder;
    this.#expected = expected;
  }

  get path(): string {
    return this.#sink.path;
  }

  get frames(): number {
    return this.#frames;
  }

  async write(block: readonly Float32Array[]): Promise<void> {
    if (this.#closing || this.#isClosed) {
      throw new ClosedError(`The writer of ${this.path} is closed.`);
    }
    const { channels } = this.shape;
    const length = block[0]?.length ?? 0;
    if (block.length !== channels || block.some((channel) => channel.length !== length)) {
      throw new ArgumentError(
        `${this.path} takes ${channels} channels of equal length; got lengths [${block.map((c) => c.length)}].`,
      );
    }
    await this.#guard(async () => {
      this.#checkFinite(block);
      for (let from = 0; from < length; from += PIECE) {
        if (this.#isClosed) break;
        const piece = block.map((channel) => channel.subarray(from, from + PIECE));
        await this.#sink.write(this.#encoder.encode(piece));
        this.#frames += piece[0].length;
      }
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#step.then(() => this.#finish());
    return this.#closing;
  }

  async #finish(): Promise<void> {
    if (this.#state === "closed") return;
    await this.#guard(async () => {
      const { tail, head } = this.#encoder.finish();
      await this.#sink.write(tail);
      if (head) await this.#sink.rewrite?.(head);
      // Where there is a way back, a head that told another length is right by now.
      if (!this.#sink.rewrite && this.#expected !== undefined && this.#expected !== this.#frames) {
        throw new ArgumentError(
          `${this.path}: ${this.#expected} samples per channel were announced, ${this.#frames} were written.`,
        );
      }
      await this.#sink.close();
    });
    this.#end();
  }

  async abort(): Promise<void> {
    if (this.#state === "closed") return;
    this.#end();
    await this.#sink.abort();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.abort();
  }

  #end(): void {
    this.#state = "closed";
    this.#encoder.release();
  }

  /** Runs a step alone; when it fails, nothing is left behind. */
  #guard(step: () => Promise<void>): Promise<void> {
    const run = this.#alone(step);
    this.#step = run.catch(() => undefined);
    return run;
  }

  async #alone(step: () => Promise<void>): Promise<void> {
    if (this.#state === "busy") {
      throw new ArgumentError(`The writer of ${this.path} is still writing.`, "Await every call.");
    }
    this.#state = "busy";
    try {
      await step();
      if (this.#isClosed)
        throw new ClosedError(`The writer of ${this.path} was aborted meanwhile.`);
      this.#state = "open";
    } catch (error) {
      await this.abort().catch(() => {});
      throw error;
    }
  }

  get #isClosed(): boolean {
    return this.#state === "closed";
  }

  #checkFinite(block: readonly Float32Array[]): void {
    for (const [channel, samples] of block.entries()) {
      if (allFinite(samples)) continue;
      const at = samples.findIndex((sample) => !Number.isFinite(sample));
      throw new AudioError(
        "non-finite-samples",
        `${this.path}: sample ${this.#frames + at} of channel ${channel + 1} is ${samples[at]}.`,
        "Nothing but finite numbers can be written.",
      );
    }
  }
}

/** Whether there is neither NaN nor an infinity: nothing else times zero is zero. Four sums at a time, for speed. */
function allFinite(samples: Float32Array): boolean {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = samples.length - (samples.length % 4);
  for (let i = 0; i < whole; i += 4) {
    a += samples[i] * 0;
    b += samples[i + 1] * 0;
    c += samples[i + 2] * 0;
    d += samples[i + 3] * 0;
  }
  for (let i = whole; i < samples.length; i++) a += samples[i] * 0;
  return a + b + c + d === 0;
}
