import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { AbortError, AudioError } from "../errors.ts";
import { openWithFfmpeg } from "./ffmpeg.ts";
import { openAudio, openAudioStream } from "./file.ts";
import { bestLag, fixtureTags, m4aFixture, readAll } from "./testing/signals.ts";
import { encodeWav } from "./testing/wavEncoder.ts";

const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;
const path = process.env.PATH ?? "";
let folder: string;
let song: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "xumx-ffmpeg-"));
  song = join(folder, "song é.bin");
  await writeFile(song, m4aFixture.bytes);
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => {
  process.env.PATH = path;
});

async function failure(opening: Promise<unknown>): Promise<AudioError> {
  const error = await opening.catch((e: unknown) => e);
  if (!(error instanceof AudioError)) throw new Error(`no AudioError: ${error}`);
  return error;
}

async function file(name: string, bytes: Uint8Array | string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes, "latin1");
  return path;
}

describe("without ffmpeg", () => {
  it.each([
    ["an M4A file", "\0\0\0\x20ftypM4A \0\0\0\0", "MP4 or M4A"],
    ["a film", "\x1aE\xdf\xa3\0\0\0\0", "Matroska"],
    ["an AVI file", "RIFF\0\0\0\0AVI LIST", "other than WAVE"],
    ["Windows Media", "\x30\x26\xb2\x75\0\0\0\0", "Windows Media"],
    ["AC-3", "\x0b\x77\0\0\0\0", "AC-3"],
    ["ADTS", "\xff\xf1\x50\x80\0\0\0\0\0\0", "ADTS"],
    ["ADPCM in WAV", encodeWav([[1]], { patch: { 0: 17 } }), "IMA ADPCM"],
  ])("%s is named, and what to do", async (name, content, what) => {
    process.env.PATH = folder;
    const error = await failure(openAudio(await file(name, content)));
    expect(error.code).toBe("unsupported-audio");
    expect(error.message).toContain(name);
    expect(error.message).toContain(what);
    expect(error.message).toContain("ffmpeg is not installed");
    expect(error.hint).toContain("Install ffmpeg");
    expect(error.hint).toContain("WAV or FLAC");
  });
});

describe.skipIf(process.platform === "win32")("with a program that is called ffmpeg", () => {
  /** Puts a script of this name before all else on the PATH. */
  async function pretend(script: string): Promise<void> {
    const bin = await mkdtemp(join(folder, "bin-"));
    await writeFile(join(bin, "ffmpeg"), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, "ffmpeg"), 0o755);
    process.env.PATH = `${bin}${delimiter}${path}`;
  }

  it.each([
    ["fails at once", "exit 3", "corrupt-audio", "(code 3)"],
    ["ends without a word", "exit 0", "corrupt-audio", "(code 0)"],
    ["writes half a header", "printf 'RIFF....WAVEfmt '", "corrupt-audio", "(code 0)"],
    ["writes no samples", "cat header", "empty-audio", "no samples"],
    ["complains", "echo '[x @ 0] [error] it burns' >&2; exit 1", "corrupt-audio", '"it burns"'],
    [
      "has no decoder",
      "echo '[error] Decoder (codec none) not found' >&2; exit 1",
      "unsupported-audio",
      "does not know",
    ],
    [
      "finds no sound",
      "echo '[fatal] Stream map matches no streams.' >&2; exit 1",
      "not-audio",
      "no sound",
    ],
  ])("that %s", async (_, script, code, what) => {
    const header = await file("header", encodeWav([[1, 2]], { format: "float32" }).subarray(0, 44));
    await pretend(script.replace("header", `'${header}'`));
    const error = await failure(openWithFfmpeg(song, { stream: 0 }).then(readAll));
    expect(error.code).toBe(code);
    expect(error.message).toContain(song);
    expect(error.message).toContain(what);
  });

  it("that says midway that something is wrong, and goes on", async () => {
    const wav = await file("wav", encodeWav([[1, 2]], { format: "float32" }));
    await pretend(`echo '[info] Output #0, wav' >&2; echo '[error] a hole' >&2; cat '${wav}'`);
    const error = await failure(
      openWithFfmpeg(song, { stream: 0, tolerance: "none" }).then(readAll),
    );
    expect(error.message).toContain('ffmpeg says "a hole"');
  });

  it("that never says anything is stopped by an abort", async () => {
    await pretend("exec sleep 60");
    const controller = new AbortController();
    const opening = openWithFfmpeg(song, { stream: 0 }, controller.signal);
    setTimeout(() => controller.abort(), 100);
    await expect(opening).rejects.toThrow(AbortError);
  });

  it("that writes without end is stopped when the source is closed", async () => {
    const wav = await file(
      "endless",
      encodeWav([[1, 2]], { format: "float32", claimed: 0xffffffff }),
    );
    const pid = join(folder, "pid");
    await pretend(`echo $$ > '${pid}'; cat '${wav}'; exec cat /dev/zero`);
    const source = await openWithFfmpeg(song, { stream: 0 });
    let frames = 0;
    for await (const block of source.blocks()) {
      frames += block[0].length;
      if (frames > 1e6) break;
    }
    await source.close();
    const { status } = spawnSync("sh", ["-c", `kill -0 $(cat '${pid}')`]);
    expect(status).not.toBe(0);
  });

  it("gets a file's path, never an option or an address", async () => {
    const log = join(folder, "arguments");
    await pretend(`printf '%s\\n' "$@" > '${log}'; exit 1`);
    await failure(openWithFfmpeg("-i"));
    await failure(openWithFfmpeg("http://example.org/x.m4a"));
    const { stdout } = spawnSync("cat", [log]);
    expect(String(stdout)).toContain(`file:${process.cwd()}/http:/example.org/x.m4a\n`);
    expect(String(stdout)).toContain("-protocol_whitelist\nfile,pipe\n");
  });
});

