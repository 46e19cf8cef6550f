import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AudioTags } from "../tags.ts";
import { encoded } from "../testing/encoding.ts";
import { decodeBytes } from "../testing/signals.ts";
import { readInfo } from "./chunkTags.ts";
import { readId3v2 } from "./id3v2.ts";
import { id3Tag, infoChunk, vorbisComment } from "./tagBytes.ts";
import { commentTags, readComments } from "./vorbisComment.ts";

const tags: Required<AudioTags> = {
  title: "Ünïcode 音楽 🎵",
  artist: "An artist",
  album: "x",
  albumArtist: "Various = artists",
  date: "1997-05-21",
  genre: "Rock",
  track: "3/12",
  comment: "first line\nsecond line",
};
const { albumArtist: _, ...withoutAlbumArtist } = tags;

/** The three forms, each with its reader. */
const forms = [
  ["INFO", (tags: AudioTags) => readInfo(infoChunk(tags).subarray(8)), withoutAlbumArtist],
  ["Vorbis comment", (tags: AudioTags) => commentTags(readComments(vorbisComment(tags))), tags],
  ["ID3v2", (tags: AudioTags) => readId3v2(id3Tag(tags)).tags, tags],
] as const;

describe.each(forms)("tags as %s", (_name, there, all) => {
  it("come back", () => {
    expect(there(tags)).toEqual(all);
    expect(there({})).toEqual({});
    expect(there({ title: "only" })).toEqual({ title: "only" });
    expect(there({ title: "", artist: " \n", album: "\0" })).toEqual({});
  });

  it("are cut between characters when they are too long", () => {
    for (const character of ["x", "ü", "音", "🎵"]) {
      const { title = "" } = there({ title: `y${character.repeat(9000)}` });
      expect(title).toMatch(new RegExp(`^y(${character})+$`, "u"));
      const length = Buffer.byteLength(title);
      expect(length).toBeLessThanOrEqual(4096);
      expect(length).toBeGreaterThan(4096 - 4);
    }
  });
});

it("hostile tags leave every file whole", async () => {
  const samples = [Float32Array.of(0.5, -0.25, 0.125)];
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("\0", "data", "LIST\x04\0\0\0", "\ud800", "=\n=", "x".repeat(100000), "fLaC"),
  );
  const hostile = fc.record(
    { title: text, artist: text, track: text, comment: text },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(
      hostile,
      fc.constantFrom("wav" as const, "flac" as const),
      async (tags, container) => {
        const format = { container, encoding: "int16" } as const;
        const file = await encoded(format, { sampleRate: 44100, channels: 1 }, samples, { tags });
        expect(file.length).toBeLessThan(40000);
        expect(await decodeBytes(file)).toEqual(samples);
        expect(readId3v2(id3Tag(tags)).tags.title?.length ?? 0).toBeLessThanOrEqual(4096);
      },
    ),
    { numRuns: process.env.XUMX_ALL_TESTS === "1" ? 40 : 10 },
  );
});
