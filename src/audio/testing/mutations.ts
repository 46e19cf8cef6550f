/**
 * Audio files changed at random, from a seed: what a fuzz of the decoders feeds them. Every change can be made again
 * from the decoder's name and the seed alone.
 */

import { noiseSource } from "../../testing/noise.ts";
import { bytesOf } from "../bytes.ts";
import { decodeAudio } from "../decode.ts";
import { readMp3Header } from "../mp3Header.ts";
import { type AudioNotice, tolerances } from "../notices.ts";
import { pcmBytes } from "../pcm.ts";
import { id3v2Length } from "../sniff.ts";
import { readId3v2 } from "../tags/id3v2.ts";
import { readMp4Tags } from "../tags/mp4.ts";
import type { AudioTags } from "../tags.ts";
import { aiffChunk, encodeAiff } from "./aiffEncoder.ts";
import { fileOf, pagesOf, repairOgg } from "./oggFile.ts";
import { flacFixtures, m4aFixture, mp3Fixtures, oggFixtures } from "./signals.ts";
import { chunk, encodeRifx, encodeWav, encodeWave64 } from "./wavEncoder.ts";

/** Whole numbers from 0 below a bound, from a seed. */
type Draw = (below: number) => number;

function drawFrom(seed: number): Draw {
  const noise = noiseSource(Math.imul(seed + 1, 0x9e3779b1));
  return (below) => Math.floor(((noise() + 1) / 2) * below);
}

/** Lengths and counts that a careless reader would allocate, or that overflow. */
const hostileNumbers: readonly number[] = [
  ...[0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe],
  ...[0xffffffff, 0x7ffff000],
];

