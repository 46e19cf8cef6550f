/** For tests: the signals that the fixtures were encoded from, and small tools around sources. */
import { readFileSync } from "node:fs";
import { XumxError } from "../../errors.ts";
import { fixturesDir } from "../../testing/golden.ts";
import { bytesOf } from "../bytes.ts";
import { decodeAudio } from "../decode.ts";
import type { AudioFormat, AudioSource } from "../source.ts";

/** Repeatable values in [−1, 1). */
export function noiseGenerator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** The chirps of the fixtures at time t in seconds: one per channel. */
export function chirp(channel: number, t: number): number {
  return channel === 0
    ? 0.4 * Math.sin(2 * Math.PI * (200 * t + 900 * t * t))
    : 0.3 * Math.sin(2 * Math.PI * (1500 * t - 500 * t * t));
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
  let state = 1;
  const noise = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 2 - 1;
  };
  return Array.from({ length: 4 * 576 }, (_, i) => {
    if (i < 576) return [-7];
    if (i < 2 * 576) return [Math.floor(noise() * 32768)];
    if (i < 3 * 576) return [16 * Math.floor(noise() * 256)];
    return [i % 2 ? 32767 : -32768];
  });
}

/** A block each that is smallest as mid and side, as side and right, as left and side. */
function pairRows(): number[][] {
  const noise = noiseGenerator(1);
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
};

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

export async function decodeBytes(bytes: Uint8Array): Promise<Float32Array[]> {
  return readAll(await decodeAudio(bytesOf(bytes, "test")));
}

/** The code of the XumxError that decoding ends in; "decoded" if in none. Other errors pass. */
export async function outcome(bytes: Uint8Array): Promise<string> {
  try {
    await decodeBytes(bytes);
    return "decoded";
  } catch (error) {
    if (error instanceof XumxError) return error.code;
    throw error;
  }
}

/** A copy with a few bytes changed, or a piece cut out, doubled, or the end cut off. */
export function mutated(bytes: Uint8Array, seed: number): Uint8Array {
  const noise = noiseGenerator(Math.imul(seed, 0x9e3779b1));
  const below = (n: number) => Math.floor(((noise() + 1) / 2) * n);
  const kind = below(8);
  const from = below(bytes.length);
  const length = below(Math.min(400, bytes.length - from)) + 1;
  if (kind === 0) return bytes.subarray(0, from);
  if (kind === 1) return join(bytes.subarray(0, from), bytes.subarray(from + length));
  if (kind === 2) return join(bytes.subarray(0, from + length), bytes.subarray(from));
  const copy = new Uint8Array(bytes);
  const count = 1 + below(kind === 3 ? 200 : 4);
  // Every other one in the headers behind the mark, where it hurts most.
  for (let i = 0; i < count; i++) {
    copy[i % 2 ? 12 + below(90) : below(copy.length)] = below(256);
  }
  return copy;
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
