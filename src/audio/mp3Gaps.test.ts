/** The silence that MP3 encoders put before and after the sound: what is cut here, and by mpg123 and ffmpeg. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fixturesDir } from "../testing/golden.ts";
import { bytesOf } from "./bytes.ts";
import { decodeAudio } from "./decode.ts";
import { delay } from "./testing/encoding.ts";
import { chirp, readAll } from "./testing/signals.ts";

/** How many samples late the sound is, and samples per channel in all. */
type Gap = readonly [late: number, frames: number];

/** As `scripts/mp3Gaps.mjs` prints it, and what ours are, where the two disagree or we disagree with both. */
type Row = readonly [file: string, mpg123: Gap, ffmpeg: Gap, ours?: Gap];

const encoders: readonly Row[] = [
  ["lame-cbr", [0, 8821], [0, 8821]],
  ["lame-vbr", [0, 8821], [0, 8821]],
  ["lame-abr", [0, 8821], [0, 8821]],
  ["lame-mono", [0, 8821], [0, 8821]],
  ["lame-dual", [0, 8821], [0, 8821]],
  ["lame-crc", [0, 8821], [0, 8821]],
  ["lame-crc-mono", [0, 8821], [0, 8821]],
  ["lame-untagged", [1105, 10368], [1105, 10368]],
  ["lame-48000", [0, 9601], [0, 9601]],
  ["lame-32000", [0, 6401], [0, 6401]],
  ["lame-22050", [0, 4411], [0, 4411]],
  ["lame-22050-crc-mono", [1105, 5760], [1105, 5760]],
  ["lame-11025", [0, 2206], [0, 2206]],
  ["lame-8000-mono", [0, 1601], [0, 1601]],
  ["lame-small-frames", [1105, 10368], [1105, 10368]],
  ["lame-nogap-first", [1105, 8064], [1105, 8064]],
  ["lame-nogap-last", [1862, 11520], [1862, 11520]],
  ["lavc-lame-cbr", [0, 8821], [0, 8821]],
  ["lavc-lame-vbr-mono", [0, 4801], [0, 4801]],
  ["lavf-bitexact", [0, 8821], [0, 8821]],
  ["lavc-shine", [528, 8687], [528, 8687]],
  ["sox", [1105, 10368], [1105, 10368]],
  ["gstreamer-xingmux", [576, 9839], [1105, 10368], [1105, 10368]],
];

/**
 * Tags made by hand. That of a whole file with a checksum may be where the checksum counts, which neither knows; and of
 * joined files we cut each part's gaps.
 */
const tags: readonly Row[] = [
  ["tag-lame-3.90", [0, 8821], [0, 8821]],
  ["tag-lame-3.99", [0, 8821], [0, 8821]],
  ["tag-l3.99", [0, 8821], [1105, 10368], [0, 8821]],
  ["tag-lavc", [0, 8821], [0, 8821]],
  ["tag-gogo", [0, 8821], [1105, 10368], [0, 8821]],
  ["tag-xing-alone", [576, 9839], [1105, 10368], [1105, 10368]],
  ["tag-xing-word", [0, 8821], [0, 8821]],
  ["tag-count-alone", [576, 9839], [1105, 10368], [1105, 10368]],
  ["tag-counts-itself", [0, 9263], [0, 9263]],
  ["gap-0-0", [576, 9839], [576, 9839]],
  ["gap-1105-0", [-529, 8734], [-529, 8734]],
  ["gap-576-100", [0, 9263], [0, 9263]],
  ["gap-576-528", [0, 9263], [0, 9263]],
  ["gap-576-4095", [0, 5697], [0, 5697]],
  ["gap-4095-4095", [-3519, 2178], [-3519, 2178]],
  ["tag-after-checksum", [2257, 11520], [2257, 11520], [0, 8821]],
  ["tag-vbri", [2257, 11520], [1105, 10368], [1105, 10368]],
  ["between-id3", [0, 8821], [0, 8821]],
  ["joined", [0, 20341], [0, 20783], [0, 17642]],
];

describe.each([
  ["of encoders", encoders],
  ["of tags", tags],
])("MP3 gaps %s", (_, rows) => {
  const named = rows.map(([file, mpg123, ffmpeg, ours]) => ({ file, mpg123, ffmpeg, ours }));
  it.each(named)(
    "$file: mpg123 $mpg123, ffmpeg $ffmpeg",
    async ({ file, mpg123, ffmpeg, ours }) => {
      if (ours === undefined) expect(mpg123).toEqual(ffmpeg);
      const [late, wanted] = ours ?? mpg123;
      const bytes = new Uint8Array(readFileSync(`${fixturesDir}gaps/${file}.mp3`));
      const source = await decodeAudio(bytesOf(bytes, file));
      const { sampleRate, frames } = source.format;
      const [y] = await readAll(source);
      const x = Float32Array.from({ length: Math.round(0.2 * sampleRate) + 1 }, (_, i) =>
        chirp(0, i / sampleRate),
      );
      const [begin, from] = [Math.max(0, -late), Math.max(0, late)];
      expect(delay(x.subarray(begin), y.subarray(from), 20)).toBe(0);
      expect(y.length).toBe(wanted);
      const isTold = source.notices.some(({ kind }) => kind === "wrong-length");
      if (frames !== undefined && !isTold) expect(frames).toBe(y.length);
      expect(source.notices.length).toBe(file === "tag-counts-itself" ? 1 : 0);
    },
  );
});
