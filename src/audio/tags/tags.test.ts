import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf } from "../bytes.ts";
import { decodeAudio } from "../decode.ts";
import { type AudioTags, mergedTags, tagsFrom, textOf } from "../tags.ts";
import { aiffChunk, encodeAiff } from "../testing/aiffEncoder.ts";
import {
  decodeBytes,
  fixtureTags,
  flacFixtures,
  m4aFixture,
  mp3Fixtures,
} from "../testing/signals.ts";
import { chunk, encodeWav } from "../testing/wavEncoder.ts";
import { genreName } from "./genres.ts";
import { readId3v1 } from "./id3v1.ts";
import { readId3v2 } from "./id3v2.ts";
import { readMp4Tags } from "./mp4.ts";
import { commentTags, readComments } from "./vorbisComment.ts";

const latin1 = (text: string) => Buffer.from(text, "latin1");
const utf16 = (text: string, big = false) => {
  const bytes = Buffer.from(`\ufeff${text}`, "utf16le");
  return big ? bytes.swap16() : bytes;
};
const syncsafe = (n: number) => Buffer.from([n >> 21, (n >> 14) & 127, (n >> 7) & 127, n & 127]);

/** A frame of version 2.3, or of 2.4 if `syncsafe` lengths are given. */
function frame(id: string, content: Uint8Array, options: { flags?: number; length?: Buffer } = {}) {
  const plain = Buffer.alloc(4);
  plain.writeUInt32BE(content.length);
  return Buffer.concat([
    latin1(id),
    options.length ?? plain,
    Buffer.from([0, options.flags ?? 0]),
    content,
  ]);
}

function tag(version: number, frames: readonly Uint8Array[], flags = 0): Buffer {
  const body = Buffer.concat(frames);
  return Buffer.concat([
    latin1("ID3"),
    Buffer.from([version, 0, flags]),
    syncsafe(body.length),
    body,
  ]);
}

const text = (encoding: number, content: Uint8Array) =>
  Buffer.concat([Buffer.from([encoding]), content]);

async function tagsOf(bytes: Uint8Array): Promise<AudioTags> {
  await using source = await decodeAudio(bytesOf(bytes, "test"));
  return source.tags;
}

