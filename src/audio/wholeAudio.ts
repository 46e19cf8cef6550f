/** Whole signals in memory: all samples of a source, and all bytes of a file. */

import { joinedBytes } from "../bytes/joinedBytes.ts";
import type { ByteSink } from "./byteSink.ts";
import { encodeAudio } from "./encode.ts";
import type { OutputFormat } from "./outputFormat.ts";
import { SinkWriter, type WriterOptions } from "./sinkWriter.ts";
import type { AudioSource } from "./source.ts";

/**
 * Reads a source to its end and closes it: for songs that fit into memory.
 *
 * ```ts
 * const source = await openAudio("song.flac");
 * const channels = await readSamples(source); // at source.format.sampleRate
 * ```
 * @returns one array per channel, equally long.
 * @throws what {@link AudioSource} throws while it is read.
 */
export async function readSamples(
  source: AudioSource,
  signal?: AbortSignal,
): Promise<Float32Array[]> {
  await using opened = source;
  const blocks: (readonly Float32Array[])[] = [];
  for await (const block of opened.blocks(signal)) blocks.push(block);
  const frames = blocks.reduce((sum, [first]) => sum + first.length, 0);
  const channels = Array.from({ length: opened.format.channels }, () => new Float32Array(frames));
  for (const [c, channel] of channels.entries()) {
    let at = 0;
    for (const block of blocks) {
      channel.set(block[c], at);
      at += block[c].length;
    }
  }
  return channels;
}

/**
 * Encodes a whole signal: the bytes of a file.
 *
 * ```ts
 * const bytes = await encodeSamples(stems.vocals, 44100, { container: "flac", encoding: "int24" });
 * ```
 * @param channels one array per channel, equally long.
 * @param sampleRate Hz.
 * @throws ArgumentError for a shape that the format cannot hold; AudioError "non-finite-samples", "unsupported-audio"
 * (the encoder is not installed).
 */
export async function encodeSamples(
  channels: readonly Float32Array[],
  sampleRate: number,
  format: OutputFormat,
  options: WriterOptions = {},
): Promise<Uint8Array> {
  const shape = { sampleRate, channels: channels.length };
  const encoder = await encodeAudio(format, shape, options);
  const sink = new MemorySink();
  await using writer = await SinkWriter.create(sink, encoder, shape);
  await writer.write(channels);
  await writer.close();
  return joinedBytes(sink.parts);
}

/** Keeps all bytes. */
class MemorySink implements ByteSink {
  readonly path = "the encoded audio";
  readonly parts: Uint8Array[] = [];

  async write(bytes: Uint8Array): Promise<void> {
    this.parts.push(bytes.slice());
  }

  /** The head is the first part, and keeps its length. */
  async rewrite(bytes: Uint8Array): Promise<void> {
    this.parts[0] = bytes.slice();
  }

  async close(): Promise<void> {}

  async abort(): Promise<void> {}
}