/** A copy with a few bytes or a number changed, or with a piece cut out, repeated, moved or cut off. */
export function mutate(bytes: Uint8Array, seed: number): Uint8Array {
  const draw = drawFrom(seed);
  const at = draw(bytes.length);
  const length = 1 + draw(Math.min(400, bytes.length - at));
  const copy = bytes.slice();
  // Every other place lies in the headers, where it hurts most.
  const place = () => (draw(2) === 0 ? draw(Math.min(160, copy.length)) : draw(copy.length));
  switch (draw(10)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return joined(bytes.subarray(0, at), bytes.subarray(at + length));
    case 2:
      return joined(bytes.subarray(0, at + length), bytes.subarray(at));
    case 3:
      copy.copyWithin(draw(bytes.length), at, at + length);
      return copy;
    case 4:
    case 5: {
      const number = hostileNumbers[draw(hostileNumbers.length)];
      const four = new DataView(new ArrayBuffer(4));
      four.setUint32(0, number, draw(2) === 0);
      const to = place();
      copy.set(new Uint8Array(four.buffer).subarray(0, Math.min(4, copy.length - to)), to);
      return copy;
    }
    case 6:
      for (let n = draw(200); n >= 0; n--) copy[place()] = draw(256);
      return copy;
    default:
      for (let n = draw(4); n >= 0; n--) copy[place()] ^= 1 << draw(8);
      return copy;
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** A decoder, and files that were good before a seed changed them. */
export interface FuzzedDecoder {
  /** The file that a seed changes. */
  readonly original: (seed: number) => Uint8Array;
  /** The changed file of a seed. */
  readonly make: (seed: number) => Uint8Array;
  /** Whether the file may pass for a whole one that holds less. */
  readonly mayLose: (seed: number) => boolean;
  /** Reads it to the end. */
  readonly read: (bytes: Uint8Array, seed: number) => Promise<Reading>;
}

/** What came of reading a file. */
export interface Reading {
  /** Samples per channel that the head told, if it did, and those that came. */
  readonly said: number | undefined;
  readonly read: number;
  /** How the samples lie in the file, as its head has it. */
  readonly coding: string;
  /** How much came: bytes of samples that are not compressed, else samples per channel. */
  readonly amount: number;
  readonly notices: readonly AudioNotice[];
}

async function decode(bytes: Uint8Array, seed: number): Promise<Reading> {
  const tolerance = tolerances[seed % tolerances.length];
  await using source = await decodeAudio(bytesOf(bytes, "fuzz"), undefined, { tolerance });
  let read = 0;
  for await (const block of source.blocks()) read += block[0].length;
  const { frames, sampleRate, channels, sampleFormat, container } = source.format;
  const isPlain = container === "wav" || container === "aiff";
  const size = Object.entries(pcmBytes).find(([format]) => isPlain && format === sampleFormat);
  return {
    said: frames,
    read,
    coding: isPlain ? "PCM" : `${sampleFormat} of ${channels} channels at ${sampleRate} Hz`,
    amount: size ? read * channels * size[1] : read,
    notices: source.notices,
  };
}

/** A reader of tags, which never fails: what is illegible is passed over. */
function tagReader(
  bytes: Uint8Array,
  tags: (bytes: Uint8Array) => AudioTags | Promise<AudioTags>,
): FuzzedDecoder {
  return {
    original: () => bytes,
    make: (seed) => mutate(bytes, seed),
    mayLose: () => false,
    read: async (changed) => {
      await tags(changed);
      return { said: undefined, read: 0, coding: "", amount: 0, notices: [] };
    },
  };
}

/**
 * @param passes whether a changed file may pass for a whole one that holds less, though it is as long.
 */
function decoder(
  files: readonly Uint8Array[],
  change: (bytes: Uint8Array, seed: number) => Uint8Array = mutate,
  passes: (original: Uint8Array, changed: Uint8Array, seed: number) => boolean = () => false,
): FuzzedDecoder {
  // No Buffers: their slices would share memory.
  const wholes = files.map((file) => new Uint8Array(file));
  const original = (seed: number) => wholes[seed % wholes.length];
  const make = (seed: number) => change(original(seed), seed);
  // Without a count anywhere, a file that was cut between two frames is a shorter file.
  const mayLose = (seed: number) =>
    make(seed).length < original(seed).length || passes(original(seed), make(seed), seed);
  return { original, make, mayLose, read: decode };
}

/** Ogg files as they are, with checksums made right again, and with whole pages whose packets are changed. */
function mutateOgg(bytes: Uint8Array, seed: number): Uint8Array {
  if (seed % 3 === 0) return mutate(bytes, seed);
  if (seed % 3 === 1) return repairOgg(mutate(bytes, seed));
  const draw = drawFrom(seed);
  const pages = pagesOf(bytes);
  for (let n = draw(12); n >= 0; n--) {
    const { bytes: page } = pages[1 + draw(pages.length - 1)];
    const body = 27 + page[26];
    page[body + draw(page.length - body)] ^= 1 << draw(8);
  }
  return fileOf(pages);
}

/** Packets whose checksums are right are believed, also where they are shorter than they were. */
const isRepaired = (_: Uint8Array, __: Uint8Array, seed: number) => seed % 3 !== 0;

/**
 * What ID3's and LAME's tags tell of lengths is believed, and so are headers that lead from frame to frame: one that is
 * changed may lead exactly to a later one.
 */
function passesForMp3(original: Uint8Array, changed: Uint8Array): boolean {
  let at = id3v2Length(changed);
  for (let header = readMp3Header(changed, at); header; header = readMp3Header(changed, at)) {
    at += header.frameBytes;
  }
  if (at === changed.length) return true;
  const text = Buffer.from(original).toString("latin1");
  return [...text.matchAll(/ID3|Info|Xing/g)].some(({ index }) => {
    const begin = Math.max(0, index - 40);
    const tag = original.subarray(begin, index + 160);
    return tag.some((byte, i) => byte !== changed[begin + i]);
  });
}

const noise = noiseSource(4);
const ramps = [0, 1].map(() => Array.from({ length: 500 }, () => Math.floor(noise() * 100)));
const info = chunk("LIST", Buffer.from("INFOINAM\x06\0\0\0Title\0", "latin1"));
const { vorbis8, vorbis22, vorbis44, vorbis48, opusMono, opusStereo, opusSurround, opusVoice } =
  oggFixtures;
const id3v1 = new Uint8Array(128);
id3v1.set([0x54, 0x41, 0x47]);
const bytesOfAll = (fixtures: readonly { readonly bytes: Uint8Array }[]) =>
  fixtures.map(({ bytes }) => bytes);

/** All decoders of this package, and its readers of tags. AAC is decoded by ffmpeg, in a process of its own. */
export const fuzzedDecoders = {
  wav: decoder([
    encodeWav(ramps, { format: "uint8", before: [info] }),
    encodeWav(ramps, { format: "int16", extensible: true, mask: 3, after: [info] }),
    encodeWav(ramps, { format: "int24", magic: "RF64" }),
    encodeWav(ramps, { format: "float64", magic: "RF64", extensible: true }),
    encodeWave64(ramps, 48000, "int16"),
    encodeRifx(ramps, 48000, "int32"),
  ]),
  aiff: decoder([
    encodeAiff(ramps, "int16", { after: [aiffChunk("NAME", Buffer.from("Title"))] }),
    encodeAiff(ramps, "int24", { compression: "in24", descriptionLast: true }),
    encodeAiff(ramps, "float64", { compression: "fl64", offset: 16 }),
    encodeAiff(ramps, "int16", { compression: "sowt", littleEndian: true }),
  ]),
  flac: decoder([
    ...bytesOfAll(Object.values(flacFixtures)),
    joined(flacFixtures.mono24.bytes, flacFixtures.mono24.bytes),
  ]),
  mp3: decoder(
    [
      ...bytesOfAll(Object.values(mp3Fixtures)),
      joined(mp3Fixtures.mono.bytes, id3v1, mp3Fixtures.mono.bytes),
    ],
    mutate,
    passesForMp3,
  ),
  vorbis: decoder(bytesOfAll([vorbis8, vorbis22, vorbis44, vorbis48]), mutateOgg, isRepaired),
  opus: decoder(bytesOfAll([opusMono, opusStereo, opusSurround, opusVoice]), mutateOgg, isRepaired),
  oggFlac: decoder(bytesOfAll([oggFixtures.flac16, oggFixtures.flac24]), mutateOgg, isRepaired),
  id3v2: tagReader(mp3Fixtures.tagged.bytes.subarray(0, 600), (bytes) => readId3v2(bytes).tags),
  mp4Tags: tagReader(m4aFixture.bytes, (bytes) => readMp4Tags(bytesOf(bytes, "fuzz"))),
} as const satisfies Readonly<Record<string, FuzzedDecoder>>;
