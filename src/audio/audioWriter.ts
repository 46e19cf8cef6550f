/** Writes audio block by block, in any output format, to a file or a stream. */
import { PartFile } from "../files/index.ts";
import type { ByteSink } from "./byteSink.ts";
import { encodeAudio } from "./encode.ts";
import type { AudioShape, OutputFormat } from "./outputFormat.ts";
import { type AudioWriter, SinkWriter, type WriterOptions } from "./sinkWriter.ts";
import { type ByteStream, StreamSink } from "./streamSink.ts";

/** What a writer to a stream may be told besides. */
export interface StreamWriterOptions extends WriterOptions {
  /**
   * Samples per channel to come, if known: then the head tells the length, and another number is an error. Without it,
   * WAV has the sizes that streams have, FLAC and MP3 tell no length.
   */
  readonly frames?: number;
  /** For messages. */
  readonly name?: string;
}

/**
 * Opens a writer to a file. What is written goes to a hidden folder beside the target. When it is whole and on the disk
 * it gets the target's name, and replaces what was there. Missing folders are made, links are followed.
 *
 * ```ts
 * await using writer = await createAudioWriter("out/vocals.flac", { sampleRate: 44100, channels: 2 }, {
 *   container: "flac",
 *   encoding: "int24",
 * });
 * for await (const block of blocks) await writer.write(block);
 * await writer.close();
 * ```
 * @throws ArgumentError for a shape that the format cannot hold; FileError "unwritable"; AudioError "unsupported-audio"
 * (the encoder is not installed).
 */
export async function createAudioWriter(
  path: string,
  shape: AudioShape,
  format: OutputFormat,
  options: WriterOptions = {},
): Promise<AudioWriter> {
  return createSinkWriter(() => PartFile.create(path), shape, format, options);
}

/**
 * Opens a writer to a stream, such as the standard output. A slow reader slows the writer down.
 * @throws as {@link createAudioWriter}.
 */
export async function createStreamWriter(
  stream: ByteStream,
  shape: AudioShape,
  format: OutputFormat,
  options: StreamWriterOptions = {},
): Promise<AudioWriter> {
  const { name = "the output stream" } = options;
  return createSinkWriter(() => new StreamSink(stream, name), shape, format, options);
}

/**
 * Opens a writer to whatever takes bytes.
 * @param open gives the sink, which belongs to the writer from then on.
 * @throws as {@link createAudioWriter}, and what `open` throws.
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
