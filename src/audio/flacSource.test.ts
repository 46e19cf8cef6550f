import { describe, expect, it } from "vitest";
import { crc8, crc16 } from "../bytes/crc.ts";
import { AudioError } from "../errors.ts";
import { bytesOf } from "./bytes.ts";
import { decodeAudio } from "./decode.ts";
import { decodeBytes, flacFixtures, outcome, readAll } from "./testing/signals.ts";

const text = (s: string) => new TextEncoder().encode(s);

describe("FLAC", () => {
  it.each(Object.entries(flacFixtures))("%s comes back to the bit", async (_, fixture) => {
    const source = await decodeAudio(bytesOf(fixture.bytes, "test.flac"));
    expect(source.format).toEqual(fixture.format);
    expect(await readAll(source)).toEqual(fixture.channels);
  });

  it("is found after an ID3v2 tag and before an ID3v1 tag", async () => {
    const { bytes, channels } = flacFixtures.mono24;
    const id3 = Buffer.concat([
      text("ID3"),
      Uint8Array.of(4, 0, 0, 0, 0, 1, 0),
      new Uint8Array(128),
    ]);
    const id1 = Buffer.concat([text("TAG"), new Uint8Array(125)]);
    expect(await decodeBytes(Buffer.concat([id3, bytes, id1]))).toEqual(channels);
  });

  it("is read to the end when the number of samples is not told", async () => {
    const { bytes, channels } = flacFixtures.stereo16;
    const open = bytes.slice();
    open[21] &= 0xf0;
    open.fill(0, 22, 26);
    const source = await decodeAudio(bytesOf(open, "test.flac"));
    expect(source.format.frames).toBeUndefined();
    expect(await readAll(source)).toEqual(channels);
    const id1 = Buffer.concat([text("TAG"), new Uint8Array(125)]);
    expect(await decodeBytes(Buffer.concat([open, id1]))).toEqual(channels);
  });

  it("gives the samples before the damage, then says where it is", async () => {
    const { bytes, channels } = flacFixtures.stereo16;
    const cut = bytes.subarray(0, bytes.length - 10);
    const strictly = { tolerance: "none" } as const;
    const source = await decodeAudio(bytesOf(cut, "test.flac"), undefined, strictly);
    let frames = 0;
    const read = async () => {
      for await (const block of source.blocks()) {
        expect(block[0]).toEqual(channels[0].subarray(frames, frames + block[0].length));
        frames += block[0].length;
      }
    };
    const error = await read().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(AudioError);
    expect(error).toMatchObject({ code: "corrupt-audio" });
    expect(String(error)).toContain("after 0.19 s");
    expect(frames).toBe(8192);
  });

  it("notices every single changed byte of the audio", async () => {
    const { bytes } = flacFixtures.pairs16;
    const audio = bytes.indexOf(0xff, 42);
    for (let at = audio; at < bytes.length; at += 7) {
      const copy = bytes.slice();
      copy[at] ^= 0x10;
      expect(await outcome(copy)).toBe("corrupt-audio");
    }
  });

  it("notices missing, doubled and exchanged frames", async () => {
    const { bytes } = flacFixtures.mixed16;
    const starts: number[] = [];
    for (let at = 42; at < bytes.length - 16; at++) {
      const isHeader = bytes[at] === 0xff && bytes[at + 1] === 0xf8;
      const end = at + 6;
      if (isHeader && crc8(bytes.subarray(at, end)) === 0) starts.push(at);
    }
    expect(starts.length).toBe(4);
    const head = bytes.subarray(0, starts[0]);
    const frames = starts.map((start, i) => bytes.subarray(start, starts[i + 1]));
    for (const frame of frames) expect(crc16(frame)).toBe(0);
    const of = (...order: number[]) => Buffer.concat([head, ...order.map((i) => frames[i])]);
    expect(await outcome(of(0, 1, 2, 3))).toBe("decoded");
    for (const order of [[0, 1, 2], [0, 2, 3], [0, 1, 1, 2, 3], [0, 2, 1, 3], [1, 2, 3], []]) {
      expect(await outcome(of(...order))).toBe("corrupt-audio");
    }
  });

  it("refuses headers that lie", async () => {
    const { bytes } = flacFixtures.mono24;
    const lie = (at: number, value: number) => {
      const copy = bytes.slice();
      copy[at] = value;
      return outcome(copy);
    };
    expect(await lie(25, bytes[25] + 1)).toBe("corrupt-audio");
    expect(await lie(25, bytes[25] - 1)).toBe("corrupt-audio");
    expect(await lie(20, bytes[20] | 2)).toBe("corrupt-audio");
    expect(await lie(18, 0x55)).toBe("corrupt-audio");
    expect(await lie(4, 0x83)).toBe("corrupt-audio");
    expect(await outcome(bytes.subarray(0, 20))).toBe("corrupt-audio");
    expect(await outcome(bytes.subarray(0, 42))).toBe("corrupt-audio");
  });
});
