/** Stems and mixes as files. */
import {
  type AudioShape,
  type AudioTags,
  clampSamples,
  createStreamWriter,
  defaultClipMode,
  fileExtension,
  fullScale,
  LevelMeter,
  type OutputFormat,
  type StreamWrite,
  scaleSamples,
} from "xumx-slicq";
import { balanced } from "../tracks/pan.ts";
import type { KeptSong, KeptTrack } from "./keptSong.ts";
import type { ExportSound } from "./protocol.ts";

/** Frames that are worked on at once. */
const STEP = 1 << 16;

/** A file to be written, and where to. */
export interface Outlet {
  readonly fileName: string;
  open(): Promise<WritableStream<StreamWrite>>;
  /** Once it is whole. */
  done?(): Promise<void>;
}

/** What is exported. */
export interface SoundExport {
  readonly song: KeptSong;
  readonly sounds: readonly ExportSound[];
  readonly format: OutputFormat;
  readonly signal: AbortSignal;
  readonly progress: (fraction: number) => void;
}

/**
 * Writes every sound to a file of its own. What would be cut off by the format makes all files quieter, by one gain, as
 * the command line does.
 * @param outlet gives the place of a file by its name.
 * @returns that gain, at most 1.
 * @throws {XumxError} "unwritable"; AbortError
 */
export async function exportSounds(
  { song, sounds, format, signal, progress }: SoundExport,
  outlet: (fileName: string) => Promise<Outlet>,
): Promise<number> {
  const { sampleRate, frames } = song.facts;
  const sources = sounds.map((sound) => soundOf(song, sound));
  const most = fullScale(format);
  const rescale = defaultClipMode(format) === "rescale";
  const gain = rescale ? Math.min(1, ...sources.map((source) => source.meter().gain(most))) : 1;
  for (const [i, { fileName, title }] of sounds.entries()) {
    const { channels, read } = sources[i];
    const shape: AudioShape = { sampleRate, channels };
    const target = await outlet(`${fileName}.${fileExtension(format)}`);
    await using writer = await createStreamWriter(await target.open(), shape, format, {
      name: target.fileName,
      tags: tagged(song.facts.tags, title),
      ...{ frames, seed: i + 1 },
      terms: { kind: "own", seekable: true },
    });
    for (let at = 0; at < frames; at += STEP) {
      const block = read(at, Math.min(STEP, frames - at));
      if (gain < 1) {
        scaleSamples(block, gain);
        clampSamples(block, most);
      }
      await writer.write(block);
      progress((i + (at + block[0].length) / frames) / sounds.length);
      await new Promise((resume) => setTimeout(resume, 0));
      signal.throwIfAborted();
    }
    await writer.close();
    await target.done?.();
  }
  return gain;
}

function tagged(tags: AudioTags, title: string): AudioTags {
  return title === "" ? tags : { ...tags, title };
}

/** Samples that can be read at any place. */
interface SoundSource {
  readonly channels: number;
  /** Has seen all samples. */
  meter(): LevelMeter;
  read(start: number, frames: number): Float32Array[];
}

function soundOf(song: KeptSong, { parts }: ExportSound): SoundSource {
  const tracks = parts.map(({ track }) => song.track(track));
  const [first] = parts;
  const alone = parts.length === 1 && first.gain === 1 && first.pan === 0;
  return alone ? oneTrack(tracks[0]) : mixOf(song, parts, tracks);
}

function oneTrack({ samples, extremes }: KeptTrack): SoundSource {
  return {
    channels: samples.channels,
    meter() {
      const meter = new LevelMeter();
      meter.show(extremes);
      return meter;
    },
    read: (start, frames) => readFrom(samples, start, frames),
  };
}

/** A mix is stereo where anything stands aside of the middle. */
function mixOf(
  song: KeptSong,
  parts: ExportSound["parts"],
  tracks: readonly KeptTrack[],
): SoundSource {
  const aside = parts.some(({ pan }) => pan !== 0);
  const channels = aside ? 2 : song.facts.channels;
  const read = (start: number, frames: number) => {
    const mix = Array.from({ length: channels }, () => new Float32Array(frames));
    for (const [i, { gain, pan }] of parts.entries()) {
      const [left, right = left] = readFrom(tracks[i].samples, start, frames);
      const by = balanced(gain, pan);
      for (let k = 0; k < frames; k++) mix[0][k] += by.left * left[k];
      if (channels === 2) for (let k = 0; k < frames; k++) mix[1][k] += by.right * right[k];
    }
    return mix;
  };
  return {
    channels,
    read,
    meter() {
      const meter = new LevelMeter();
      const { frames } = song.facts;
      for (let at = 0; at < frames; at += STEP) meter.show(read(at, Math.min(STEP, frames - at)));
      return meter;
    },
  };
}

function readFrom(samples: KeptTrack["samples"], start: number, frames: number): Float32Array[] {
  const block = Array.from({ length: samples.channels }, () => new Float32Array(frames));
  samples.read(start, block);
  return block;
}
