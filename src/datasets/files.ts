/** Whole audio files as stereo samples, by whatever decoder they need. */
import { extname } from "node:path";
import { type AudioSource, openAudio } from "../audio/index.ts";
import { AudioError } from "../errors.ts";
import type { Stereo } from "./song.ts";

/** Endings that are taken for audio; what the files are is told by their content. */
const ENDINGS = new Set([
  ...[".wav", ".w64", ".aif", ".aiff", ".flac", ".mp3"],
  ...[".ogg", ".oga", ".opus", ".m4a", ".aac"],
]);

/** Flaws that a listener would pass over make a data set another one. */
const strictly = { tolerance: "none" } as const;

/** Whether a file's ending is that of an audio file. */
export function isAudioName(name: string): boolean {
  return ENDINGS.has(extname(name).toLowerCase());
}

/** The sample rate of what {@link readStereo} gives, Hz. */
export async function sampleRateOf(path: string): Promise<number> {
  await using source = await openAudio(path, undefined, strictly);
  return source.format.sampleRate;
}

/** Samples per channel where the headers tell. */
export async function lengthOf(path: string): Promise<number | undefined> {
  await using source = await openAudio(path, undefined, strictly);
  return source.format.frames;
}

/**
 * Decodes a whole file.
 * @throws AudioError naming the file; AbortError.
 */
export async function readStereo(path: string, signal?: AbortSignal): Promise<Stereo> {
  await using source = await openAudio(path, signal, strictly);
  return await collect(path, source, signal);
}

/**
 * All samples; mono is given to both channels.
 * @throws AudioError for more than two channels, for samples that are no numbers, and what the source throws.
 */
export async function collect(
  path: string,
  source: AudioSource,
  signal?: AbortSignal,
): Promise<Stereo> {
  const { channels } = source.format;
  if (channels > 2) {
    throw new AudioError(
      "unsupported-audio",
      `${path} has ${channels} channels.`,
      "Data sets have mono or stereo files.",
    );
  }
  const list: Stereo[] = [];
  let length = 0;
  for await (const block of source.blocks(signal)) {
    list.push([block[0], block[1] ?? block[0]]);
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