describe("ID3v2", () => {
  it.each<[string, Uint8Array, string]>([
    ["Latin-1", text(0, latin1("Títle")), "Títle"],
    ["UTF-16, little-endian", text(1, utf16("Títle 音")), "Títle 音"],
    ["UTF-16, big-endian", text(1, utf16("Títle 音", true)), "Títle 音"],
    ["UTF-16 without a mark", text(2, utf16("Títle", true).subarray(2)), "Títle"],
    ["UTF-8", text(3, Buffer.from("Títle 🎵")), "Títle 🎵"],
    ["a zero at the end", text(0, latin1("Title\0")), "Title"],
    ["several values", text(3, Buffer.from("One\0Two")), "One; Two"],
    [
      "several values in UTF-16",
      text(1, Buffer.concat([utf16("One\0"), utf16("Two\0")])),
      "One; Two",
    ],
    ["control characters", text(0, latin1("T\x01it\x1ble ")), "Title"],
  ])("reads %s", (_, content, title) => {
    expect(readId3v2(tag(3, [frame("TIT2", content)])).tags).toEqual({ title });
  });

  it("reads version 2.2", () => {
    const short = (id: string, content: Uint8Array) =>
      Buffer.concat([latin1(id), Buffer.from([0, 0, content.length]), content]);
    const bytes = tag(2, [
      short("TT2", text(0, latin1("Title"))),
      short("TP1", text(0, latin1("Artist"))),
      short("COM", text(0, latin1("eng\0a comment"))),
      short("PIC", Buffer.alloc(90)),
      short("TYE", text(0, latin1("1999"))),
    ]);
    expect(readId3v2(bytes).tags).toEqual({
      title: "Title",
      artist: "Artist",
      comment: "a comment",
      date: "1999",
    });
  });

  it("reads version 2.4 with its own flags, and with the plain lengths of old programs", () => {
    const long = text(3, Buffer.from("x".repeat(200)));
    const bytes = tag(4, [
      frame("TALB", long, { length: syncsafe(long.length) }),
      frame("TIT2", text(3, latin1("Title")), { length: syncsafe(6) }),
    ]);
    expect(readId3v2(bytes).tags).toEqual({ album: "x".repeat(200), title: "Title" });
    const plain = tag(4, [frame("TALB", long), frame("TIT2", text(3, latin1("Title")))]);
    expect(readId3v2(plain).tags).toEqual({ album: "x".repeat(200), title: "Title" });
    const sized = Buffer.concat([Buffer.from([0, 0, 0, 6]), text(0, latin1("A\xff\0\xe0"))]);
    const unsynchronised = frame("TPE1", sized, { flags: 3, length: syncsafe(sized.length) });
    expect(readId3v2(tag(4, [unsynchronised])).tags).toEqual({ artist: "Aÿà" });
  });

  it("undoes the unsynchronisation of a whole tag, and passes over an extended header", () => {
    const title = frame("TIT2", text(0, latin1("\xff\0\xe0!")), {
      length: Buffer.from([0, 0, 0, 4]),
    });
    expect(readId3v2(tag(3, [title], 0x80)).tags).toEqual({ title: "ÿà!" });
    const extended = Buffer.from([0, 0, 0, 6, 0, 0, 0, 0, 0, 0]);
    const plain = frame("TIT2", text(0, latin1("Title")));
    expect(readId3v2(tag(3, [extended, plain], 0x40)).tags).toEqual({ title: "Title" });
  });

  it.each([
    ["(17)", "Rock"],
    ["17", "Rock"],
    ["(17)Hard Rock", "Hard Rock"],
    ["(0)", "Blues"],
    ["(255)", undefined],
    ["Rock", "Rock"],
    ["(Live)", "(Live)"],
  ])("genre %s is %s", (written, genre) => {
    const { tags } = readId3v2(tag(3, [frame("TCON", text(0, latin1(written)))]));
    expect(tags.genre).toBe(genre);
  });

  it("passes over what is encrypted, compressed or of an unknown encoding", () => {
    const content = text(0, latin1("Title"));
    const bytes = tag(3, [
      frame("TIT2", content, { flags: 0x80 }),
      frame("TPE1", text(9, latin1("Artist"))),
      frame("TALB", text(0, latin1("Album"))),
    ]);
    expect(readId3v2(bytes).tags).toEqual({ album: "Album" });
  });

  it("takes the comment without a description, and iTunes' gaps", () => {
    const comment = (description: string, value: string) =>
      frame("COMM", text(0, latin1(`eng${description}\0${value}`)));
    const gaps = " 00000000 00000210 00000A2C 000000000004E7D0 00000000";
    const bytes = tag(3, [
      comment("iTunNORM", " 0000"),
      comment("iTunSMPB", gaps),
      comment("", "a comment"),
    ]);
    expect(readId3v2(bytes)).toEqual({ tags: { comment: "a comment" }, itunesGaps: gaps });
  });

  it("reads what is left of a cut tag", () => {
    const bytes = tag(3, [
      frame("TIT2", text(0, latin1("Title"))),
      frame("APIC", Buffer.alloc(5000)),
      frame("TPE1", text(0, latin1("Artist"))),
    ]);
    expect(readId3v2(bytes.subarray(0, 1000)).tags).toEqual({ title: "Title" });
    for (let length = 0; length < bytes.length; length += 7) readId3v2(bytes.subarray(0, length));
  });

  it("takes any bytes without failing", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 2, max: 4 }),
        (body, version) => {
          readId3v2(tag(version, [body], body[0] ?? 0));
          readComments(body);
          readId3v1(body);
        },
      ),
      { seed: 5, numRuns: 500 },
    );
  });
});

