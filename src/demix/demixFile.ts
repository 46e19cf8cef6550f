/** A song in, files of its stems out. */
import { join } from "node:path";
import {
  type ByteStream,
  checkOutput,
  fileExtension,
  floatWav,
  type OutputFormat,
} from "../audio/index.ts";
import { ArgumentError, throwIfAborted } from "../errors.ts";
import { Staging } from "../files/index.ts";
import type { SeparateOptions, Separator } from "../separation/index.ts";
import { type ClipMode, defaultClipMode } from "./clipping.ts";
import { type FormatChoice, formatFor } from "./formatChoice.ts";
import { OpenSong, type SongView } from "./openSong.ts";
import { chooseOutputs, type OutputChoice, type OutputName } from "./outputs.ts";
import { type Song, songFile } from "./song.ts";
import { atSongRate } from "./songRate.ts";
import { type OutputLevel, StemSink } from "./stemSink.ts";

/** What is written of a song, and how. All samples that come out lie at the time of the song's. */
export interface DemixSettings extends OutputChoice, SongView {
  /** By default float32 WAV. */
  readonly format?: FormatChoice;
  /** By default "none" for float32 WAV and "rescale" for all else. */
  readonly clip?: ClipMode;
  /** Whether the song's tags go into the files, with the stem's name behind the title; by default they do. */
  readonly tags?: boolean;
}

/** What is written of a song, how, and what is heard of it meanwhile. */
export interface DemixOptions extends DemixSettings, Omit<SeparateOptions, "onProgress"> {
  /** Called as the work goes on. */
  readonly onProgress?: (progress: DemixProgress) => void;
}

/** How far the work on a song is. */
export interface DemixProgress {
  /** 0 to 1; undefined while the song's length is not known. */
  readonly fraction: number | undefined;
  /** Seconds of music that have been separated. */
  readonly seconds: number;
}

/**
 * Where the outputs go: a folder, in which they are `<name>.<ending>`; what gives each its path; or a stream, which takes
 * a single output.
 */
export type Destination = string | ((name: OutputName, extension: string) => string) | ByteStream;

/** What was separated, and where it lies. */
export interface DemixResult {
  /** Samples per channel of every output. */
  readonly frames: number;
  readonly sampleRate: number;
  readonly channels: number;
  readonly format: OutputFormat;
  readonly files: readonly StemFile[];
  /** All outputs were multiplied by this, at most 1, so that none exceeds full scale. */
  readonly gain: number;
  /** What the reader of the song has to say: channels mixed down, and the like. */
  readonly notices: readonly string[];
  /** Seconds spent reading and decoding the song, and writing the stems. */
  readonly decodeSeconds: number;
  readonly encodeSeconds: number;
}

/** An output and its file. */
export interface StemFile extends OutputLevel {
  readonly name: OutputName;
  /** Undefined if it went into a stream. */
  readonly path: string | undefined;
}

/** Share of the work that a second pass over the outputs takes, for progress. */
const SECOND_PASS = 0.1;

/**
 * Separates a song of any supported format, rate and length into files of the song's own rate and channels, exactly as
 * long as it or as the wanted part.
 *
 * Memory is bounded whatever the length. Files get their names, all together, when all have been written to the end; an
 * error or an abort before that leaves nothing behind.
 *
 * @param song a path, or a song that can be opened.
 * @throws {AudioError} if the song cannot be read; {@link FileError} if the outputs cannot be written, also where a link
 * leads out of the folder; {@link ArgumentError} for settings
 * that do not go together or that the format cannot hold; what {@link Separator.stream} throws.
 */
export async function demixFile(
  separator: Separator,
  song: string | Song,
  destination: Destination,
  options: DemixOptions = {},
): Promise<DemixResult> {
  const { signal, chunkSize } = options;
  const outputs = chooseOutputs(options);
  const given = typeof song === "string" ? songFile(song) : song;
  await using opened = await OpenSong.open(given, options, separator.hop, signal);
  const { reader, shape, expected } = opened;
  const format = formatFor(options.format ?? floatWav, opened.format);
  const clip = clipMode(options.clip, format);
  await checkOutput(format, shape);
  const targets = targetsOf(destination, outputs.names, format);
  const tags = options.tags === false ? undefined : opened.tags;

  await using staging = new Staging(typeof destination === "string" ? { within: destination } : {});
  const how = { shape, format, clip, tags, frames: opened.frames };
  await using sink = new StemSink(targets, how, staging);
  await using again = outputs.needSong ? await opened.again(signal) : undefined;
  const spent = { decode: 0, encode: 0 };
  const firstPass = clip === "rescale" ? 1 - SECOND_PASS : 1;
  let frames = 0;
  const progress = (fraction: number | undefined) =>
    options.onProgress?.({ fraction, seconds: frames / shape.sampleRate });

  const blocks = timed(reader.blocks(signal), (seconds) => {
    spent.decode += seconds;
  });
  const stems = separator.stream(blocks, {
    reuseBlocks: true,
    ...(signal && { signal }),
    ...(chunkSize !== undefined && { chunkSize }),
  });
  for await (const block of atSongRate(stems, shape, opened.stretch)) {
    const start = performance.now();
    const length = block.bass[0].length;
    await sink.write(outputs.make(block, again ? await again.take(length) : []));
    frames += length;
    spent.encode += (performance.now() - start) / 1e3;
    progress(expected && Math.min(1, frames / expected) * firstPass);
  }
  const start = performance.now();
  const { gain, outputs: levels } = await sink.end(signal, (share) =>
    progress(firstPass + (1 - firstPass) * share),
  );
  throwIfAborted(signal);
  await staging.commit();
  spent.encode += (performance.now() - start) / 1e3;
  progress(1);
  return {
    frames,
    ...shape,
    format,
    files: targets.map(({ name, to }, i) => ({
      name,
      path: typeof to === "string" ? to : undefined,
      ...levels[i],
    })),
    gain,
    notices: opened.notices,
    decodeSeconds: spent.decode,
    encodeSeconds: spent.encode,
  };
}

function clipMode(wanted: ClipMode | undefined, format: OutputFormat): ClipMode {
  const usual = defaultClipMode(format);
  if (wanted !== "none" || usual === "none") return wanted ?? usual;
  throw new ArgumentError(
    `${format.container} cannot hold samples beyond full scale.`,
    'Choose "rescale" or "clamp", or float32 WAV.',
  );
}

function targetsOf(destination: Destination, names: readonly OutputName[], format: OutputFormat) {
  const extension = fileExtension(format);
  if (typeof destination === "string") {
    return names.map((name) => ({ name, to: join(destination, `${name}.${extension}`) }));
  }
  if (typeof destination === "function") {
    return names.map((name) => ({ name, to: destination(name, extension) }));
  }
  if (names.length > 1) {
    throw new ArgumentError(
      `A stream takes one output, not ${names.length}.`,
      "Choose a single stem.",
    );
  }
  return names.map((name) => ({ name, to: destination }));
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
