import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, open, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ArgumentError, AudioError, ClosedError, FileError } from "../errors.ts";
import { noiseSource } from "../testing/noise.ts";
import { createAudioWriter } from "./audioWriter.ts";
import { loadLame } from "./encoders/mp3Encoder.ts";
import { openAudio } from "./file.ts";
import { floatWav, type OutputFormat } from "./outputFormat.ts";
import type { AudioWriter } from "./sinkWriter.ts";
import type { StreamWrite } from "./streamSink.ts";
import { createStreamWriter } from "./streamWriter.ts";
import { encoded, firstDifference } from "./testing/encoding.ts";
import { readAll } from "./testing/signals.ts";

const hasLame = await loadLame().then(
  () => true,
  () => false,
);
const formats: readonly OutputFormat[] = [
  floatWav,
  { container: "wav", encoding: "int16" },
  { container: "wav", encoding: "int24" },
  { container: "flac", encoding: "int16" },
  { container: "flac", encoding: "int24" },
  { container: "opus", bitrate: 96 },
  ...(hasLame ? [{ container: "mp3", bitrate: 128 } as const] : []),
];
const named = formats.map((format) => [Object.values(format).join(" "), format] as const);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "xumx-writer-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const shape = { sampleRate: 44100, channels: 2 };
const ramp = (length: number) => Float32Array.from({ length }, (_, i) => i / length);

function noisy(channels: number, length: number): Float32Array[] {
  const noise = noiseSource(channels);
  return Array.from({ length: channels }, () => Float32Array.from({ length }, () => 0.9 * noise()));
}

describe.each(named)("a file of %s", (_name, format) => {
  it("is what the encoder gives, in blocks of any length", async () => {
    const samples = noisy(2, 201018);
    const path = join(folder, "deep", "er", "ünïcødé 音");
    const writer = await createAudioWriter(path, shape, format, { seed: 4, tags: { title: "x" } });
    let at = 0;
    for (const length of [1, 0, 1000, 200000, 17]) {
      await writer.write(samples.map((channel) => channel.subarray(at, at + length)));
      at += length;
    }
    expect(writer).toMatchObject({ path, shape, frames: 201018 });
    await writer.close();
    await writer.close();
    await writer.abort();
    expect(await readdir(join(folder, "deep", "er"))).toEqual(["ünïcødé 音"]);
    const expected = await encoded(format, shape, samples, { seed: 4, tags: { title: "x" } });
    expect(Buffer.compare(await readFile(path), expected)).toBe(0);
  });

  it("does not show before close, and leaves nothing after abort, an error or a lost scope", async () => {
    const path = join(folder, "a.x");
    const writer = await createAudioWriter(path, shape, format);
    await writer.write([ramp(9), ramp(9)]);
    const [part, ...others] = await readdir(folder);
    expect(others).toEqual([]);
    expect(part).toMatch(/^\.xumx-.*\.part$/);
    await writer.abort();
    await writer.abort();
    expect(await readdir(folder)).toEqual([]);
    await expect(writer.write([ramp(1), ramp(1)])).rejects.toThrow(ClosedError);
    {
      await using lost = await createAudioWriter(path, shape, format);
      await lost.write([ramp(1), ramp(1)]);
    }
    expect(await readdir(folder)).toEqual([]);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const other = await createAudioWriter(path, shape, format);
      await other.write([ramp(50), ramp(50)]);
      const bad = ramp(50);
      bad[7] = value;
      const error = await other.write([ramp(50), bad]).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(AudioError);
      expect(error).toMatchObject({
        code: "non-finite-samples",
        message: `${path}: sample 57 of channel 2 is ${value}.`,
      });
      expect(await readdir(folder)).toEqual([]);
    }
  });

  it("may be aborted within a write", async () => {
    const writer = await createAudioWriter(join(folder, "a"), shape, format);
    const write = writer.write([ramp(300000), ramp(300000)]);
    const [result] = await Promise.allSettled([write, writer.abort()]);
    expect(result).toMatchObject({ status: "rejected" });
    await expect(writer.close()).resolves.toBeUndefined();
    expect(await readdir(folder)).toEqual([]);
  });

  it("is whole without a sample", async () => {
    const path = join(folder, "a");
    const writer = await createAudioWriter(path, shape, format);
    await writer.close();
    const silence = [new Float32Array(0), new Float32Array(0)];
    expect(Buffer.compare(await readFile(path), await encoded(format, shape, silence))).toBe(0);
  });

  it("leaves nothing on a full disk", async () => {
    const probe = await open(join(folder, "probe"), "w");
    const prototype = Object.getPrototypeOf(probe);
    await probe.close();
    await rm(join(folder, "probe"));
    const error = Object.assign(new Error("ENOSPC: no space left on device, write"), {
      code: "ENOSPC",
    });
    const write = vi.spyOn(prototype, "write").mockRejectedValue(error);
    try {
      const writer = await createAudioWriter(join(folder, "a"), shape, format);
      await expect(
        (async () => {
          await writer.write(noisy(2, 400000));
          await writer.close();
        })(),
      ).rejects.toMatchObject({
        code: "unwritable",
        message: expect.stringContaining("the disk is full (ENOSPC)"),
        hint: expect.stringContaining("Make room"),
      });
      expect(await readdir(folder)).toEqual([]);
    } finally {
      write.mockRestore();
    }
  });

  it("refuses blocks and calls that make no sense", async () => {
    const path = join(folder, "a");
    await expect(createAudioWriter(path, { ...shape, sampleRate: 0 }, format)).rejects.toThrow(
      ArgumentError,
    );
    const writer = await createAudioWriter(path, shape, format);
    await expect(writer.write([])).rejects.toThrow(ArgumentError);
    await expect(writer.write([ramp(1)])).rejects.toThrow(ArgumentError);
    await expect(writer.write([ramp(1), ramp(2)])).rejects.toThrow(ArgumentError);
    const big = writer.write([ramp(100000), ramp(100000)]);
    await expect(writer.write([ramp(1), ramp(1)])).rejects.toThrow("still writing");
    await big;
    await writer.close();
    expect(writer.frames).toBe(100000);
  });
});

