/** Writes audio block by block, in any output format, to whatever takes bytes. */
import type { ByteSink } from "./byteSink.ts";
import { encodeAudio } from "./encode.ts";
import type { AudioShape, OutputFormat } from "./outputFormat.ts";
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
 * Opens a writer to a WHATWG stream, which is locked meanwhile. A slow reader slows the writer down; by default the stream
 * is left open at the end. Of a stream of Node, `Writable.toWeb` makes one.
 * @throws ArgumentError for a shape that the format cannot hold, or if something else writes to the stream; AudioError
 * "unwritable", "unsupported-audio" (the encoder is not installed).
 */
export async function createStreamWriter(
  stream: WritableStream<StreamWrite>,
  shape: AudioShape,
  format: OutputFormat,
  options: StreamWriterOptions = {},
): Promise<AudioWriter> {
  const { name = "the output stream", terms = { kind: "lent" } } = options;
  return createSinkWriter(() => new StreamSink(stream, name, terms), shape, format, options);
}

/**
 * Opens a writer to whatever takes bytes.
 * @param open gives the sink, which belongs to the writer from then on.
 * @throws as {@link createStreamWriter}, and what `open` throws.
 */
export async function createSinkWriter(
  open: () => ByteSink | Promise<ByteSink>,
  shape: AudioShape,
  format: OutputFormat,
  options: StreamWriterOptions = {},
): Promise<AudioWriter> {
  const encoder = await encodeAudio(format, shape, options);
  try {
    return await SinkWriter.create(await open(), encoder, shape, options.frames);
  } catch (error) {
    encoder.release();
    throw error;
  }
}
