/** Draws the picture of `xumx-slicq spectrogram`, and cuts its panel out. Runs in a worker. */
import { spectrogramPicture } from "xumx-slicq";
import type { Spectrogram, SpectrogramRequest } from "./spectrogram.ts";

/** Samples at any place, as they are kept. */
export interface SampleReader {
  /** Hz. */
  readonly sampleRate: number;
  readonly channels: number;
  readonly frames: number;
  /** Fills one array per channel from a frame on. */
  read(start: number, into: readonly Float32Array[]): void;
}

/** Frames that are read at a time: few, since others wait meanwhile. */
const BLOCK = 1 << 13;
/** Seconds around what is visible that sound into it. */
const AROUND = 1.5;
/** Room of the labels around a panel, about: the picture says exactly. */
const SIDES = 130;
const ENDS = 62;
const LEAST_SIDE = 160;

/** Draws part of a track, block by block, and lets others have their turn in between. */
export async function drawSpectrogram(
  sound: SampleReader,
  { start, end, width, height, theme, max }: SpectrogramRequest,
  signal: AbortSignal,
): Promise<Spectrogram> {
  const { sampleRate, channels } = sound;
  const first = Math.max(0, Math.floor(start - AROUND * sampleRate));
  const frames = Math.min(sound.frames, Math.ceil(end + AROUND * sampleRate)) - first;
  async function* blocks() {
    for (let at = 0; at < frames; at += BLOCK) {
      const block = Array.from(
        { length: channels },
        () => new Float32Array(Math.min(BLOCK, frames - at)),
      );
      sound.read(first + at, block);
      yield block;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }
  const format = { sampleRate, channels, frames };
  const source = { title: "", open: async () => ({ format, blocks, close: async () => {} }) };
  const { png, panels, level } = await spectrogramPicture([source], {
    ...{ theme, signal, range: 80 },
    start: (start - first) / sampleRate,
    duration: (Math.min(sound.frames, end) - start) / sampleRate,
    width: Math.max(LEAST_SIDE, Math.round(width) + SIDES),
    height: Math.max(LEAST_SIDE, Math.round(height) + ENDS),
    ...(max === undefined ? {} : { max }),
  });
  const [panel] = panels;
  const picture = await createImageBitmap(
    new Blob([new Uint8Array(png)], { type: "image/png" }),
    ...([panel.left, panel.top, panel.width, panel.height] as const),
  );
  return { picture, frequencies: panel.frequencies, height: panel.height, max: level.max };
}