describe("the place of a file", () => {
  const create = (path: string) => createAudioWriter(path, shape, floatWav);

  it("keeps what was there until close, also after a link", async () => {
    const path = join(folder, "a.wav");
    const link = join(folder, "link.wav");
    await writeFile(path, "old");
    await symlink(path, link);
    const first = await create(link);
    const second = await create(link);
    expect(await readFile(path, "utf8")).toBe("old");
    await first.write([ramp(1), ramp(1)]);
    await first.close();
    await second.write([ramp(3), ramp(3)]);
    await second.close();
    await using source = await openAudio(link);
    expect(source.format.frames).toBe(3);
    expect((await readdir(folder)).sort()).toEqual(["a.wav", "link.wav"]);
  });

  it("may have a name of 255 bytes", async () => {
    const name = `${"音".repeat(83)}ab.wav`;
    expect(Buffer.byteLength(name)).toBe(255);
    await (await create(join(folder, name))).close();
    expect(await readdir(folder)).toEqual([name]);
  });

  it("cannot be a folder, below a file, or without a possible name", async () => {
    await mkdir(join(folder, "folder.wav"));
    await writeFile(join(folder, "file"), "");
    const paths = ["folder.wav", "file/below.wav", `${"x".repeat(256)}.wav`, "nul\0.wav"];
    for (const path of paths) {
      const error = await create(join(folder, path)).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(FileError);
      expect(error).toMatchObject({ code: "unwritable" });
    }
    expect((await readdir(folder)).sort()).toEqual(["file", "folder.wav"]);
  });

  it.skipIf(process.platform !== "linux")("cannot be a device, or vanish meanwhile", async () => {
    await expect(create("/dev/null")).rejects.toMatchObject({ code: "unwritable" });
    const sub = join(folder, "sub");
    const writer = await create(join(sub, "a.wav"));
    await writer.write([ramp(9), ramp(9)]);
    await rm(sub, { recursive: true });
    await expect(writer.close()).rejects.toMatchObject({ code: "unwritable" });
    expect(await readdir(folder)).toEqual([]);
  });

  const mounted = () =>
    spawnSync("mount", ["-t", "tmpfs", "-o", "size=300k", "tmpfs", join(folder, "small")]);
  it("says so when a real disk is full", async ({ skip }) => {
    await mkdir(join(folder, "small"));
    if (process.platform !== "linux" || mounted().status !== 0) skip("needs the right to mount");
    try {
      const writer = await create(join(folder, "small", "a.wav"));
      await expect(writer.write(noisy(2, 100000))).rejects.toMatchObject({
        code: "unwritable",
        message: expect.stringMatching(/ENOSPC|no space/),
      });
      expect(await readdir(join(folder, "small"))).toEqual([]);
    } finally {
      spawnSync("umount", [join(folder, "small")]);
    }
  });
});