describe("ID3v1", () => {
  const fields = (comment: string, genre: number) =>
    Buffer.concat([
      latin1("TAG"),
      ...["Título", "Artist", "Album"].map((field) => latin1(field.padEnd(30, "\0"))),
      latin1("1999"),
      latin1(comment.padEnd(30, "\0")),
      Buffer.from([genre]),
    ]);

  it("has the track in the comment's last two bytes, if it has", () => {
    const common = { title: "Título", artist: "Artist", album: "Album", date: "1999" };
    expect(readId3v1(fields("short", 17))).toEqual({ ...common, comment: "short", genre: "Rock" });
    expect(readId3v1(fields(`${"c".repeat(28)}\0\x05`, 255))).toEqual({
      ...common,
      comment: "c".repeat(28),
      track: "5",
    });
    expect(readId3v1(fields("c".repeat(30), 0))).toMatchObject({ comment: "c".repeat(30) });
    expect(readId3v1(Buffer.alloc(128))).toEqual({});
  });

  it("numbers its genres", () => {
    const numbers = [0, 17, 79, 80, 125, 126, 255];
    const names = ["Blues", "Rock", "Hard Rock", "Folk", "Dance Hall", undefined, undefined];
    expect(numbers.map(genreName)).toEqual(names);
  });
});

describe("Vorbis comments", () => {
  function block(...lines: readonly string[]): Buffer {
    const sized = (text: string) => {
      const bytes = Buffer.from(text);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return Buffer.concat([length, bytes]);
    };
    const count = Buffer.alloc(4);
    count.writeUInt32LE(lines.length);
    return Buffer.concat([sized("vendor"), count, ...lines.map(sized)]);
  }
  const read = (...lines: readonly string[]) => commentTags(readComments(block(...lines)));

  it("join several values, and count tracks", () => {
    expect(
      read("artist=One", "ARTIST=Two", "Artist=One", "TRACKNUMBER=3", "TRACKTOTAL=12", "x", "=y"),
    ).toEqual({ artist: "One; Two", track: "3/12" });
    expect(read("TRACKNUMBER=3/12", "TOTALTRACKS=9")).toEqual({ track: "3/12" });
    expect(read("YEAR=1999", "DATE=2001", "DESCRIPTION=c")).toEqual({ date: "2001", comment: "c" });
    expect(read("TITLE= ", "title=Title")).toEqual({ title: "Title" });
  });

  it("are read as far as they are legible", () => {
    const whole = block(
      "TITLE=Title",
      `METADATA_BLOCK_PICTURE=${"x".repeat(70000)}`,
      "ALBUM=Album",
    );
    expect(commentTags(readComments(whole))).toEqual({ title: "Title", album: "Album" });
    expect(commentTags(readComments(whole.subarray(0, 50)))).toEqual({ title: "Title" });
    const hostile = Buffer.from(whole);
    hostile.writeUInt32LE(0xffffffff, 10);
    hostile.writeUInt32LE(0xffffffff, 0);
    expect(commentTags(readComments(hostile))).toEqual({});
  });
});

