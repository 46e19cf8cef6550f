import { execFileSync } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AbortError, AudioError } from "../errors.ts";
import { openAudio } from "./file.ts";
import { flacFixtures, mp3Fixtures, readAll } from "./testing/signals.ts";
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
  ])("tells %s by its content, not by its name", async (container, bytes) => {
    for (const name of [`a.${container}`, "a.txt", "名 é", "a.mp3", "a.wav"]) {
      const path = join(folder, name);
      await writeFile(path, bytes);
      const source = await openAudio(path);
      expect(source.format.container).toBe(container);
      expect((await readAll(source))[0].length).toBe(source.format.frames);
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

  it.skipIf(process.platform === "win32")("does not wait for a pipe", async () => {
    const path = join(folder, "pipe");
    execFileSync("mkfifo", [path]);
    expect((await failure(path)).message).toContain("not a regular file");
  });

  it.each([
    ["text", "Dear diary, today I recorded a song.", "not-audio", "not audio"],
    ["one byte", "R", "not-audio", "not audio"],
    ["an Ogg Vorbis file", `OggS${"\0".repeat(25)}vorbis`, "unsupported-audio", "Ogg Vorbis"],
    ["an Opus file", `OggS${"\0".repeat(24)}OpusHead`, "unsupported-audio", "Ogg Opus"],
    ["an M4A file", "\0\0\0\x20ftypM4A \0\0\0\0", "unsupported-audio", "M4A"],
    ["an AIFF file", "FORM\0\0\0\0AIFFCOMM", "unsupported-audio", "AIFF"],
    ["an AVI file", "RIFF\0\0\0\0AVI LIST", "unsupported-audio", "other than WAVE"],
  ])("refuses %s", async (name, content, code, what) => {
    const path = join(folder, name);
    await writeFile(path, content, "latin1");
    const error = await failure(path);
    expect(error.code).toBe(code);
    expect(error.message).toContain(what);
    expect(error.hint).toContain("WAV");
  });

  it("heeds an abort signal", async () => {
    const path = join(folder, "aborted.wav");
    await writeFile(path, encodeWav([[1]]));
    await expect(openAudio(path, AbortSignal.abort())).rejects.toThrow(AbortError);
  });
});
