/** Whole audio files as stereo samples, by whatever decoder they need. */
import { extname } from "node:path";
import { type AudioSource, openAudio } from "../audio/index.ts";
import { AudioError } from "../errors.ts";
import { decodeWithFfmpeg, FFMPEG_RATE } from "./ffmpeg.ts";
import type { Stereo } from "./song.ts";

/** Endings that our own decoders read. */
const OWN = new Set([".wav", ".flac", ".mp3"]);
/** Endings that need ffmpeg. */
const FOREIGN = new Set([".ogg", ".opus", ".m4a", ".aac", ".aif", ".aiff"]);

/** Whether a file's ending is one that {@link readStereo} knows. */
export function isAudioName(name: string): boolean {
  const ending = extname(name).toLowerCase();
  return OWN.has(ending) || FOREIGN.has(ending);
}

function isForeign(path: string): boolean {
  return FOREIGN.has(extname(path).toLowerCase());
}

/** The sample rate of what {@link readStereo} gives, Hz. */
export async function sampleRateOf(path: string): Promise<number> {
  if (isForeign(path)) return FFMPEG_RATE;
  await using source = await openAudio(path);
  return source.format.sampleRate;
}

/** Samples per channel where the headers tell. */
export async function framesOf(path: string): Promise<number | undefined> {
  if (isForeign(path)) return undefined;
  await using source = await openAudio(path);
  return source.format.frames;
}

/**
 * Decodes a whole file.
 * @throws AudioError naming the file; AbortError.
 */
export async function readStereo(path: string, signal?: AbortSignal): Promise<Stereo> {
  if (isForeign(path)) return collect(path, decodeWithFfmpeg(path, 0, signal));
  await using source = await openAudio(path, signal);
  return await collect(path, stereoBlocks(path, source, signal));
}

async function* stereoBlocks(
  path: string,
  source: AudioSource,
  signal: AbortSignal | undefined,
): AsyncGenerator<Stereo> {
  const { channels } = source.format;
  if (channels > 2) {
    throw new AudioError(
      "unsupported-audio",
      `${path} has ${channels} channels.`,
      "Data sets have mono or stereo files.",
    );
  }
  for await (const block of source.blocks(signal)) yield [block[0], block[1] ?? block[0]];
}

/** Joins blocks and makes sure that all samples are numbers. */
export async function collect(path: string, blocks: AsyncIterable<Stereo>): Promise<Stereo> {
  const list: Stereo[] = [];
  let length = 0;
  for await (const block of blocks) {
    list.push(block);
    length += block[0].length;
  }
  const join = (channel: 0 | 1) => {
    const out = new Float32Array(length);
    let at = 0;
    for (const block of list) {
      out.set(block[channel], at);
      at += block[channel].length;
    }
    const bad = out.findIndex((sample) => !Number.isFinite(sample));
    if (bad >= 0) {
      throw new AudioError(
        "non-finite-samples",
        `${path} has a sample that is not a number, number ${bad}.`,
        "Decode or export the file again.",
      );
    }
    return out;
  };
  return [join(0), join(1)];
}
