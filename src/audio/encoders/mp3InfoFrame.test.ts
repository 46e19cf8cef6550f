import { describe, expect, it } from "vitest";
import { crc16Arc } from "../../bytes/crc.ts";
import { readMp3Header, readMp3Tag } from "../mp3Header.ts";
import { mp3InfoFrame, mp3Length } from "./mp3InfoFrame.ts";
import { mp3Layout } from "./mp3Layout.ts";

const layout = mp3Layout({ sampleRate: 44100, channels: 2 }, 128);

function read(frame: Uint8Array) {
  const header = readMp3Header(frame);
  return header && readMp3Tag(frame, header);
}

describe("the Info frame", () => {
  it("tells frames, bytes, delay and padding", () => {
    for (const sampleRate of [8000, 22050, 48000]) {
      for (const channels of [1, 2]) {
        const other = mp3Layout({ sampleRate, channels }, 8);
        const frame = mp3InfoFrame(other, { frames: 1234, bytes: 56789, padding: 1727 }, 0xabcd);
        expect(read(frame)).toEqual({
          frames: 1234,
          bytes: 56789 + frame.length,
          gap: { delay: 576, padding: 1727 },
        });
      }
    }
  });

  it("tells what it knows, in a frame of one length", () => {
    const unknown = mp3InfoFrame(layout, undefined);
    const known = mp3InfoFrame(layout, mp3Length(layout, 44100));
    expect(known.length).toBe(unknown.length);
    expect(read(unknown)).toEqual({
      frames: undefined,
      bytes: undefined,
      gap: { delay: 576, padding: 0 },
    });
    expect(read(known)).toEqual({
      frames: 40,
      bytes: undefined,
      gap: { delay: 576, padding: 40 * 1152 - 576 - 44100 },
    });
  });

  it("ends in a checksum of what is before", () => {
    const frame = mp3InfoFrame(layout, { frames: 1, bytes: 2, padding: 3 });
    const end = 36 + 4 + 4 + 4 + 4 + 100 + 4 + 36;
    expect(crc16Arc(frame.subarray(0, end))).not.toBe(0);
    const view = new DataView(frame.buffer);
    expect(view.getUint16(end - 2)).toBe(crc16Arc(frame.subarray(0, end - 2)));
  });
});
