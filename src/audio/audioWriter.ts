/** Writes audio block by block, in any output format, to a file. */
import { PartFile } from "../files/index.ts";
import type { AudioShape, OutputFormat } from "./outputFormat.ts";
import type { AudioWriter, WriterOptions } from "./sinkWriter.ts";
import { createSinkWriter } from "./streamWriter.ts";

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
