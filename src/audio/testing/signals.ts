/** For tests: the signals that the fixtures were encoded from, and small tools around sources. */
import { readFileSync } from "node:fs";
import { XumxError } from "../../errors.ts";
import { agreement, fixturesDir } from "../../testing/golden.ts";
import { noiseSource } from "../../testing/noise.ts";
import { bytesOf } from "../bytes.ts";
import { type DecodeOptions, decodeAudio } from "../decode.ts";
import type { AudioFormat, AudioSource } from "../source.ts";

/** The chirps of the fixtures at time t in seconds: one per channel. */
export function chirp(channel: number, t: number): number {
  if (channel === 0) return 0.4 * Math.sin(2 * Math.PI * (200 * t + 900 * t * t));
  if (channel === 1) return 0.3 * Math.sin(2 * Math.PI * (1500 * t - 500 * t * t));
  return 0.2 * Math.sin(2 * Math.PI * ((300 + 170 * channel) * t + 300 * t * t));
}

export interface Fixture {
  readonly format: AudioFormat;
  /** The encoded samples. */
  readonly channels: readonly Float32Array[];
  readonly bytes: Uint8Array;
}

function fixture(
  name: string,
  format: AudioFormat,
  frames: number,
  bits: number,
  sample: (channel: number, frame: number) => number,
): Fixture {
  const full = 2 ** (bits - 1);
  return {
    format,
    // No Buffer: its slices would share memory.
    bytes: new Uint8Array(readFileSync(`${fixturesDir}audio/${name}`)),
    channels: Array.from({ length: format.channels }, (_, channel) =>
      Float32Array.from({ length: frames }, (_, frame) => sample(channel, frame) / full + 0),
    ),
  };
}

function chirps(
  name: string,
  container: AudioFormat["container"],
  sampleRate: number,
  channels: number,
  frames: number,
  bits: number,
  sampleFormat: string,
): Fixture {
  const format = { container, sampleRate, channels, frames, sampleFormat };
  return fixture(name, format, frames, bits, (channel, frame) =>
    Math.round(chirp(channel, frame / sampleRate) * 2 ** (bits - 1)),
  );
}

function flacBlocks(name: string, blocks: number, channels: number, rows: number[][]): Fixture {
  const frames = blocks * 576;
  const format = {
    container: "flac",
    sampleRate: 44100,
    channels,
    frames,
    sampleFormat: "int16",
  } as const;
  return fixture(name, format, frames, 16, (channel, frame) => rows[frame][channel]);
}

/** Blocks of a constant, of full-scale noise (verbatim), of noise with four wasted bits, and of a square wave. */
function mixedRows(): number[][] {
  const noise = noiseSource(1);
  return Array.from({ length: 4 * 576 }, (_, i) => {
    if (i < 576) return [-7];
    if (i < 2 * 576) return [Math.floor(noise() * 32768)];
    if (i < 3 * 576) return [16 * Math.floor(noise() * 256)];
    return [i % 2 ? 32767 : -32768];
  });
}

/** A block each that is smallest as mid and side, as side and right, as left and side. */
function pairRows(): number[][] {
  const noise = noiseSource(1);
  return Array.from({ length: 3 * 576 }, (_, i) => {
    const tone = Math.round(9000 * Math.sin(i / 20));
    const loud = Math.floor(noise() * 900);
    const soft = Math.floor(noise() * 500);
    if (i < 576) return [tone + loud, tone - loud];
    return i < 2 * 576 ? [loud + soft, loud] : [loud, loud + soft];
  });
}

/** FLAC files made by flac 1.4.2. */
export const flacFixtures = {
  stereo16: chirps("stereo16.flac", "flac", 44100, 2, 11025, 16, "int16"),
  mono24: chirps("mono24.flac", "flac", 48000, 1, 6000, 24, "int24"),
  mixed16: flacBlocks("mixed16.flac", 4, 1, mixedRows()),
  pairs16: flacBlocks("pairs16.flac", 3, 2, pairRows()),
};

