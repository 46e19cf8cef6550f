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
  /** Samples that the encoder put before and after the signal. */
  readonly gap: { readonly delay: number; readonly padding: number } | undefined;
}

const kilobits1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const kilobits2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const rates1 = [44100, 48000, 32000];

/** Reads the four bytes at `at`; undefined if they are no header of layer III with a bit rate ({@link isFreeFormat}). */
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

/** Whether two frames can belong to one stream: bit rates and channels may differ, as on the radio; the rest not. */
export function sameStream(a: Mp3Header, b: Mp3Header): boolean {
  return a.version === b.version && a.sampleRate === b.sampleRate;
}

/** Bits of a header that all frames of one stream share: not padding, private bit, extension of joint stereo. */
const SHARED = 0xfffffcc0;
/** Frames of free format are no shorter, and no longer. */
const [LEAST_FREE, MOST_FREE] = [24, 8000];

/**
 * Whether a stream of free format begins here: its bit rate stands nowhere but in the distance from one header to the
 * next.
 */
export function isFreeFormat(bytes: Uint8Array, at: number): boolean {
  const wordOf = (i: number) =>
    ((bytes[i] << 24) | (bytes[i + 1] << 16) | (bytes[i + 2] << 8) | bytes[i + 3]) & SHARED;
  const isHeader = bytes[at] === 0xff && (bytes[at + 1] & 0xe6) === 0xe2 && bytes[at + 2] < 12;
  if (!isHeader || (bytes[at + 1] & 0x18) === 8) return false;
  const first = wordOf(at);
  for (let length = LEAST_FREE; length <= MOST_FREE; length++) {
    if (at + 3 * length + 8 > bytes.length) return false;
    // One byte more if the frame is padded.
    const ends = (from: number) => [from + length, from + length + 1];
    if (wordOf(at + length) !== first) continue;
    if (ends(at + length).some((next) => wordOf(next) === first)) return true;
  }
  return false;
}

/** Bytes of side information after a frame's header and checksum. */
function sideBytes({ version, channels }: Mp3Header): number {
  if (version === "1") return channels === 1 ? 17 : 32;
  return channels === 1 ? 9 : 17;
}

/** How a frame uses the bytes of frames before it, the bit reservoir. */
export interface Reservoir {
  /** Bytes of its main data that lie before the frame. */
  readonly begin: number;
  /** Bytes of its main data in all. */
  readonly length: number;
  /** Bytes for main data within the frame. */
  readonly room: number;
}

/** Reads the side information, as far as it tells where the main data lies. */
export function readReservoir(frame: Uint8Array, header: Mp3Header): Reservoir {
  const at = 4 + (header.protected ? 2 : 0);
  const bitsAt = (from: number, count: number) => {
    let value = 0;
    for (let i = from; i < from + count; i++) {
      value = 2 * value + (((frame[at + (i >>> 3)] ?? 0) >>> (7 - (i & 7))) & 1);
    }
    return value;
  };
  const isFirst = header.version === "1";
  const { channels } = header;
  // Private bits, and in MPEG-1 four bits a channel on shared scale factors; then a block per granule and channel.
  const blocksAt = isFirst ? (channels === 1 ? 18 : 20) : channels === 1 ? 9 : 10;
  const [blocks, blockBits] = isFirst ? [2 * channels, 59] : [channels, 63];
  let bits = 0;
  for (let i = 0; i < blocks; i++) bits += bitsAt(blocksAt + i * blockBits, 12);
  return {
    begin: bitsAt(0, isFirst ? 9 : 8),
    length: Math.ceil(bits / 8),
    room: Math.max(0, header.frameBytes - at - sideBytes(header)),
  };
}

/** Reads the tag of a frame, if it has one; such a frame holds no audio. */
export function readMp3Tag(frame: Uint8Array, header: Mp3Header): Mp3Tag | undefined {
  // LAME leaves no place for the checksum before its tag, others do.
  const places = header.protected ? [4, 6] : [4];
  for (const place of places) {
    const tag = tagAt(frame, place + sideBytes(header));
    if (tag) return tag;
  }
  return undefined;
}

function tagAt(frame: Uint8Array, place: number): Mp3Tag | undefined {
  let at = place;
  // Without zeros in the side information, what looks like a tag is audio.
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
