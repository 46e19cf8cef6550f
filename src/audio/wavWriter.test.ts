import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ArgumentError, AudioError } from "../errors.ts";
import { openAudio } from "./file.ts";
import { floatWavHeader } from "./floatWavHeader.ts";
import { noiseGenerator, readAll } from "./testing/signals.ts";
import { WavWriter } from "./wavWriter.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "xumx-writer-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const shape = { sampleRate: 44100, channels: 2 };
const ramp = (length: number) => Float32Array.from({ length }, (_, i) => i / length);

describe("WavWriter", () => {
  it.each([1, 2, 3, 7])(
    "writes what comes back to the bit, %i channels, any cut",
    async (channels) => {
      const noise = noiseGenerator(channels);
      const lengths = [1, 0, 1000, 300000, 17];
      const blocks = lengths.map((length) =>
        Array.from({ length: channels }, () => Float32Array.from({ length }, () => 3 * noise())),
      );
      const path = join(folder, "deep", "er", "ünïcødé 音.wav");
      const writer = await WavWriter.create(path, { sampleRate: 48000, channels });
      for (const block of blocks) await writer.write(block);
      expect(writer.frames).toBe(301018);
      await writer.close();
      await writer.close();
      await writer.abort();
      expect(await readdir(join(folder, "deep", "er"))).toEqual(["ünïcødé 音.wav"]);
      const source = await openAudio(path);
      expect(source.format).toEqual({
        container: "wav",
        sampleRate: 48000,
        channels,
        frames: 301018,
        sampleFormat: "float32",
      });
      const back = await readAll(source);
      for (let channel = 0; channel < channels; channel++) {
        const sent = Buffer.concat(blocks.map((block) => Buffer.from(block[channel].buffer)));
        expect(Buffer.compare(Buffer.from(back[channel].buffer), sent)).toBe(0);
      }
    },
  );

  it("counts right in the header: RIFF, fact and data", async () => {
    const path = join(folder, "a.wav");
    const writer = await WavWriter.create(path, shape);
    await writer.write([ramp(5), ramp(5)]);
    await writer.close();
    const file = await readFile(path);
    expect(file.readUInt32LE(4)).toBe(file.length - 8);
    expect(file.readUInt32LE(file.indexOf("fact") + 8)).toBe(5);
    expect(file.readUInt32LE(file.indexOf("data") + 4)).toBe(40);
    expect(file.indexOf("data") + 8 + 40).toBe(file.length);
  });

  it("becomes RF64 at 4 GiB, in a header of the same length", () => {
    const last = Math.floor(
      (2 ** 32 - 1 - (floatWavHeader({ ...shape, frames: 0 }).length - 8)) / 8,
    );
    const riff = Buffer.from(floatWavHeader({ ...shape, frames: last }));
    const rf64 = Buffer.from(floatWavHeader({ ...shape, frames: last + 1 }));
    expect(rf64.length).toBe(riff.length);
    expect(riff.toString("latin1", 0, 4)).toBe("RIFF");
    expect(riff.toString("latin1", 12, 16)).toBe("JUNK");
    expect(rf64.toString("latin1", 0, 4)).toBe("RF64");
    expect(rf64.toString("latin1", 12, 16)).toBe("ds64");
    expect(Number(rf64.readBigUInt64LE(20))).toBe(rf64.length - 8 + 8 * (last + 1));
    expect(Number(rf64.readBigUInt64LE(28))).toBe(8 * (last + 1));
    expect(Number(rf64.readBigUInt64LE(36))).toBe(last + 1);
    expect(rf64.readUInt32LE(4)).toBe(0xffffffff);
    expect(rf64.readUInt32LE(rf64.length - 4)).toBe(0xffffffff);
  });

  it("shows nothing before close, and leaves nothing after abort or a lost scope", async () => {
    const path = join(folder, "a.wav");
    const writer = await WavWriter.create(path, shape);
    await writer.write([ramp(9), ramp(9)]);
    const [part, ...others] = await readdir(folder);
    expect(others).toEqual([]);
    expect(part).toMatch(/^a\.wav\..*\.part$/);
    await writer.abort();
    await writer.abort();
    expect(await readdir(folder)).toEqual([]);
    await expect(writer.write([ramp(1), ramp(1)])).rejects.toThrow(ArgumentError);
    {
      await using lost = await WavWriter.create(path, shape);
      await lost.write([ramp(1), ramp(1)]);
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it("keeps what was there until close, also behind a link", async () => {
    const path = join(folder, "a.wav");
    const link = join(folder, "link.wav");
    await writeFile(path, "old");
    await symlink(path, link);
    const first = await WavWriter.create(link, shape);
    const second = await WavWriter.create(link, shape);
    expect(await readFile(path, "utf8")).toBe("old");
    await first.write([ramp(1), ramp(1)]);
    await first.close();
    await second.write([ramp(3), ramp(3)]);
    await second.close();
    await using source = await openAudio(link);
    expect(source.format.frames).toBe(3);
    expect((await readdir(folder)).sort()).toEqual(["a.wav", "link.wav"]);
  });

  it("takes a name of 255 bytes", async () => {
    const name = `${"音".repeat(83)}ab.wav`;
    expect(Buffer.byteLength(name)).toBe(255);
    const writer = await WavWriter.create(join(folder, name), shape);
    await writer.close();
    expect(await readdir(folder)).toEqual([name]);
  });

  it("refuses targets that cannot be files", async () => {
    await mkdir(join(folder, "folder.wav"));
    await writeFile(join(folder, "file"), "");
    const paths = ["folder.wav", "file/below.wav", `${"x".repeat(256)}.wav`, "nul\0.wav"];
    for (const path of paths) {
      const error = await WavWriter.create(join(folder, path), shape).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(AudioError);
      expect(error).toMatchObject({ code: "unwritable" });
    }
    expect((await readdir(folder)).sort()).toEqual(["file", "folder.wav"]);
  });

  it.skipIf(process.platform !== "linux")(
    "refuses devices, and says so when the disk is gone",
    async () => {
      await expect(WavWriter.create("/dev/null", shape)).rejects.toMatchObject({
        code: "unwritable",
      });
      const sub = join(folder, "sub");
      const writer = await WavWriter.create(join(sub, "a.wav"), shape);
      await writer.write([ramp(9), ramp(9)]);
      await rm(sub, { recursive: true });
      await expect(writer.close()).rejects.toMatchObject({ code: "unwritable" });
      expect(await readdir(folder)).toEqual([]);
    },
  );

  it("refuses shapes, blocks and calls that make no sense", async () => {
    const path = join(folder, "a.wav");
    await expect(WavWriter.create(path, { sampleRate: 0, channels: 2 })).rejects.toThrow(
      ArgumentError,
    );
    await expect(WavWriter.create(path, { sampleRate: 44100, channels: 20000 })).rejects.toThrow(
      ArgumentError,
    );
    const writer = await WavWriter.create(path, shape);
    await expect(writer.write([ramp(1)])).rejects.toThrow(ArgumentError);
    await expect(writer.write([ramp(1), ramp(2)])).rejects.toThrow(ArgumentError);
    const big = writer.write([ramp(400000), ramp(400000)]);
    await expect(writer.write([ramp(1), ramp(1)])).rejects.toThrow("still writing");
    await big;
    await writer.close();
    await using source = await openAudio(path);
    expect(source.format.frames).toBe(400000);
  });
});
