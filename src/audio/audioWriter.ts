/** Writes audio block by block, in any output format, to a file or a stream. */
import { encodeAudio } from "./encode.ts";
import type { AudioShape, OutputFormat } from "./outputFormat.ts";
import { PartFile } from "./partFile.ts";
import { type AudioWriter, SinkWriter, type WriterOptions } from "./sinkWriter.ts";
import { StreamSink, type StreamTerms, type StreamWrite } from "./streamSink.ts";

/** What a writer to a stream may be told besides. */
export interface StreamWriterOptions extends WriterOptions {
  /**
   * Samples per channel to come, if known: then the head tells the length, and another number is an error. Without it,
   * WAV has the sizes that streams have, FLAC and MP3 tell no length.
   */
  readonly frames?: number;
  /** For messages. */
  readonly name?: string;
  /** Whose stream it is; by default it is lent. */
  readonly terms?: StreamTerms;
}

/**
 * Opens a writer to a file. What is written goes to a file with the ending `.part` beside the target, which gets the
 * target's name when it is whole, and replaces what was there. Missing folders are made, links are followed.
 *
 * ```ts
 * await using writer = await createAudioWriter("out/vocals.flac", { sampleRate: 44100, channels: 2 }, {
 *   container: "flac",
 *   encoding: "int24",
 * });
 * for await (const block of blocks) await writer.write(block);
 * await writer.close();
 * ```
 * @throws ArgumentError for a shape that the format cannot hold; AudioError "unwritable", "unsupported-audio" (the
 * encoder is not installed).
 */
export async function createAudioWriter(
  path: string,
  shape: AudioShape,
  format: OutputFormat,
  options: WriterOptions = {},
): Promise<AudioWriter> {
  const encoder = await encodeAudio(format, shape, options);
  try {
    return await SinkWriter.create(await PartFile.create(path), encoder, shape);
  } catch (error) {
    encoder.release();
    throw error;
  }
}

/**
 * Opens a writer to a WHATWG stream, which is locked meanwhile. A slow reader slows the writer down; by default the stream
 * is left open at the end. Of a stream of Node, `Writable.toWeb` makes one.
 * @throws as {@link createAudioWriter}; ArgumentError if something else writes to the stream.
 */
export async function createStreamWriter(
  stream: WritableStream<StreamWrite>,
  shape: AudioShape,
  format: OutputFormat,
  options: StreamWriterOptions = {},
): Promise<AudioWriter> {
  const { frames, name = "the output stream", terms = { kind: "lent" } } = options;
  const encoder = await encodeAudio(format, shape, options);
  try {
    return await SinkWriter.create(new StreamSink(stream, name, terms), encoder, shape, frames);
  } catch (error) {
    encoder.release();
    throw error;
  }
}
