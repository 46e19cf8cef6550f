/** An {@link AudioSource} made of a format and a generator of blocks: the rules that all decoders share. */
import { untilAborted } from "../abort.ts";
import { ArgumentError, AudioError, ClosedError, throwIfAborted } from "../errors.ts";
import type { ByteSource } from "./bytes.ts";
import type { AudioNotice, NoticeLog } from "./notices.ts";
import type { AudioFormat, AudioSource } from "./source.ts";
import type { AudioTags } from "./tags.ts";

/** Decodes from the beginning to the end; its `finally` frees the decoder. */
export type Decode = (signal?: AbortSignal) => AsyncGenerator<readonly Float32Array[], void, void>;

/** What samples come from. */
type Closeable = Pick<ByteSource, "name" | "close">;

export class StreamedSource implements AudioSource {
  readonly format: AudioFormat;
  readonly tags: AudioTags;
  readonly #bytes: Closeable;
  readonly #log: NoticeLog;
  readonly #decode: Decode;
  #started = false;
  readonly #closed = new AbortController();

  /** @param bytes are closed with the source. */
  constructor(
    format: AudioFormat,
    tags: AudioTags,
    bytes: Closeable,
    log: NoticeLog,
    decode: Decode,
  ) {
    this.format = format;
    this.tags = tags;
    this.#bytes = bytes;
    this.#log = log;
    this.#decode = decode;
  }

  get notices(): readonly AudioNotice[] {
    return this.#log.notices;
  }

  async *blocks(signal?: AbortSignal): AsyncGenerator<readonly Float32Array[], void, void> {
    throwIfAborted(this.#closed.signal);
    if (this.#started) {
      throw new ArgumentError(`${this.#bytes.name} has been read already.`, "Open it again.");
    }
    this.#started = true;
    let frames = 0;
    throwIfAborted(signal);
    // Neither an abort nor a close waits for bytes that may never come.
    const decoding = untilAborted(untilAborted(this.#decode(signal), signal), this.#closed.signal);
    for await (const block of decoding) {
      if (block[0].length === 0) continue;
      frames += block[0].length;
      yield block;
    }
    if (frames === 0) throw emptyAudio(this.#bytes.name);
  }

  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    const { name } = this.#bytes;
    this.#closed.abort(new ClosedError(`${name} has been closed.`, "Open it again."));
    await this.#bytes.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** There is a header, but not one sample. */
export function emptyAudio(name: string): AudioError {
  return new AudioError("empty-audio", `${name} holds no samples.`, "Export the audio again.");
}

/** Damage: `what` says which, and where. */
export function corruptAudio(name: string, what: string, cause?: unknown): AudioError {
  return new AudioError(
    "corrupt-audio",
    `${name} is damaged: ${what}`,
    "Get a complete copy, or repair it with an audio editor.",
    { cause },
  );
}

/** Nothing here recognises it. */
export class UnknownFormat extends AudioError {
  /** @param doubt what may be said besides, from ";" or "," on. */
  constructor(name: string, doubt = "") {
    super(
      "not-audio",
      `${name} is not audio${doubt}.`,
      "Give a song as WAV, AIFF, FLAC, MP3, Ogg Vorbis or Opus; with ffmpeg on the PATH, as anything that it decodes.",
    );
  }
}

/** Audio that is recognised, but that nothing here decodes. */
export class UnsupportedFormat extends AudioError {
  /** For people: "an AC-3 file", "a WAV file of MP3". */
  readonly format: string;

  constructor(name: string, format: string) {
    super(
      "unsupported-audio",
      `${name} is ${format}, which is not supported.`,
      "Convert it to WAV or FLAC.",
    );
    this.format = format;
  }
}
