/** A song file in, stem files out. */
import { join } from "node:path";
import { openAudio } from "../audio/index.ts";
import { type Target, targets } from "../network/index.ts";
import type { SeparateOptions, Separator } from "../separation/index.ts";
import { SongReader } from "./songReader.ts";
import { StemWriter } from "./stemWriter.ts";

/** What was separated, and where it lies. */
export interface DemixResult {
  /** Length of the song and of every stem, per channel. */
  readonly frames: number;
  readonly sampleRate: number;
  readonly channels: number;
  /** Path of each stem. */
  readonly stems: Readonly<Record<Target, string>>;
  /** Seconds spent reading and decoding the song, and writing the stems. */
  readonly decodeSeconds: number;
  readonly encodeSeconds: number;
}

/**
 * Separates a WAV, FLAC or MP3 file of any rate, mono or stereo, into float32 WAV files
 * `<directory>/{bass,vocals,other,drums}.wav` of the same rate, channels and length.
 *
 * Memory is bounded whatever the length. Files get their names when all have been written to the end; an error or an
 * abort before that leaves no file, though perhaps empty folders.
 *
 * @throws {AudioError} if the song cannot be read or the stems cannot be written; what {@link Separator.stream} throws.
 */
export async function demixFile(
  separator: Separator,
  path: string,
  directory: string,
  options: SeparateOptions = {},
): Promise<DemixResult> {
  const { signal } = options;
  await using source = await openAudio(path, signal);
  const reader = new SongReader(source, path);
  const { sampleRate, channels } = source.format;
  const writers = new Map<Target, StemWriter>();
  const time = { decode: 0, encode: 0 };
  const blocks = timed(reader.blocks(signal), (seconds) => {
    time.decode += seconds;
  });
  const length = reader.expectedSamples;
  const stream = separator.stream(blocks, {
    ...options,
    reuseBlocks: true,
    ...(length && { samples: length }),
  });
  try {
    for await (const stems of stream) {
      const start = performance.now();
      for (const target of targets) {
        // Files are begun when there is something to write: a song that cannot be read leaves no trace.
        const path = join(directory, `${target}.wav`);
        const writer =
          writers.get(target) ?? (await StemWriter.create(path, { sampleRate, channels }));
        writers.set(target, writer);
        await writer.write(stems[target]);
      }
      time.encode += (performance.now() - start) / 1e3;
    }
    const start = performance.now();
    for (const writer of writers.values()) await writer.finish(reader.frames);
    for (const writer of writers.values()) await writer.close();
    time.encode += (performance.now() - start) / 1e3;
  } finally {
    // Removes what was not closed.
    for (const writer of writers.values()) await writer[Symbol.asyncDispose]();
  }
  const stemPath = (target: Target) => writers.get(target)?.path ?? "";
  return {
    frames: reader.frames,
    sampleRate,
    channels,
    stems: {
      bass: stemPath("bass"),
      vocals: stemPath("vocals"),
      other: stemPath("other"),
      drums: stemPath("drums"),
    },
    decodeSeconds: time.decode,
    encodeSeconds: time.encode,
  };
}

/** The same stream; `spent` hears how long each step of the source took. */
async function* timed<T>(
  source: AsyncGenerator<T>,
  spent: (seconds: number) => void,
): AsyncGenerator<T> {
  try {
    for (;;) {
      const start = performance.now();
      const next = await source.next();
      spent((performance.now() - start) / 1e3);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await source.return(undefined);
  }
}
