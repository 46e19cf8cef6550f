/** The first frame of an MP3 file: it holds no audio, but tells the length to the sample. */
import { crc16Arc } from "../../bytes/crc.ts";
import { emptyFrame, type Mp3Layout } from "./mp3Layout.ts";

/** What there is to tell of the frames that follow. */
export interface Mp3Length {
  readonly frames: number;
  /** Of all these frames, if known. */
  readonly bytes: number | undefined;
  /** Samples that the encoder added after the signal. */
  readonly padding: number;
}

/** Samples that LAME puts before the signal. */
export const MP3_DELAY = 576;
/** The length of `samples` samples per channel, as LAME encodes them: with at least 576 samples of padding. */
export function mp3Length(layout: Mp3Layout, samples: number): Mp3Length {
  const { frameSamples } = layout;
  const frames = Math.ceil((samples + 2 * MP3_DELAY) / frameSamples);
  return { frames, bytes: undefined, padding: frames * frameSamples - MP3_DELAY - samples };
}

/** Length of the tag after the side information. */
const TAG_BYTES = 4 + 4 + 4 + 4 + 100 + 4 + 36;

/**
 * An Info tag with LAME's extension. Without a length it tells only the delay.
 * @param musicCrc of all bytes that follow this frame.
 */
export function mp3InfoFrame(
  layout: Mp3Layout,
  length: Mp3Length | undefined,
  musicCrc = 0,
): Uint8Array {
  const { frame, body } = emptyFrame(layout, TAG_BYTES);
  const view = new DataView(frame.buffer);
  let at = body;
  const uint8 = (value: number) => {
    frame[at++] = value;
  };
  const uint16 = (value: number) => {
    view.setUint16(at, value);
    at += 2;
  };
  const uint32 = (value: number) => {
    view.setUint32(at, Math.min(value, 0xffffffff));
    at += 4;
  };
  const text = (value: string) => {
    for (const letter of value) uint8(letter.charCodeAt(0));
  };
  const bytes = length?.bytes === undefined ? undefined : length.bytes + frame.length;

  text("Info");
  // Which of four fields are there: frames, bytes, table of contents, quality.
  uint32((length ? 1 : 0) | (bytes === undefined ? 0 : 2) | 4 | 8);
  if (length) uint32(length.frames);
  if (bytes !== undefined) uint32(bytes);
  // Bit rates are constant: each hundredth of the time begins at that hundredth of the bytes.
  for (let i = 0; i < 100; i++) uint8(Math.floor((256 * i) / 100));
  uint32(0);
  text("LAME3.100");
  // Constant bit rate; unknown low-pass; no replay gain.
  uint8(1);
  uint8(0);
  uint32(0);
  uint32(0);
  uint8(0);
  uint8(Math.min(255, layout.bitrate));
  const padding = length?.padding ?? 0;
  uint16((MP3_DELAY << 4) | (padding >>> 8));
  uint8(padding & 0xff);
  uint8(0);
  uint8(0);
  uint16(0);
  uint32(bytes ?? 0);
  uint16(musicCrc);
  uint16(crc16Arc(frame.subarray(0, at)));
  return frame;
}
