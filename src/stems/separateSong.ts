/** One song into a store: opened, separated, brought back to its own rate and channels, written. */

import { checkOutput } from "../audio/encode.ts";
import type { AudioNotice } from "../audio/notices.ts";
import { floatWav, type OutputFormat } from "../audio/outputFormat.ts";
import { ArgumentError, throwIfAborted } from "../errors.ts";
import type { Separator } from "../separation/separator.ts";
import type { SeparateOptions } from "../separation/separatorOptions.ts";
import { type ClipMode, defaultClipMode } from "./clipping.ts";
import { type FormatChoice, formatFor } from "./formatChoice.ts";
import { OpenSong, type SongView } from "./openSong.ts";
import { chooseOutputs, type OutputChoice, type OutputName } from "./outputs.ts";
import type { Song } from "./song.ts";
import { atSongRate } from "./songRate.ts";
import { type OutputLevel, StemSink } from "./stemSink.ts";
import type { Store } from "./store.ts";

/** What is written of a song, and how. All samples that come out lie at the time of the song's. */
export interface DemixSettings extends OutputChoice, SongView {
  /** By default float32 WAV. */
  readonly format?: FormatChoice;
  /** By default "none" for float32 WAV and "rescale" for all else. */
  readonly clip?: ClipMode;
  /** Whether the song's tags go into the files, with the stem's name after the title; by default they do. */
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
  /** Those of them that are about the song's file, as data. */
  readonly sourceNotices: readonly AudioNotice[];
  /** Seconds spent reading and decoding the song, and writing the stems. */
  readonly decodeSeconds: number;
  readonly encodeSeconds: number;
}

/** An output and where it lies. */
export interface StemFile extends OutputLevel {
  readonly name: OutputName;
  /** Undefined if it went into a stream. */
  readonly path: string | undefined;
}

/** Where an output of a song goes. */
export interface OutputPlace {
  readonly name: OutputName;
  /** See {@link Store}. */
  readonly key: string;
}

/** Share of the work that a second pass over the outputs takes, for progress. */
const SECOND_PASS = 0.1;

/**
 * Separates a song of any supported format, rate and length into outputs of its own rate and channels, exactly as long as
 * it or as the wanted part.
 *
 * Memory is bounded whatever the length. Outputs appear in the store together, when all have been written to the end; an
 * error or an abort before that leaves nothing.
 *
 * @param places one for every output that the settings ask for.
 * @throws {AudioError} if the song cannot be read; {@link XumxError} "unwritable" from the store; {@link ArgumentError}
 * for settings that do not go together or that the format cannot hold; what {@link Separator.stream} throws.
 */
export async function separateSong(
  separator: Separator,
  song: Song,
  store: Store,
  places: readonly OutputPlace[],
  options: DemixOptions = {},
): Promise<DemixResult> {
  const { signal, chunkSize } = options;
  const outputs = chooseOutputs(options, separator.stems);
  const targets = placesOf(outputs.names, places);
  await using opened = await OpenSong.open(song, options, separator, signal);
  const { reader, shape } = opened;
  const format = formatFor(options.format ?? floatWav, opened.format);
  const clip = clipModeFor(options.clip, format);
  await checkOutput(format, shape);
  const tags = options.tags === false ? undefined : opened.tags;

  await using set = store.begin();
  const how = { store, shape, format, clip, tags, frames: opened.frames };
  await using sink = new StemSink(targets, how, set);
  await using again = outputs.needSong ? await opened.again(signal) : undefined;
  const spent = { decode: 0, encode: 0 };
  const firstPass = clip === "rescale" ? 1 - SECOND_PASS : 1;
  let frames = 0;
  const progress = (fraction: number | undefined) =>
    options.onProgress?.({ fraction, seconds: frames / shape.sampleRate });

  const blocks = timed(reader.blocks(signal), (seconds) => {
    spent.decode += seconds;
  });
  const { sampleRate } = separator;
  const samples = reader.expectedSamples;
  const stems = separator.stream(blocks, {
    ...{ sampleRate, readAhead: Infinity, reuseBlocks: true },
    ...(samples && { samples, onProgress: (fraction: number) => progress(fraction * firstPass) }),
    ...(signal && { signal }),
    ...(chunkSize !== undefined && { chunkSize }),
  });
  for await (const block of atSongRate(stems, separator.stems, sampleRate, shape, opened.stretch)) {
    const start = performance.now();
    const length = block[separator.stems[0]][0].length;
    await sink.write(outputs.make(block, again ? await again.take(length) : []));
    frames += length;
    spent.encode += (performance.now() - start) / 1e3;
    if (!samples) progress(undefined);
  }
  const start = performance.now();
  const { gain, outputs: levels } = await sink.end(signal, (share) =>
    progress(firstPass + (1 - firstPass) * share),
  );
  throwIfAborted(signal);
  await set.commit();
  spent.encode += (performance.now() - start) / 1e3;
  progress(1);
  return {
    frames,
    ...shape,
    format,
    files: targets.map(({ name, key }, i) => ({ name, path: store.locate(key), ...levels[i] })),
    gain,
    notices: opened.notices,
    sourceNotices: opened.sourceNotices,
    decodeSeconds: spent.decode,
    encodeSeconds: spent.encode,
  };
}

/**
 * The clip mode for a format.
 * @throws {ArgumentError} for "none" where samples beyond full scale cannot be held.
 */
export function clipModeFor(wanted: ClipMode | undefined, format: OutputFormat): ClipMode {
  const usual = defaultClipMode(format);
  if (wanted !== "none" || usual === "none") return wanted ?? usual;
  throw new ArgumentError(
    `${format.container} cannot hold samples beyond full scale.`,
    'Choose "rescale" or "clamp", or float32 WAV.',
  );
}

function placesOf(names: readonly OutputName[], places: readonly OutputPlace[]) {
  return names.map((name) => {
    const found = places.find((place) => place.name === name);
    if (found) return found;
    throw new ArgumentError(`There is no place for ${name}.`, "Give each output a key.");
  });
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
