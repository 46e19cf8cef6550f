import { describe, expect, it } from "vitest";
import { readMp3Header } from "../mp3Header.ts";
import { emptyFrame, mp3Bitrates, mp3Layout, mp3Rate } from "./mp3Layout.ts";

const rates = [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000];

describe("the layout of MP3", () => {
  it("has a rate's own rate, or the next higher, or 44.1 and 48 kHz", () => {
    for (const rate of rates) expect(mp3Rate(rate)).toBe(rate);
    expect(mp3Rate(1000)).toBe(8000);
    expect(mp3Rate(8001)).toBe(11025);
    expect(mp3Rate(37800)).toBe(44100);
    expect(mp3Rate(44101)).toBe(48000);
    expect(mp3Rate(88200)).toBe(44100);
    expect(mp3Rate(176400)).toBe(44100);
    expect(mp3Rate(96000)).toBe(48000);
    expect(mp3Rate(192000)).toBe(48000);
  });

  it("has the nearest bit rate that goes with the rate", () => {
    const bitrate = (sampleRate: number, wanted: number) =>
      mp3Layout({ sampleRate, channels: 2 }, wanted).bitrate;
    for (const wanted of mp3Bitrates) {
      expect(bitrate(44100, wanted)).toBe(Math.max(32, wanted));
      expect(bitrate(22050, wanted)).toBe(Math.min(160, wanted));
      expect(bitrate(8000, wanted)).toBe(Math.min(64, wanted));
    }
  });

  it("gives empty frames that are frames of the stream", () => {
    for (const sampleRate of rates) {
      for (const channels of [1, 2]) {
        for (const wanted of mp3Bitrates) {
          const layout = mp3Layout({ sampleRate, channels }, wanted);
          const { frame, body } = emptyFrame(layout, 156);
          const header = readMp3Header(frame);
          expect(header).toMatchObject({
            sampleRate,
            channels,
            frameSamples: layout.frameSamples,
            frameBytes: frame.length,
            protected: false,
          });
          expect(frame.length).toBeGreaterThanOrEqual(body + 156);
          expect(frame.subarray(4).every((byte) => byte === 0)).toBe(true);
        }
      }
    }
  });
});