/** Keeps what is written; takes its time, or breaks after some bytes. */
class Pipe extends Writable {
  readonly parts: Buffer[] = [];
  breaksAt = Number.POSITIVE_INFINITY;
  /** Most bytes that waited after those being written. */
  mostWaiting = 0;

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    // The writer may use its bytes again as soon as it is told that they were taken.
    setTimeout(() => {
      this.mostWaiting = Math.max(this.mostWaiting, this.writableLength - chunk.length);
      this.breaksAt -= chunk.length;
      if (this.breaksAt < 0) {
        done(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
      } else {
        this.parts.push(Buffer.from(chunk));
        done();
      }
    }, 1);
  }

  get bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.parts));
  }
}

/** The pipe as a WHATWG stream that tells of each write when it is done. */
function webOf(pipe: Pipe): WritableStream<StreamWrite> {
  pipe.on("error", () => {});
  return new WritableStream({
    write: (chunk) =>
      new Promise((resolve, reject) =>
        pipe.write(chunk, (error) => (error ? reject(error) : resolve())),
      ),
  });
}

async function send(writer: AudioWriter, samples: readonly Float32Array[]): Promise<void> {
  for (let at = 0; at < samples[0].length; at += 30000) {
    await writer.write(samples.map((channel) => channel.subarray(at, at + 30000)));
  }
  await writer.close();
}

describe.each(named)("a stream of %s", (_name, format) => {
  it("can be read, whether its length was told or not, and stays open", async () => {
    const samples = noisy(2, 100000);
    const path = join(folder, "a");
    for (const frames of [undefined, 100000]) {
      const pipe = new Pipe();
      const writer = await createStreamWriter(webOf(pipe), shape, format, {
        ...(frames && { frames }),
      });
      expect(writer.path).toBe("the output stream");
      await send(writer, samples);
      expect(pipe.mostWaiting).toBe(0);
      expect(pipe.writableEnded).toBe(false);
      await writeFile(path, pipe.bytes);
      const streamed = await readAll(await openAudio(path));
      await writeFile(path, await encoded(format, shape, samples));
      const whole = await readAll(await openAudio(path));
      // An MP3 stream of unknown length ends with what the encoder added.
      const added = streamed[0].length - whole[0].length;
      const unknown = format.container === "mp3" && frames === undefined;
      expect(added > 0).toBe(unknown);
      const same = streamed.map((channel) => channel.subarray(0, whole[0].length));
      expect(firstDifference(same, whole)).toBeUndefined();
    }
  });

  it("ends in an error when the reader goes", async () => {
    for (const breaksAt of [0, 20000]) {
      const pipe = new Pipe();
      pipe.breaksAt = breaksAt;
      const sent = createStreamWriter(webOf(pipe), shape, format, {
        name: "the standard output",
      }).then((writer) => send(writer, noisy(2, 100000)));
      const error = await sent.catch((e: unknown) => e);
      expect(error).toBeInstanceOf(AudioError);
      expect(error).toMatchObject({
        code: "unwritable",
        message: "the standard output was closed before the audio ended.",
      });
      // A late error of the stream ends no process.
      pipe.emit("error", new Error("late"));
    }
  });

  it("refuses a length that does not come true", async () => {
    const writer = await createStreamWriter(webOf(new Pipe()), shape, format, { frames: 101 });
    await writer.write(noisy(2, 100));
    await expect(writer.close()).rejects.toThrow("101 samples per channel were announced, 100");
  });

  it("mends a length that does not come true where there is a way back", async () => {
    const samples = noisy(2, 1000);
    const written = async (frames: number | undefined) => {
      const parts: Uint8Array[] = [];
      let head = new Uint8Array();
      const stream = new WritableStream<StreamWrite>({
        write: (chunk) => {
          if (chunk instanceof Uint8Array) parts.push(chunk.slice());
          else head = chunk.data.slice();
        },
      });
      const terms = { kind: "own", seekable: true } as const;
      const told = frames === undefined ? {} : { frames };
      const writer = await createStreamWriter(stream, shape, format, { terms, ...told });
      await writer.write(samples);
      await writer.close();
      const bytes = Buffer.concat(parts);
      bytes.set(head);
      return bytes;
    };
    const plain = await written(undefined);
    for (const frames of [1000, 999, 5000]) expect(plain.equals(await written(frames))).toBe(true);
  });
});