describe.skipIf(!hasFfmpeg)("AAC by ffmpeg", () => {
  it("is told by its content; samples, time and tags are right", async () => {
    const source = await openAudio(song);
    expect(source.format).toMatchObject({
      ...{ container: "other", sampleRate: 44100, channels: 2, sampleFormat: "aac" },
      ...{ frames: undefined },
    });
    expect(Math.abs((source.format.approximateFrames ?? 0) - 10144)).toBeLessThan(500);
    expect(source.tags).toEqual(fixtureTags);
    for (const [channel, samples] of (await readAll(source)).entries()) {
      expect(samples.length).toBeGreaterThanOrEqual(10144);
      const { lag, db } = bestLag(m4aFixture.channels[channel].subarray(0, 10144), samples);
      console.log(`AAC, channel ${channel}: ${db.toFixed(1)} dB at lag ${lag}`);
      expect(lag).toBe(0);
    }
  });

  it("is converted when asked", async () => {
    const source = await openWithFfmpeg(song, { sampleRate: 22050, channels: 1 });
    expect(source.format).toMatchObject({ sampleRate: 22050, channels: 1 });
    expect((await readAll(source))[0].length).toBeGreaterThan(5000);
  });

  it("may come as a stream, and leaves nothing behind", async () => {
    const usual = process.env.TMPDIR;
    const temporary = await mkdtemp(join(folder, "tmp-"));
    process.env.TMPDIR = temporary;
    try {
      const source = await openAudioStream(Readable.from([m4aFixture.bytes]));
      expect((await readAll(source))[0].length).toBeGreaterThan(10000);
      expect(await readdir(temporary)).toEqual([]);
    } finally {
      if (usual === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = usual;
    }
  });

  it("without its index is an error", async () => {
    const cut = await file("cut", m4aFixture.bytes.subarray(0, m4aFixture.bytes.length - 1500));
    const error = await failure(openAudio(cut).then(readAll));
    expect(error.code).toBe("corrupt-audio");
    expect(error.message).toContain("moov atom not found");
  });

  it("has no second stream", async () => {
    expect((await failure(openWithFfmpeg(song, { stream: 1 }))).code).toBe("not-audio");
  });

  it("heeds an abort while it is read", async () => {
    const source = await openAudio(song);
    const controller = new AbortController();
    const read = async () => {
      for await (const _ of source.blocks(controller.signal)) controller.abort();
    };
    await expect(read()).rejects.toThrow(AbortError);
    await source.close();
  });
});