/** MP3 files made by LAME 3.100: constant 96 kbit/s, variable, and constant 32 kbit/s without a tag. */
export const mp3Fixtures = {
  stereo: chirps("stereo.mp3", "mp3", 44100, 2, 44100, 16, "MPEG-1 layer III"),
  mono: chirps("mono.mp3", "mp3", 22050, 1, 11025, 16, "MPEG-2 layer III"),
  untagged: chirps("untagged.mp3", "mp3", 22050, 1, 11025, 16, "MPEG-2 layer III"),
  low: chirps("mp3-8000-1.mp3", "mp3", 8000, 1, 1841, 16, "MPEG-2.5 layer III"),
  tagged: chirps("mp3-48000-2.mp3", "mp3", 48000, 2, 11041, 16, "MPEG-1 layer III"),
};

/** Samples per channel of the fixtures that are named by their rate. */
const shortly = (sampleRate: number) => Math.round(0.23 * sampleRate) + 1;

function vorbis(sampleRate: number, channels: number): Fixture {
  const name = `vorbis-${sampleRate}-${channels}.ogg`;
  return chirps(name, "ogg", sampleRate, channels, shortly(sampleRate), 16, "Vorbis");
}

function opus(name: string, channels: number, frames = shortly(48000)): Fixture {
  return chirps(`opus-${name}.opus`, "ogg", 48000, channels, frames, 16, "Opus");
}

/**
 * Ogg files made by ffmpeg with libvorbis, libopus and its own FLAC. The channels are in WAV's order, those of the
 * files in Vorbis'; `frames` is what their granule positions tell.
 */
export const oggFixtures = {
  vorbis8: vorbis(8000, 1),
  vorbis22: vorbis(22050, 2),
  vorbis44: vorbis(44100, 2),
  vorbis48: vorbis(48000, 6),
  vorbis96: vorbis(96000, 1),
  vorbis192: vorbis(192000, 2),
  opusMono: opus("1", 1),
  opusStereo: opus("2", 2),
  opusSurround: opus("6", 6, 3841),
  /** Low rate, long packets; the codec shifts it by a few samples. */
  opusVoice: opus("voice", 1),
  flac16: chirps("flac-44100-2.oga", "ogg", 44100, 2, shortly(44100), 16, "int16"),
  flac24: chirps("flac-96000-1.oga", "ogg", 96000, 1, 4801, 24, "int24"),
};

/** AAC made by ffmpeg, which alone decodes it. The encoder's padding at the end is not cut. */
export const m4aFixture = chirps("aac.m4a", "other", 44100, 2, 10240, 16, "aac");

/** The tags of the fixtures that have any. */
export const fixtureTags = {
  title: "Títle",
  artist: "Artist",
  album: "Album",
  albumArtist: "Band",
  date: "2001-02-03",
  genre: "Rock",
  track: "3/12",
  comment: "a comment",
};

/**
 * The lag within ±4 samples at which `y` is most like `x`, and how much, dB. The first and last 20 samples do not
 * count.
 */
export function bestLag(x: Float32Array, y: Float32Array): { lag: number; db: number } {
  const lags = Array.from({ length: 9 }, (_, i) => i - 4);
  const length = Math.min(x.length, y.length);
  const found = lags.map((lag) => ({
    lag,
    db: agreement(x.subarray(20, length - 20), y.subarray(20 + lag, length - 20 + lag)),
  }));
  return found.reduce((a, b) => (b.db > a.db ? b : a));
}

/** All samples of a source, which is closed. */
export async function readAll(source: AudioSource): Promise<Float32Array[]> {
  await using _ = source;
  const parts: (readonly Float32Array[])[] = [];
  for await (const block of source.blocks()) parts.push(block);
  return Array.from({ length: source.format.channels }, (_, channel) => {
    const out = new Float32Array(parts.reduce((sum, part) => sum + part[0].length, 0));
    let at = 0;
    for (const part of parts) {
      out.set(part[channel], at);
      at += part[channel].length;
    }
    return out;
  });
}

export async function decodeBytes(
  bytes: Uint8Array,
  options: DecodeOptions = {},
): Promise<Float32Array[]> {
  return readAll(await decodeAudio(bytesOf(bytes, "test"), undefined, options));
}

/** The code of the XumxError that decoding without any tolerance ends in; "decoded" if in none. Other errors pass. */
export async function outcome(bytes: Uint8Array): Promise<string> {
  try {
    await decodeBytes(bytes, { tolerance: "none" });
    return "decoded";
  } catch (error) {
    if (error instanceof XumxError) return error.code;
    throw error;
  }
}
