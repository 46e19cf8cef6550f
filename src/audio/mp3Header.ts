/** Frame headers of MPEG audio layer III, and the tag in the first frame that tells the length. (ISO 11172-3, 13818-3.) */

export interface Mp3Header {
  readonly version: "1" | "2" | "2.5";
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  /** Samples per channel in a frame. */
  readonly frameSamples: 576 | 1152;
  /** Length of the frame, the header included. */
  readonly frameBytes: number;
  /** A checksum follows the header. */
  readonly protected: boolean;
}

/** What an Xing or Info tag tells. */
export interface Mp3Tag {
  /** Frames of audio, this one not counted. */
  readonly frames: number | undefined;
  /** Bytes of all frames, this one counted. */
  readonly bytes: number | undefined;
  /** Samples that the encoder put before and behind the signal. */
  readonly gap: { readonly delay: number; readonly padding: number } | undefined;
}

const kilobits1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const kilobits2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const rates1 = [44100, 48000, 32000];

/** Reads the four bytes at `at`; undefined if they are no header of layer III (free bit rates are not supported). */
export function readMp3Header(bytes: Uint8Array, at = 0): Mp3Header | undefined {
  if (at + 4 > bytes.length || bytes[at] !== 0xff || bytes[at + 1] < 0xe0) return undefined;
  const versionBits = (bytes[at + 1] >>> 3) & 3;
  const layerBits = (bytes[at + 1] >>> 1) & 3;
  const bitrate = bytes[at + 2] >>> 4;
  const rateBits = (bytes[at + 2] >>> 2) & 3;
  const padding = (bytes[at + 2] >>> 1) & 1;
  const emphasis = bytes[at + 3] & 3;
  if (versionBits === 1 || layerBits !== 1 || bitrate === 0 || bitrate === 15) return undefined;
  if (rateBits === 3 || emphasis === 2) return undefined;
  const version = versionBits === 3 ? "1" : versionBits === 2 ? "2" : "2.5";
  const sampleRate = rates1[rateBits] / (version === "1" ? 1 : version === "2" ? 2 : 4);
  const frameSamples = version === "1" ? 1152 : 576;
  const kilobits = (version === "1" ? kilobits1 : kilobits2)[bitrate];
  return {
    version,
    sampleRate,
    channels: bytes[at + 3] >>> 6 === 3 ? 1 : 2,
    frameSamples,
    frameBytes: Math.floor((frameSamples * 125 * kilobits) / sampleRate) + padding,
    protected: (bytes[at + 1] & 1) === 0,
  };
}

/** Whether two frames can belong to one stream: bit rates may differ, the rest not. */
export function sameStream(a: Mp3Header, b: Mp3Header): boolean {
  return a.version === b.version && a.sampleRate === b.sampleRate && a.channels === b.channels;
}

/** Reads the tag of a frame, if it has one; such a frame holds no audio. */
export function readMp3Tag(frame: Uint8Array, header: Mp3Header): Mp3Tag | undefined {
  const sideBytes =
    header.version === "1" ? (header.channels === 1 ? 17 : 32) : header.channels === 1 ? 9 : 17;
  let at = 4 + (header.protected ? 2 : 0) + sideBytes;
  // The decoder wants 120 bytes behind the side information and zeros in it; what it decodes as audio is no tag.
  if (frame.length < at + 120 || frame.subarray(6, at).some((byte) => byte !== 0)) return undefined;
  const word = String.fromCharCode(...frame.subarray(at, at + 4));
  if (word !== "Xing" && word !== "Info") return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const flags = view.getUint32(at + 4);
  at += 8;
  const field = (bit: number) => {
    if (!(flags & bit)) return undefined;
    at += 4;
    return view.getUint32(at - 4);
  };
  const frames = field(1);
  const bytes = field(2);
  if (flags & 4) at += 100;
  field(8);
  // LAME's extension begins with the encoder's name and has the gaps, two numbers of 12 bits, at its byte 21.
  const hasGap = at + 24 <= frame.length && frame[at] !== 0;
  const bits = hasGap ? (view.getUint16(at + 21) << 8) | frame[at + 23] : 0;
  return { frames, bytes, gap: hasGap ? { delay: bits >>> 12, padding: bits & 0xfff } : undefined };
}

/**
 * Whether a frame holds Fraunhofer's tag instead of audio. Its count of frames is not used: encoders disagree on what
 * it counts.
 */
export function hasVbriTag(frame: Uint8Array): boolean {
  return String.fromCharCode(...frame.subarray(36, 40)) === "VBRI";
}

/**
 * Reads iTunes' comment on the gaps: zeros, delay, padding and the number of samples per channel, in hexadecimal.
 * @returns the delay, and samples per channel without gaps.
 */
export function readItunesGaps(text: string) {
  const fields = /^\s*[0-9a-f]{8} ([0-9a-f]{8}) [0-9a-f]{8} ([0-9a-f]{16})\b/i.exec(text);
  if (!fields) return undefined;
  const [delay, length] = [Number.parseInt(fields[1], 16), Number.parseInt(fields[2], 16)];
  return length > 0 ? { delay, length } : undefined;
}