describe("tags of whole files", () => {
  const title = chunk("LIST", latin1("INFOINAM\x06\0\0\0Title\0ICMT\x03\0\0\0C\xfc\0"));

  it("MP3: ID3v2 before ID3v1", async () => {
    const { comment: _, ...rest } = fixtureTags;
    expect(await tagsOf(mp3Fixtures.tagged.bytes)).toMatchObject({ ...rest, date: "2001" });
    const bare = mp3Fixtures.untagged.bytes;
    const id1 = Buffer.concat([latin1("TAGOld title"), Buffer.alloc(116)]);
    const id2 = tag(3, [frame("TIT2", text(0, latin1("Title")))]);
    expect((await tagsOf(Buffer.concat([bare, id1]))).title).toBe("Old title");
    expect((await tagsOf(Buffer.concat([id2, bare, id1]))).title).toBe("Title");
  });

  it("FLAC: its comments, also after a tag", async () => {
    const id2 = tag(3, [
      frame("TIT2", text(0, latin1("Title"))),
      frame("TALB", text(0, latin1("Album"))),
    ]);
    const comment = Buffer.concat([
      Buffer.from([0, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0]),
      latin1("TITLE=T"),
    ]);
    const { bytes } = flacFixtures.mono24;
    const block = Buffer.concat([Buffer.from([4, 0, 0, comment.length]), comment]);
    const file = Buffer.concat([id2, bytes.subarray(0, 42), block, bytes.subarray(42)]);
    expect(await tagsOf(file)).toEqual({ title: "T", album: "Album" });
    expect(await decodeBytes(file)).toEqual(flacFixtures.mono24.channels);
  });

  it("WAV: INFO and ID3v2, before and after the samples", async () => {
    const expected = { title: "Title", comment: "Cü" };
    expect(await tagsOf(encodeWav([[1]], { before: [title] }))).toEqual(expected);
    expect(await tagsOf(encodeWav([[1]], { after: [title] }))).toEqual(expected);
    const id3 = chunk("id3 ", tag(3, [frame("TIT2", text(0, latin1("Longer title")))]));
    expect(await tagsOf(encodeWav([[1]], { before: [title], after: [id3] }))).toEqual({
      title: "Longer title",
      comment: "Cü",
    });
  });

  it("AIFF: its texts and ID3v2", async () => {
    const after = [
      aiffChunk("NAME", latin1("Title")),
      aiffChunk("AUTH", latin1("Artist\0")),
      aiffChunk("ID3 ", tag(3, [frame("TALB", text(0, latin1("Album")))])),
    ];
    expect(await tagsOf(encodeAiff([[1]], "int16", { after }))).toEqual({
      title: "Title",
      artist: "Artist",
      album: "Album",
    });
  });

  it("damaged tags do no harm", async () => {
    const broken = [
      chunk("LIST", latin1("INFOINAM\xff\xff\xff\xff"), 0xfffffff0),
      chunk("id3 ", latin1("ID3\x03\0\0\x7f\x7f\x7f\x7fTIT2\xff\xff\xff\xff")),
    ];
    for (const bad of broken) {
      const file = encodeWav([[1, 2]], { after: [bad] });
      expect((await decodeBytes(file))[0].length).toBe(2);
      expect(await tagsOf(file)).toEqual({});
    }
    // What follows the samples and is no chunk counts as samples that the header did not count, not as tags.
    const endless = encodeWav([[1, 2]], { after: [new Uint8Array(200000)] });
    expect((await decodeBytes(endless))[0].length).toBe(2 + 100000);
    expect(await tagsOf(endless)).toEqual({});
  });

  it("MP4: iTunes' items", async () => {
    const { bytes } = m4aFixture;
    expect(await readMp4Tags(bytesOf(bytes, "test"))).toEqual(fixtureTags);
    for (let length = 0; length < bytes.length; length += 101) {
      await readMp4Tags(bytesOf(bytes.subarray(0, length), "test"));
    }
    expect(await readMp4Tags(bytesOf(mp3Fixtures.mono.bytes, "test"))).toEqual({});
  });
});

describe("tags", () => {
  it("are trimmed, never empty, and of bounded length", () => {
    const long = "x".repeat(20000);
    const found = tagsFrom([
      ["title", " \0Title"],
      ["title", "  A \r\n title "],
      ["title", "Another"],
      ["artist", "\ufeff\u0007"],
      ["comment", long],
    ]);
    expect(found).toEqual({ title: "A \n title", comment: long.slice(0, 10000) });
    expect(mergedTags({ title: "a" }, { title: "b", album: "c" })).toEqual({
      title: "a",
      album: "c",
    });
  });

  it("that are no UTF-8 are taken for Western European ones", () => {
    expect(textOf(Buffer.from("Grüße 音"))).toBe("Grüße 音");
    expect(textOf(latin1("Gr\xfc\xdfe"))).toBe("Grüße");
  });
});
