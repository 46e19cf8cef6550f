/** Files as people have them, and others of each kind: what comes of them, and what is said. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixturesDir } from "../testing/golden.ts";
import { type ByteSource, bytesOf } from "./bytes.ts";
import { type DecodeOptions, decodeAudio } from "./decode.ts";
import { openAudio } from "./file.ts";
import { type AudioNotice, noticeText } from "./notices.ts";
import type { AudioSource } from "./source.ts";
import { aiffChunk, encodeAiff } from "./testing/aiffEncoder.ts";
import { delay } from "./testing/encoding.ts";
import { decodeBytes, flacFixtures, mp3Fixtures, oggFixtures, readAll } from "./testing/signals.ts";
import { chunk, encodeRifx, encodeWav, encodeWave64 } from "./testing/wavEncoder.ts";

const folder = `${fixturesDir}cases/`;
const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;
const caseFile = (name: string) => new Uint8Array(readFileSync(folder + name));
const text = (s: string) => new TextEncoder().encode(s);
const cat = (...parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

interface Outcome {
  readonly channels: Float32Array[];
  readonly frames: number;
  readonly kinds: readonly AudioNotice["kind"][];
  readonly notices: readonly AudioNotice[];
}

async function outcomeOf(source: AudioSource): Promise<Outcome> {
  const channels = await readAll(source);
  const { notices, format } = source;
  const frames = channels[0].length;
  // What a head tells, a reader keeps, unless it says otherwise.
  if (!notices.some(({ kind }) => kind === "wrong-length") && format.frames !== undefined) {
    expect(format.frames).toBe(frames);
  }
  for (const notice of notices) expect(noticeText(notice)).toMatch(/^[a-z0-9].*\.$/);
  return { channels, frames, kinds: notices.map(({ kind }) => kind), notices };
}

async function read(bytes: Uint8Array, options: DecodeOptions = {}): Promise<Outcome> {
  return outcomeOf(await decodeAudio(bytesOf(bytes, "test"), undefined, options));
}

type Case = readonly [name: string, frames: number, kinds: readonly AudioNotice["kind"][]];

describe("reported files", () => {
  it.each<Case>([
    ["hls_segments.mp3", 354816, []],
    ["cat_id3v1.mp3", 661500, []],
    ["mp3_lame_p_600ms.mp3", 26460, []],
    ["mp3_last_frame_cut.mp3", 132480, ["cut-short"]],
    ["mp3_crlf_at_end.mp3", 133632, ["unread"]],
    ["mp3_1000_FF_before_first_frame.mp3", 133632, ["junk-before"]],
    ["wav_stale_header_third_of_samples.wav", 39690, ["wrong-length"]],
    ["wav_lame_decode_stdout_7FFFFFFF.wav", 26460, []],
    ["wav_sox_24bit_stdout_7FFFEFFC.wav", 27648, []],
    ["aiff_sox_stdout_7F000000.aiff", 26460, []],
    ["wav_data0_riff_right.wav", 30870, []],
    ["wav_two_extra_bytes_in_data.wav", 30870, ["unread"]],
    ["wav_blockalign_0.wav", 30870, ["wrong-header"]],
    ["wav_id3_in_front.wav", 30870, []],
  ])("%s: %i frames", async (name, frames, kinds) => {
    const outcome = await outcomeOf(await openAudio(folder + name));
    expect([outcome.frames, outcome.kinds]).toEqual([frames, kinds]);
    const strictly = openAudio(folder + name, undefined, { tolerance: "none" }).then(readAll);
    if (kinds.length > 0) await expect(strictly).rejects.toMatchObject({ code: "corrupt-audio" });
    else expect((await strictly)[0].length).toBe(frames);
  });

  it("mp3_lame_p_600ms.mp3 is aligned with what was encoded", async () => {
    const [[x], [y]] = await Promise.all(
      ["mp3_lame_p_600ms_original.wav", "mp3_lame_p_600ms.mp3"].map((name) =>
        decodeBytes(caseFile(name)),
      ),
    );
    expect(delay(x, y, 20)).toBe(0);
  });

  it("mp3_free_format_400k.mp3 is named for what it is", async () => {
    const opening = openAudio(`${folder}mp3_free_format_400k.mp3`);
    await expect(opening).rejects.toMatchObject({
      code: "unsupported-audio",
      message: expect.stringContaining("free format"),
    });
  });

  it.each([
    ["mono", "gaps/free-format-mono.mp3", new Uint8Array(0)],
    ["at half the rate", "gaps/free-format-22050.mp3", new Uint8Array(0)],
    [
      "after a tag",
      "cases/mp3_free_format_400k.mp3",
      cat(text("ID3"), Uint8Array.of(4, 0, 0, 0, 0, 0, 9), new Uint8Array(9)),
    ],
  ])("free format %s is named too", async (_, name, before) => {
    const bytes = cat(before, new Uint8Array(readFileSync(fixturesDir + name)));
    await expect(read(bytes)).rejects.toThrow("free format");
  });

  it.skipIf(!hasFfmpeg).each<Case>([
    ["aac_in_transport_stream.mpegts", 134144, []],
    ["aac_latm.latm", 134144, []],
    ["mkv_two_audio_tracks_second_is_default.mkv", 134144, ["several-tracks"]],
    ["m4a_last_byte_missing.m4a", 132096, ["cut-short"]],
    ["mkv_cut_like_a_crashed_recorder.mkv", 83968, ["starts-late", "cut-short"]],
    ["caf_ffmpeg_pipe.caf", 26460, ["cut-short"]],
  ])("%s: %i frames, by ffmpeg", async (name, frames, kinds) => {
    const outcome = await outcomeOf(await openAudio(folder + name));
    expect([outcome.frames, outcome.kinds]).toEqual([frames, kinds]);
  });
});

describe("MP3", () => {
  const { stereo, mono, untagged } = mp3Fixtures;
  const id3v1 = cat(text("TAG"), new Uint8Array(125));
  const id3v2 = cat(text("ID3"), Uint8Array.of(4, 0, 0, 0, 0, 2, 0), new Uint8Array(256).fill(7));
  const ape = new Uint8Array(32 + 64 + 32);
  ape.set(text("APETAGEX"));
  ape.set([208, 7, 0, 0, 96, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xa0], 8);
  const lyrics = text("LYRICSBEGININD0000200000015LYRICS200");
  const starts = (bytes: Uint8Array, least: number) => {
    const found: number[] = [];
    for (let at = least; at < bytes.length; at++) {
      if (bytes[at] === 0xff && (bytes[at + 1] & 0xfe) === (bytes[least + 1] & 0xfe))
        found.push(at);
    }
    return found;
  };

  it.each([
    ["ID3v2", id3v2],
    ["ID3v1", id3v1],
    ["APEv2", ape],
    ["Lyrics3 and ID3v1", cat(lyrics, id3v1)],
  ])("goes on after %s between frames", async (_, tag) => {
    const { bytes } = untagged;
    const [, , second, third] = starts(bytes, 0);
    const places = [0, second, third, bytes.length];
    const pieces = places.slice(1).map((end, i) => bytes.subarray(places[i], end));
    const outcome = await read(cat(...pieces.flatMap((piece) => [piece, tag])));
    expect(outcome.channels).toEqual(await decodeBytes(bytes));
    expect(outcome.kinds).toEqual([]);
  });

  it.each([
    ["two alike", [stereo.bytes, stereo.bytes]],
    ["with ID3v1 between, and one without a tag", [mono.bytes, id3v1, untagged.bytes]],
    ["three, with ID3v2 before each", [id3v2, mono.bytes, id3v2, mono.bytes, id3v2, mono.bytes]],
  ])("joined, %s: each part as by itself", async (_, files) => {
    const songs = files.filter((file) => file.length > 300);
    const parts = await Promise.all(songs.map((file) => decodeBytes(file)));
    const { channels, kinds } = await read(cat(...files));
    const joined = parts[0].map((_, c) => Float32Array.from(parts.flatMap((part) => [...part[c]])));
    expect(channels).toEqual(joined);
    expect(kinds).toEqual([]);
  });

  it("finds the Info tag of frames with a checksum in either place", async () => {
    const bytes = caseFile("mp3_lame_p_600ms.mp3");
    const [, second] = starts(bytes, 0);
    const moved = bytes.slice();
    moved.copyWithin(38, 36, second - 2);
    moved.fill(0, 36, 38);
    expect((await read(moved)).channels).toEqual((await read(bytes)).channels);
  });

  it.each([1, 30, 90])(
    "without its last %i bytes loses the last frame, and says so",
    async (cut) => {
      for (const { bytes } of [stereo, mono, untagged]) {
        const whole = await decodeBytes(bytes);
        const { frames, kinds } = await read(bytes.subarray(0, bytes.length - cut));
        expect(kinds[0]).toBe("cut-short");
        expect(whole[0].length - frames).toBeLessThanOrEqual(1152);
      }
    },
  );

  it.each([
    ["a line break", text("\n")],
    ["a text", text("downloaded from example.org\r\n".repeat(9))],
    ["bytes of any kind", Uint8Array.from({ length: 5000 }, (_, i) => (i * i * 7) % 251)],
  ])("with %s after its end is whole, and says so", async (_, junk) => {
    const { channels, notices } = await read(cat(stereo.bytes, junk));
    expect(channels).toEqual(await decodeBytes(stereo.bytes));
    expect(notices).toEqual([
      { kind: "unread", position: stereo.bytes.length, bytes: junk.length },
    ]);
  });

  it("whose tag counts too few frames is read to the end", async () => {
    const at = stereo.bytes.findIndex(
      (_, i) => String.fromCharCode(...stereo.bytes.subarray(i, i + 4)) === "Info",
    );
    const stale = stereo.bytes.slice();
    const view = new DataView(stale.buffer);
    const count = view.getUint32(at + 8);
    for (const less of [1, 2, 20]) {
      view.setUint32(at + 8, count - less);
      const { frames, kinds } = await read(stale);
      expect(frames).toBeGreaterThanOrEqual(42000);
      expect(kinds).toEqual(["wrong-length"]);
    }
  });

  it("with a hole is an error that names the place; where holes are allowed, they are silent", async () => {
    const { bytes } = untagged;
    const places = starts(bytes, 0);
    const whole = await decodeBytes(bytes);
    for (const frame of [5, 9, 14]) {
      const broken = bytes.slice();
      broken.fill(0x11, places[frame], places[frame] + 4);
      await expect(read(broken)).rejects.toThrow(`byte ${places[frame]}`);
      const { channels, notices } = await read(broken, { tolerance: "holes" });
      expect(channels[0].length).toBe(whole[0].length);
      expect(notices).toMatchObject([{ kind: "hole", silence: 576 / 22050 }]);
      const begin = frame * 576;
      expect(channels[0].subarray(begin, begin + 576).every((x) => x === 0)).toBe(true);
      expect(channels[0].subarray(0, begin)).toEqual(whole[0].subarray(0, begin));
    }
  });
});

describe("junk in front", () => {
  it.each([
    ["WAV", encodeWav([[1, 2, 3]])],
    ["AIFF", encodeAiff([[1, 2, 3]], "int16")],
    ["FLAC", flacFixtures.mono24.bytes],
    ["Ogg", oggFixtures.vorbis22.bytes],
    ["MP3", mp3Fixtures.mono.bytes],
  ])("of %s is passed over, and told", async (_, bytes) => {
    for (const junk of [
      text("\r\n\r\nHTTP/1.0 200 OK\r\n".repeat(60)),
      new Uint8Array(2000).fill(255),
    ]) {
      const { channels, notices } = await read(cat(junk, bytes));
      expect(channels).toEqual(await decodeBytes(bytes));
      expect(notices).toEqual([{ kind: "junk-before", bytes: junk.length }]);
    }
  });
});

describe("tags in front", () => {
  const id3 = cat(text("ID3"), Uint8Array.of(3, 0, 0, 0, 0, 1, 0), new Uint8Array(128));

  it.each([
    ["AIFF", encodeAiff([[1, 2, 3]], "int16")],
    ["Wave64", encodeWave64([[1, 2, 3]], 8000, "int16")],
    ["FLAC", flacFixtures.mono24.bytes],
    ["Ogg", oggFixtures.vorbis22.bytes],
  ])("of %s are passed over", async (_, bytes) => {
    for (const tags of [id3, cat(id3, id3)]) {
      const { channels, kinds } = await read(cat(tags, bytes));
      expect([channels, kinds]).toEqual([await decodeBytes(bytes), []]);
    }
  });
});

describe("sizes that cannot be true", () => {
  const x = Array.from({ length: 20000 }, (_, i) => ((i * 7919) % 65536) - 32768);
  const expected = Float32Array.from(x, (v) => v / 32768);
  const is = async (bytes: Uint8Array, kinds: readonly AudioNotice["kind"][]) => {
    const outcome = await read(bytes);
    expect([outcome.frames, outcome.kinds]).toEqual([x.length, kinds]);
    expect(outcome.channels[0]).toEqual(expected);
  };

  it.each([0, 0x7f000000, 0x7fffeffc, 0x7ffff000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff])(
    "%i, as written into a pipe, is to the end",
    async (claimed) => {
      await is(encodeWav([x], { claimed, riffSize: claimed }), []);
      await is(encodeWav([x], { claimed }), []);
      if (claimed < 0x80000000) {
        const frames = Math.floor(claimed / 2);
        await is(encodeAiff([x], "int16", { frames, dataBytes: claimed }), []);
      }
    },
  );

  it.each([2, 0.5, 0.25, 0.01])("a header that counts %f of the samples", async (part) => {
    const claimed = 2 * Math.floor(x.length * part);
    const kinds = [part > 1 ? "cut-short" : "wrong-length"] as const;
    await is(encodeWav([x], { claimed, riffSize: claimed + 36 }), kinds);
    await is(encodeAiff([x], "int16", { frames: claimed / 2, dataBytes: claimed }), kinds);
  });

  it("of RF64 and Wave64 too", async () => {
    const rf64 = encodeWav([x], { magic: "RF64" });
    for (const bytes of [0n, 5000n, 10n ** 12n]) {
      const lying = rf64.slice();
      new DataView(lying.buffer, lying.byteOffset).setBigUint64(28, bytes, true);
      await is(lying, bytes === 0n ? [] : [bytes > 40000n ? "cut-short" : "wrong-length"]);
    }
    const w64 = encodeWave64([x], 44100, "int16");
    const at = w64.length - 40000 - 8;
    for (const bytes of [24n + 4000n, 24n + 80000n]) {
      const lying = w64.slice();
      new DataView(lying.buffer, lying.byteOffset).setBigUint64(at, bytes, true);
      await is(lying, [bytes > 40000n ? "cut-short" : "wrong-length"]);
    }
  });

  it("several data chunks follow one another", async () => {
    const half = encodeWav([x.slice(0, 12000)]);
    const rest = encodeWav([x.slice(12000)]).subarray(44);
    const list = chunk("LIST", text("INFOIART\x02\0\0\0A\0"));
    await is(cat(half, chunk("data", rest)), ["wrong-length"]);
    await is(cat(half, list, chunk("data", rest)), ["wrong-length"]);
    await is(cat(half, chunk("data", rest.subarray(0, 8000)), chunk("data", rest.subarray(8000))), [
      "wrong-length",
    ]);
  });

  it("chunks and tags after the samples are no samples", async () => {
    const list = chunk("LIST", new Uint8Array(300).fill(9));
    await is(encodeWav([x], { after: [list] }), []);
    await is(encodeWav([x], { after: [chunk("odd!", new Uint8Array(8001))] }), []);
    await is(cat(encodeWav([x]), text("TAG"), new Uint8Array(125)), []);
    await is(cat(encodeWav([x]), text("\r\n")), ["unread"]);
    await is(cat(encodeWav([x]), encodeWav([x])), ["unread"]);
    await is(encodeAiff([x], "int16", { after: [aiffChunk("ANNO", new Uint8Array(33))] }), []);
  });

  it("a part of a frame at the end is left, and told", async () => {
    const stereo = encodeWav([
      [1, 2],
      [3, 4],
    ]);
    for (const more of [1, 2, 3]) {
      const bytes = cat(stereo, new Uint8Array(more));
      new DataView(bytes.buffer).setUint32(40, 8 + more, true);
      const { frames, notices } = await read(bytes);
      expect(frames).toBe(2);
      expect(notices).toMatchObject([{ kind: "unread", bytes: more }]);
    }
  });

  it.each([0, 1, 2, 999])("frames of %i bytes that hold no such samples", async (frameBytes) => {
    const { frames, kinds } = await read(encodeWav([x, x], { patch: { 12: frameBytes } }));
    expect([frames, kinds]).toEqual([x.length, ["wrong-header"]]);
  });

  it("24 bits in four bytes", async () => {
    const wide = encodeWav([[1 << 30, -(1 << 24)]], { format: "int32", patch: { 14: 24 } });
    expect((await read(wide)).channels).toEqual([Float32Array.of(0.5, -1 / 128)]);
  });

  it("odd chunks without padding before the samples", async () => {
    const wav = encodeWav([x]);
    const head = wav.slice(0, 36);
    const odd = cat(text("LIST"), Uint8Array.of(5, 0, 0, 0), text("INFO!"));
    await is(cat(head, odd, wav.subarray(36)), []);
    expect((await read(encodeRifx([x], 8000, "int16"))).frames).toBe(x.length);
  });

  it.each([
    ["wrapped round", 617472, (2 ** 32 + 617472) / 4, 1],
    ["left open", 0xffffffff, (2 ** 32 + 617472) / 4, 1],
    ["SoX's", 0x7ffff000, 2 ** 30, 1],
    ["wrapped round twice", 4000, (2 ** 33 + 4000) / 4, 1],
  ])("beyond 4 GiB, %s", async (_, claimed, frames, notices) => {
    const header = encodeWav([[], []], { claimed, riffSize: 0xffffffff }).subarray(0, 44);
    const sparse: ByteSource = {
      name: "sparse",
      size: 44 + frames * 4,
      async read(position, target) {
        target.fill(0x81);
        if (position < 44) target.set(header.subarray(position, position + target.length));
        return Math.max(0, Math.min(target.length, this.size - position));
      },
      async close() {},
    };
    await using source = await decodeAudio(sparse);
    expect(source.format.frames).toBe(frames);
    expect(source.notices.length).toBe(notices);
  });
});

describe("FLAC", () => {
  const { mono24, mixed16, stereo16 } = flacFixtures;
  const id3v1 = cat(text("TAG"), new Uint8Array(125));

  it.each([
    ["two", [mono24.bytes, mono24.bytes]],
    ["two with ID3v1 between", [mono24.bytes, id3v1, mono24.bytes]],
    ["three", [stereo16.bytes, stereo16.bytes, stereo16.bytes]],
  ])("joined, %s: all are read", async (_, files) => {
    const songs = files.filter((file) => file.length > 128);
    const parts = await Promise.all(songs.map((file) => decodeBytes(file)));
    const { channels, kinds } = await read(cat(...files));
    expect(channels).toEqual(
      parts[0].map((_, c) => Float32Array.from(parts.flatMap((part) => [...part[c]]))),
    );
    expect(kinds).toEqual([]);
  });

  it("joined to another rate is an error", async () => {
    await expect(read(cat(mono24.bytes, stereo16.bytes))).rejects.toMatchObject({
      code: "unsupported-audio",
    });
  });

  it("says what is left at the end, and what is cut", async () => {
    for (const junk of [text("\n"), text("x".repeat(5000))]) {
      const { channels, notices } = await read(cat(mono24.bytes, junk));
      expect(channels).toEqual(mono24.channels);
      expect(notices).toMatchObject([{ kind: "unread", bytes: junk.length }]);
    }
    for (const cut of [1, 200, 1000]) {
      const { frames, kinds } = await read(mono24.bytes.subarray(0, mono24.bytes.length - cut));
      expect(frames).toBeGreaterThan(0);
      expect(kinds).toEqual(["cut-short"]);
    }
  });

  it("with a hole keeps its length where holes are allowed", async () => {
    const broken = mixed16.bytes.slice();
    broken[broken.length >> 1] ^= 0x40;
    await expect(read(broken)).rejects.toThrow(/\(byte \d+\) at \d/);
    const { channels, notices } = await read(broken, { tolerance: "holes" });
    expect(channels[0].length).toBe(mixed16.channels[0].length);
    expect(notices).toMatchObject([{ kind: "hole", silence: 576 / 44100 }]);
  });
});

describe("Ogg", () => {
  const { vorbis44, opusStereo } = oggFixtures;
  const songs = { vorbis44, opusStereo };

  it.each(Object.entries(songs))("%s: junk at the end and a cut are told", async (_, { bytes }) => {
    const whole = await decodeBytes(bytes);
    const { channels, notices } = await read(cat(bytes, text("\r\n")));
    expect(channels).toEqual(whole);
    expect(notices).toMatchObject([{ kind: "unread", position: bytes.length, bytes: 2 }]);
    const cut = await read(bytes.subarray(0, bytes.length - 20));
    expect(cut.kinds).toEqual(["cut-short"]);
    expect(cut.frames).toBeLessThan(whole[0].length);
  });

  it.each(Object.entries(songs))("%s: a hole keeps the length", async (_, { bytes }) => {
    const whole = await decodeBytes(bytes);
    const broken = bytes.slice();
    // Neither in the headers nor on the last page, after which nothing tells how much is missing.
    broken[Math.floor(bytes.length * (bytes === vorbis44.bytes ? 0.85 : 0.7))] ^= 1;
    await expect(read(broken)).rejects.toThrow("byte");
    const { channels, notices } = await read(broken, { tolerance: "holes" });
    const hole = notices.find(({ kind }) => kind === "hole");
    console.log(`${channels[0].length} of ${whole[0].length}: ${hole && noticeText(hole)}`);
    expect(hole).toBeDefined();
    expect(channels[0].length).toBe(whole[0].length);
  });
});

describe.skipIf(!hasFfmpeg)("by ffmpeg", () => {
  let place: string;
  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), "xumx-cases-"));
    await writeFile(join(place, "in.wav"), encodeWav([tone(300), tone(500)]));
  });
  afterAll(() => rm(place, { recursive: true, force: true }));

  const tone = (hertz: number) =>
    Array.from({ length: 66150 }, (_, i) => Math.round(9000 * Math.sin((i * hertz) / 7018)));

  function make(name: string, ...options: readonly string[]): string {
    const path = join(place, name);
    const args = ["-v", "error", "-y", "-i", join(place, "in.wav"), ...options, path];
    expect(String(spawnSync("ffmpeg", args).stderr)).toBe("");
    return path;
  }

  it.each([
    ["mp2.ts", ["-c:a", "mp2"], 0],
    ["ac3.m2ts", ["-c:a", "ac3"], 0],
    ["sound.voc", [], 0],
    ["lossless.thd", ["-c:a", "truehd", "-strict", "-2"], 0],
    ["dts.wav", ["-c:a", "dca", "-strict", "-2", "-b:a", "1411k"], 0],
    ["sound.au", [], 0],
  ])("%s is decoded", async (name, options) => {
    const { frames, kinds } = await outcomeOf(await openAudio(make(name, ...options)));
    expect(Math.abs(frames - 66150)).toBeLessThan(3000);
    expect(kinds).toEqual([]);
  });

  it("DSD is decoded at a rate that is taken", async () => {
    const frames = 2822400 / 2;
    const head = Buffer.alloc(92);
    head.write("DSD ");
    head.writeBigUInt64LE(28n, 4);
    head.writeBigUInt64LE(BigInt(92 + frames / 8), 12);
    head.write("fmt ", 28);
    head.writeBigUInt64LE(52n, 32);
    for (const [at, value] of [
      ...[
        [40, 1],
        [44, 0],
        [48, 1],
        [52, 1],
        [56, 2822400],
        [60, 1],
      ],
      ...[[72, 4096]],
    ]) {
      head.writeUInt32LE(value, at);
    }
    head.writeBigUInt64LE(BigInt(frames), 64);
    head.write("data", 80);
    head.writeBigUInt64LE(BigInt(12 + frames / 8), 84);
    const path = join(place, "tone.dsf");
    await writeFile(path, cat(head, new Uint8Array(frames / 8).fill(0x69)));
    const source = await openAudio(path);
    expect(source.format.sampleRate).toBe(88200);
    expect(Math.abs((await outcomeOf(source)).frames - 44100)).toBeLessThan(2000);
  });

  it("of several tracks the default is read, or the wanted one", async () => {
    const path = make(
      "tracks.mka",
      ...["-map", "0:a", "-map", "0:a", "-c:a", "pcm_s16le", "-filter:a:1", "volume=0.5"],
      ...["-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=jpn"],
      ...["-disposition:a:0", "0", "-disposition:a:1", "default"],
    );
    const peak = async (options: DecodeOptions) => {
      const source = await openAudio(path, undefined, options);
      const { channels, notices } = await outcomeOf(source);
      const max = channels[0].reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      return [Math.round(max * 32768), notices.map((n) => "chosen" in n && n.chosen).join()];
    };
    expect(await peak({})).toEqual([4500, "2"]);
    expect(await peak({ audioTrack: 1 })).toEqual([9000, "1"]);
    expect(await peak({ audioTrack: "jpn" })).toEqual([4500, "2"]);
    expect(await peak({ audioTrack: "ENG" })).toEqual([9000, "1"]);
    for (const audioTrack of [3, "fra"]) {
      await expect(openAudio(path, undefined, { audioTrack })).rejects.toThrow("no audio track");
    }
  });

  it.each([
    ["cut.aac", ["-c:a", "aac"]],
    ["cut.ts", ["-c:a", "mp2"]],
    ["cut.mka", ["-c:a", "aac"]],
    ["cut.au", []],
    ["front.m4a", ["-c:a", "aac", "-movflags", "+faststart"]],
  ])("%s without its end: what is there, and a notice", async (name, options) => {
    const path = make(name, ...options);
    const bytes = readFileSync(path);
    await writeFile(path, bytes.subarray(0, Math.floor(0.7 * bytes.length) + 3));
    const { frames, kinds } = await outcomeOf(await openAudio(path));
    expect(Math.abs(frames - 0.7 * 66150)).toBeLessThan(0.1 * 66150);
    expect(kinds).toEqual(["cut-short"]);
  });

  it("a hole near the end is a hole, however late ffmpeg is heard", async () => {
    const path = make("late.mka", "-c:a", "aac", "-cluster_time_limit", "200");
    const broken = new Uint8Array(readFileSync(path));
    broken.fill(0x5a, Math.floor(broken.length * 0.6), Math.floor(broken.length * 0.63));
    await writeFile(path, broken);
    await expect(openAudio(path).then(readAll)).rejects.toThrow(/ at [01]\.\d+ s/);
    const holes = await outcomeOf(await openAudio(path, undefined, { tolerance: "holes" }));
    expect(holes.notices.some((hole) => hole.kind === "hole" && hole.silence > 0)).toBe(true);
  });

  it("pauses by the time stamps are told; where holes are allowed, they are silent", async () => {
    const gap = ["-af", "aselect='not(between(t,0.5,0.9))'"];
    const path = make("pause.mka", ...gap, "-c:a", "pcm_s16le");
    const { frames, notices } = await outcomeOf(await openAudio(path));
    expect(notices).toMatchObject([{ kind: "pause", silence: 0 }]);
    const filled = await outcomeOf(await openAudio(path, undefined, { tolerance: "holes" }));
    expect(filled.kinds).toEqual(["pause"]);
    expect(frames).toBeLessThan(50000);
    expect(Math.abs(filled.frames - 66150)).toBeLessThan(1100);
  });

  it("what nobody knows is not audio, and that ffmpeg was asked is said", async () => {
    const path = join(place, "letter.txt");
    await writeFile(path, "Dear diary, ".repeat(1000));
    await expect(openAudio(path)).rejects.toMatchObject({
      code: "not-audio",
      message: expect.stringContaining("ffmpeg"),
    });
  });

  it.each([0.2, 0.35, 0.5])(
    "a hole at %f is an error; where allowed, the length is kept",
    async (at) => {
      const path = make("long.m4a", "-af", "aloop=9:66150", "-c:a", "aac");
      const whole = await outcomeOf(await openAudio(path));
      const broken = new Uint8Array(readFileSync(path));
      const from = Math.floor(broken.length * at);
      broken.fill(0x5a, from, from + 900);
      await writeFile(path, broken);
      await expect(openAudio(path).then(readAll)).rejects.toMatchObject({ code: "corrupt-audio" });
      const holes = await openAudio(path, undefined, { tolerance: "holes" });
      const { frames, kinds } = await outcomeOf(holes);
      expect(kinds).toContain("hole");
      expect(frames).toBe(whole.frames);
    },
  );
});

it("without ffmpeg what nobody knows is not audio, and that it is not at hand is said", async () => {
  const usual = process.env.PATH;
  process.env.PATH = folder;
  try {
    await expect(openAudio(`${folder}aac_latm.latm`)).rejects.toMatchObject({
      code: "not-audio",
      message: expect.stringContaining("without ffmpeg"),
    });
  } finally {
    process.env.PATH = usual;
  }
});
