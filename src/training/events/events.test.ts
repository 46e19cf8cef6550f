import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { bytesOf, decodeAudio } from "../../audio/index.ts";
import { encodePng } from "../../pictures/index.ts";
import { decodePng } from "../../pictures/testing/decodePng.ts";
import { planSliCQT } from "../../transforms/slicqt/index.ts";
import { RunLog } from "../loop/runLog.ts";
import { EventFile, encodeClip, scalar, spectrogram } from "./index.ts";

const root = mkdtempSync(join(tmpdir(), "xumx-events-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A field of a message: its number, and a number or bytes. */
type Fields = Map<number, (number | Buffer)[]>;

/** An independent reader of protocol buffers. */
function readMessage(bytes: Buffer): Fields {
  const fields: Fields = new Map();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(value);
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const values = fields.get(key >> 3) ?? [];
    fields.set(key >> 3, values);
    const fixed = { 1: 8, 5: 4 }[key & 7];
    if (fixed) {
      values.push(fixed === 8 ? bytes.readDoubleLE(at) : bytes.readFloatLE(at));
      at += fixed;
    } else if ((key & 7) === 0) {
      values.push(varint());
    } else if ((key & 7) === 2) {
      const length = varint();
      values.push(bytes.subarray(at, at + length));
      at += length;
    } else throw new Error(`wire type ${key & 7}`);
  }
  return fields;
}

it("files and logs of a run are forced to the disk when they are closed", async () => {
  const probe = await open(join(root, "probe"), "w");
  const sync = vi.spyOn(Object.getPrototypeOf(probe), "sync");
  await probe.close();
  try {
    const events = await EventFile.create(join(root, "synced"), 0);
    await events.write(1, [scalar("loss", 0.5)]);
    expect(sync).not.toHaveBeenCalled();
    await events.close();
    // The file, then its name.
    expect(sync).toHaveBeenCalledTimes(2);
    {
      await using log = new RunLog(join(root, "synced", "log.txt"));
      await log.write("a line");
    }
    expect(sync).toHaveBeenCalledTimes(4);
  } finally {
    sync.mockRestore();
  }
});

/** An independent reader of records, with a bitwise checksum. */
function readRecords(path: string): Fields[] {
  const bytes = readFileSync(path);
  const out: Fields[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    expect(bytes.readUInt32LE(at + 8)).toBe(plainMasked(bytes.subarray(at, at + 8)));
    const content = bytes.subarray(at + 12, at + 12 + length);
    expect(bytes.readUInt32LE(at + 12 + length)).toBe(plainMasked(content));
    out.push(readMessage(content));
    at += length + 16;
  }
  return out;
}

function plainMasked(bytes: Buffer): number {
  let crc = 0xffffffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let i = 0; i < 8; i++) crc = crc & 1n ? (crc >> 1n) ^ 0x82f63b78n : crc >> 1n;
  }
  crc ^= 0xffffffffn;
  const rotated = BigInt.asUintN(32, (crc >> 15n) | (crc << 17n));
  return Number(BigInt.asUintN(32, rotated + 0xa282ead8n));
}

const child = (fields: Fields, ...path: number[]): Fields => {
  let inner = fields;
  for (const field of path) inner = readMessage(inner.get(field)?.[0] as Buffer);
  return inner;
};

describe("event files", () => {
  it("hold scalars, pictures and sound as they were given", async () => {
    const folder = join(root, "run");
    const clip = encodeClip([Float32Array.of(0.5, -0.25, 2), Float32Array.of(0, 0.125, -2)], 44100);
    const image = encodePng({
      ...{ kind: "rgb", width: 2, height: 1 },
      pixels: Uint8Array.of(255, 0, 0, 0, 0, 255),
    });
    const events = await EventFile.create(folder, 0, 1_700_000_000_123);
    await events.write(300, [scalar("loss/train", 0.75), scalar("loss/valid", 0.5)]);
    await events.write(301, [{ kind: "image", tag: "vocals", image }]);
    await events.write(2 ** 33, [{ kind: "audio", tag: "vocals", audio: clip }]);
    await events.close();
    expect(readdirSync(folder)[0]).toMatch(/^events\.out\.tfevents\.1700000000\..*\.123$/);

    const [version, scalars, picture, sound] = readRecords(events.path);
    expect(version.get(1)).toEqual([1_700_000_000.123]);
    expect(String(version.get(3)?.[0])).toBe("brain.Event:2");
    expect(scalars.get(2)).toEqual([300]);
    const values = child(scalars, 5)
      .get(1)
      ?.map((value) => readMessage(value as Buffer));
    expect(values?.map((v) => [String(v.get(1)?.[0]), v.get(2)?.[0]])).toEqual([
      ["loss/train", 0.75],
      ["loss/valid", 0.5],
    ]);
    const shown = child(picture, 5, 1, 4);
    expect([shown.get(1), shown.get(2), shown.get(3)]).toEqual([[1], [2], [3]]);
    expect(Buffer.from(image.png).equals(shown.get(4)?.[0] as Buffer)).toBe(true);
    expect(sound.get(2)).toEqual([2 ** 33]);
    const heard = child(sound, 5, 1, 6);
    expect([heard.get(1), heard.get(2), heard.get(3)]).toEqual([[44100], [2], [3]]);
    expect(String(heard.get(5)?.[0])).toBe("audio/wav");
  });

  it("say where a resumed run starts, so that later events of the first part are dropped", async () => {
    await using events = await EventFile.create(join(root, "resumed"), 40);
    const [, start] = readRecords(events.path);
    expect(start.get(2)).toEqual([40]);
    expect(child(start, 7).get(1)).toEqual([1]);
  });

  it("end in a typed error where there can be no folder", async () => {
    writeFileSync(join(root, "file"), "");
    await expect(EventFile.create(join(root, "file", "run"), 0)).rejects.toMatchObject({
      code: "unwritable",
    });
  });
});

it("pictures show a tone at its height and its time", () => {
  const plan = planSliCQT({ scale: "mel", bins: 32, fmin: 115.5 });
  const samples = 44100;
  // 5 kHz in the second half only.
  const tone = Float32Array.from({ length: samples }, (_, i) =>
    i < samples / 2 ? 0 : 0.5 * Math.sin((2 * Math.PI * 5000 * i) / 44100),
  );
  const { png, width, height } = spectrogram(plan, [tone, tone], { width: 50, height: 33 });
  expect([width, height]).toEqual([50, 33]);
  const { rgb } = decodePng(png);
  const at = (x: number, y: number) => rgb[y * width + x].reduce((sum, v) => sum + v, 0);
  const brightest = Array.from({ length: height }, (_, y) => y).sort(
    (a, b) => at(40, b) - at(40, a),
  );
  // From half a band below the lowest, bin 1, to bin 32 at 22050 Hz.
  const bin = Math.round(32 - ((brightest[0] + 0.5) / height) * 31.5);
  const hz = (plan.positions[bin] * 44100) / plan.sliceLength;
  expect(Math.abs(hz / 5000 - 1)).toBeLessThan(0.1);
  expect(at(10, brightest[0])).toBe(at(0, 0));
});

it("clips are WAV files, clipped and not wrapped", async () => {
  const { wav } = encodeClip([Float32Array.of(0.5, -1, 3)], 8000);
  const view = new DataView(wav.buffer);
  expect([view.getInt16(44, true), view.getInt16(46, true), view.getInt16(48, true)]).toEqual([
    16384, -32768, 32767,
  ]);
  await using source = await decodeAudio(bytesOf(wav, "clip"));
  expect(source.format).toMatchObject({ sampleRate: 8000, channels: 1, frames: 3 });
});
