import { describe, expect, it } from "vitest";
import { AudioError } from "../errors.ts";
import { agreement } from "../testing/golden.ts";
import { bytesOf } from "./bytes.ts";
import { decodeAudio } from "./decode.ts";
import { readMp3Header } from "./mp3Header.ts";
import { decodeBytes, mp3Fixtures, outcome, readAll } from "./testing/signals.ts";

const text = (s: string) => new TextEncoder().encode(s);

/** The positions of all frames. */
function frameStarts(bytes: Uint8Array): number[] {
  const starts: number[] = [];
  let at = bytes[0] === 0x49 ? 10 + bytes[9] + 128 * bytes[8] : 0;
  for (let header = readMp3Header(bytes, at); header; header = readMp3Header(bytes, at)) {
    starts.push(at);
    at += header.frameBytes;
  }
  return starts;
}

describe("MP3", () => {
  it.each([
    ["stereo", mp3Fixtures.stereo],
    ["mono", mp3Fixtures.mono],
  ])(
    "%s with a LAME tag: the samples that were encoded, at their own time",
    async (name, fixture) => {
      const source = await decodeAudio(bytesOf(fixture.bytes, "test.mp3"));
      expect(source.format).toEqual(fixture.format);
      const channels = await readAll(source);
      channels.forEach((y, channel) => {
        const x = fixture.channels[channel];
        expect(y.length).toBe(x.length);
        const at = (lag: number) =>
          agreement(x.subarray(10, -10), y.subarray(10 + lag, y.length - 10 + lag));
        const lags = [-3, -2, -1, 0, 1, 2, 3];
        const best = lags.reduce((a, b) => (at(a) > at(b) ? a : b));
        console.log(`MP3 ${name}, channel ${channel}: ${at(0).toFixed(1)} dB at lag 0`);
        expect(best).toBe(0);
        expect(at(0)).toBeGreaterThan(20);
      });
    },
  );

  it("without a tag: all that the decoder gives", async () => {
    const { bytes, format } = mp3Fixtures.untagged;
    const source = await decodeAudio(bytesOf(bytes, "test.mp3"));
    expect(source.format).toMatchObject({ ...format, frames: undefined });
    const [y] = await readAll(source);
    expect(y.length).toBe(frameStarts(bytes).length * 576);
    const x = mp3Fixtures.untagged.channels[0];
    // LAME's own delay of 576 + 529 samples stays in.
    expect(agreement(x, y.subarray(1105, 1105 + x.length))).toBeGreaterThan(10);
  });

  it("passes over tags, zeros and part of a frame around the stream", async () => {
    const { bytes } = mp3Fixtures.mono;
    const expected = await decodeBytes(bytes);
    const wrap = (before: Uint8Array, after: Uint8Array) =>
      decodeBytes(Buffer.concat([before, bytes, after]));
    const none = new Uint8Array(0);
    const id3 = Buffer.concat([
      text("ID3"),
      Uint8Array.of(4, 0, 0, 0, 0, 2, 0),
      new Uint8Array(256),
    ]);
    const id1 = Buffer.concat([text("TAG"), new Uint8Array(125)]);
    const ape = Buffer.concat([text("APETAGEX"), new Uint8Array(50).fill(7)]);
    expect(await wrap(id3, id1)).toEqual(expected);
    expect(await wrap(Buffer.concat([id3, id3]), ape)).toEqual(expected);
    expect(await wrap(new Uint8Array(3000), new Uint8Array(5000))).toEqual(expected);
    expect(await wrap(new Uint8Array(50).fill(9), none)).toEqual(expected);
  });

  it("notices a file that is cut short, tag or not", async () => {
    // The last bytes of this one are an ID3v1 tag.
    const { tagged: _, ...fixtures } = mp3Fixtures;
    for (const { bytes } of Object.values(fixtures)) {
      const starts = frameStarts(bytes);
      for (const end of [bytes.length - 1, starts[starts.length - 1] + 5, starts[5] + 30]) {
        expect(await outcome(bytes.subarray(0, end))).toBe("corrupt-audio");
      }
    }
    for (const { bytes } of [mp3Fixtures.stereo, mp3Fixtures.mono]) {
      for (const start of frameStarts(bytes).slice(3)) {
        expect(await outcome(bytes.subarray(0, start))).toBe("corrupt-audio");
      }
    }
  });

  it("notices a broken frame header and a missing frame, and says where", async () => {
    const { bytes } = mp3Fixtures.stereo;
    const starts = frameStarts(bytes);
    for (const start of starts.slice(1)) {
      const copy = bytes.slice();
      copy[start] = 0;
      expect(await outcome(copy)).toBe("corrupt-audio");
    }
    const missing = Buffer.concat([bytes.subarray(0, starts[9]), bytes.subarray(starts[10])]);
    expect(await outcome(missing)).toBe("corrupt-audio");
    const broken = bytes.slice();
    broken[starts[20]] = 0;
    const error = await decodeBytes(broken).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(AudioError);
    expect(String(error)).toContain(`byte ${starts[20]}`);
  });

  it("loses iTunes' gaps where there is no tag of LAME's", async () => {
    const { bytes, channels } = mp3Fixtures.untagged;
    // LAME's delay of 576 samples; the decoder's own 529 come on top of it.
    const comment =
      "\0eng" + "iTunSMPB\0" + " 00000000 00000240 00000000 0000000000002B11 00000000";
    const frame = Buffer.concat([
      text("COMM"),
      Uint8Array.of(0, 0, 0, comment.length, 0, 0),
      text(comment),
    ]);
    const id3 = Buffer.concat([text("ID3"), Uint8Array.of(3, 0, 0, 0, 0, 0, frame.length), frame]);
    const source = await decodeAudio(bytesOf(Buffer.concat([id3, bytes]), "test.mp3"));
    expect(source.format).toMatchObject({ frames: undefined, approximateFrames: 11025 });
    const [y] = await readAll(source);
    expect(y.length).toBe(11025);
    expect(agreement(channels[0], y)).toBeGreaterThan(10);
  });

  it("takes Fraunhofer's tag for what it is", async () => {
    const { bytes } = mp3Fixtures.untagged;
    const expected = await decodeBytes(bytes);
    const [first, second] = frameStarts(bytes);
    const tag = bytes.slice(first, second);
    tag.fill(0, 4);
    tag.set(text("VBRI"), 36);
    expect(await decodeBytes(Buffer.concat([tag, bytes]))).toEqual(expected);
  });

  it("estimates its length without a tag", async () => {
    const { bytes } = mp3Fixtures.untagged;
    const { format } = await decodeAudio(bytesOf(bytes, "test.mp3"));
    expect(format.approximateFrames).toBe(frameStarts(bytes).length * 576);
  });

  it("after foreign bytes is found, and said to be", async () => {
    const { bytes } = mp3Fixtures.untagged;
    const [, second] = frameStarts(bytes);
    const broken = bytes.slice();
    broken[0] = 0;
    const junk = Buffer.concat([new Uint8Array(2000).fill(3), bytes]);
    for (const [file, length, from] of [
      [broken, second, second],
      [junk, 2000, 0],
    ] as const) {
      const source = await decodeAudio(bytesOf(file, "test.mp3"));
      expect(source.notices).toEqual([{ kind: "junk-before", bytes: length }]);
      expect(await readAll(source)).toEqual(await decodeBytes(bytes.subarray(from)));
      expect(await outcome(file)).toBe("corrupt-audio");
    }
  });
});
