import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { AbortError, AudioError } from "../errors.ts";
import { openAudio, openAudioStream } from "./file.ts";
import { encodeAiff } from "./testing/aiffEncoder.ts";
import { flacFixtures, mp3Fixtures, oggFixtures, readAll } from "./testing/signals.ts";
import { encodeWav } from "./testing/wavEncoder.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "xumx-file-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function failure(path: string): Promise<AudioError> {
  const error = await openAudio(path).catch((e: unknown) => e);
  if (!(error instanceof AudioError)) throw new Error(`no AudioError: ${error}`);
  expect(error.message).toContain(path);
  return error;
}

describe("openAudio", () => {
  it.each([
    ["wav", encodeWav([[1, 2, 3]])],
    ["flac", flacFixtures.stereo16.bytes],
    ["mp3", mp3Fixtures.mono.bytes],
    ["aiff", encodeAiff([[1, 2, 3]], "int16")],
    ["ogg", oggFixtures.vorbis22.bytes],
    ["ogg", oggFixtures.opusStereo.bytes],
  ])("tells %s by its content, not by its name", async (container, bytes) => {
    for (const name of ["a.txt", "名 é", "a.wav"]) {
      const path = join(folder, name);
      await writeFile(path, bytes);
      const source = await openAudio(path);
      expect(source.format.container).toBe(container);
      const { frames, approximateFrames } = source.format;
      expect((await readAll(source))[0].length).toBe(frames ?? approximateFrames);
    }
  });

  it("follows links", async () => {
    const path = join(folder, "target");
    await writeFile(path, encodeWav([[1]]));
    await symlink(path, join(folder, "link"));
    await using source = await openAudio(join(folder, "link"));
    expect(source.format.frames).toBe(1);
  });

  it("names what is wrong with the path", async () => {
    expect((await failure(join(folder, "missing.wav"))).code).toBe("not-found");
    expect((await failure(folder)).message).toContain("is a folder");
    const empty = join(folder, "empty.wav");
    await writeFile(empty, "");
    expect((await failure(empty)).code).toBe("empty-audio");
    await writeFile(join(folder, "f"), "x");
    expect((await failure(join(folder, "f", "below.wav"))).code).toBe("not-found");
    expect((await failure("nul\0.wav")).code).toBe("unreadable");
  });

  it.each([
    ["text", "Dear diary, today I recorded a song.", "not-audio", "not audio"],
    ["text in UTF-16", "\xff\xfeD\0e\0a\0r\0", "not-audio", "not audio"],
    ["one byte", "R", "not-audio", "not audio"],
    ["the beginning of an Ogg file", "OggS", "corrupt-audio", "no Ogg pages"],
    ["the beginning of an AIFF file", "FORM\0\0\0\0AIFFCOMM", "corrupt-audio", "COMM"],
  ])("refuses %s", async (name, content, code, what) => {
    const path = join(folder, name);
    await writeFile(path, content, "latin1");
    const error = await failure(path);
    expect(error.code).toBe(code);
    expect(error.message).toContain(what);
    expect(error.hint).toBeDefined();
  });

  it("heeds an abort signal", async () => {
    const path = join(folder, "aborted.wav");
    await writeFile(path, encodeWav([[1]]));
    await expect(openAudio(path, AbortSignal.abort())).rejects.toThrow(AbortError);
  });
});

describe("openAudioStream", () => {
  const usual = process.env.TMPDIR;
  let temporary: string;
  beforeEach(async () => {
    temporary = await mkdtemp(join(folder, "tmp-"));
    process.env.TMPDIR = temporary;
  });
  afterEach(async () => {
    expect(await readdir(temporary)).toEqual([]);
    if (usual === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = usual;
  });
  const { bytes } = flacFixtures.stereo16;
  const stream = (whole: Uint8Array, size = 777) =>
    Readable.from(
      (function* () {
        for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size);
      })(),
    );

  it("gives the same samples as the file, and leaves nothing", async () => {
    const source = await openAudioStream(stream(bytes), { name: "stdin" });
    expect(source.format).toEqual(flacFixtures.stereo16.format);
    expect(source.tags).toEqual({});
    expect(await readAll(source)).toEqual(flacFixtures.stereo16.channels);
  });

  it("names the stream when it is no audio, empty or cut short", async () => {
    for (const [content, code] of [
      ["Dear diary", "not-audio"],
      ["", "empty-audio"],
      [bytes.subarray(0, 20), "corrupt-audio"],
    ] as const) {
      const opened = openAudioStream(stream(Buffer.from(content)), { name: "stdin" });
      await expect(opened).rejects.toMatchObject({
        code,
        message: expect.stringContaining("stdin"),
      });
    }
  });

  it("is unreadable when the stream fails", async () => {
    const failing = Readable.from(
      (function* () {
        yield bytes.subarray(0, 100);
        throw new Error("the line broke");
      })(),
    );
    await expect(openAudioStream(failing)).rejects.toMatchObject({
      code: "unreadable",
      message: expect.stringContaining("the line broke"),
    });
  });

  it("stops on an abort, also of a stream that never goes on", async () => {
    const idle = new Readable({ read() {} });
    idle.push(bytes.subarray(0, 100));
    const controller = new AbortController();
    const opening = openAudioStream(idle, { signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    await expect(opening).rejects.toThrow(AbortError);
    expect(idle.destroyed).toBe(true);
  });

  it("is unwritable where there can be no folder for temporary files", async () => {
    process.env.TMPDIR = join(folder, "a file");
    await writeFile(process.env.TMPDIR, "");
    const unread = stream(bytes);
    await expect(openAudioStream(unread)).rejects.toMatchObject({
      code: "unwritable",
      hint: expect.stringContaining("TMPDIR"),
    });
    expect(unread.destroyed).toBe(true);
  });
});

describe.skipIf(process.platform === "win32")("pipes", () => {
  it("are read to their end, even when their writer comes late", async () => {
    const path = join(folder, "pipe");
    execFileSync("mkfifo", [path]);
    const opening = openAudio(path);
    await new Promise((later) => setTimeout(later, 50));
    await writeFile(path, mp3Fixtures.mono.bytes);
    const source = await opening;
    expect(source.format).toEqual(mp3Fixtures.mono.format);
    expect((await readAll(source))[0].length).toBe(11025);
  });

  it("without a writer wait until an abort", async () => {
    const path = join(folder, "idle pipe");
    execFileSync("mkfifo", [path]);
    const controller = new AbortController();
    const opening = openAudio(path, controller.signal);
    setTimeout(() => controller.abort(), 50);
    await expect(opening).rejects.toThrow(AbortError);
  });

  it("devices are refused", async () => {
    expect((await failure("/dev/zero")).message).toContain("not a regular file");
  });
});
