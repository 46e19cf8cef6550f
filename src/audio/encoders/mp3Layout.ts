/** What MPEG audio layer III can hold: rates, bit rates, and how long frames are. (ISO 11172-3, 13818-3.) */

interface Version {
  /** Bits of the frame header. */
  readonly bits: 0 | 2 | 3;
  /** Hz, in the order of the header's codes. */
  readonly rates: readonly number[];
  /** kbit/s, in the order of the header's codes from 1 on. */
  readonly bitrates: readonly number[];
  /** Samples per channel in a frame. */
  readonly frameSamples: 576 | 1152;
  /** Bytes between the header and the samples, mono and stereo. */
  readonly sideBytes: readonly [number, number];
}

const low = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const versions: readonly Version[] = [
  {
    bits: 3,
    rates: [44100, 48000, 32000],
    bitrates: [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    frameSamples: 1152,
    sideBytes: [17, 32],
  },
  { bits: 2, rates: [22050, 24000, 16000], bitrates: low, frameSamples: 576, sideBytes: [9, 17] },
  // LAME uses no more than 64 kbit/s here.
  {
    bits: 0,
    rates: [11025, 12000, 8000],
    bitrates: low.slice(0, 8),
    frameSamples: 576,
    sideBytes: [9, 17],
  },
];
/** Hz, rising. */
const mp3Rates = [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000] as const;
export type Mp3Rate = (typeof mp3Rates)[number];

/** kbit/s that can be asked for. The encoder's wrapper does not take 56 and 144. */
export const mp3Bitrates = [
  8, 16, 24, 32, 40, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
] as const;
export type Mp3Bitrate = (typeof mp3Bitrates)[number];

/** How a signal is stored. */
export interface Mp3Layout {
  readonly sampleRate: Mp3Rate;
  readonly channels: 1 | 2;
  /** kbit/s. */
  readonly bitrate: Mp3Bitrate;
  /** Samples per channel in a frame. */
  readonly frameSamples: 576 | 1152;
}

/**
 * The rate at which audio is stored: its own if MP3 has it, or else the next higher one; above 48 kHz, 44.1 or 48 kHz,
 * of which it is a multiple.
 */
export function mp3Rate(sampleRate: number): Mp3Rate {
  if (sampleRate > 48000 && sampleRate % 11025 === 0) return 44100;
  return mp3Rates.find((rate) => rate >= sampleRate) ?? 48000;
}

/** The layout for audio of this shape; a bit rate that its rate cannot have becomes the nearest that it can. */
export function mp3Layout(
  shape: { readonly sampleRate: number; readonly channels: number },
  bitrate: number,
): Mp3Layout {
  const sampleRate = mp3Rate(shape.sampleRate);
  const { bitrates, frameSamples } = versionOf(sampleRate);
  const possible = mp3Bitrates.filter((rate) => bitrates.includes(rate));
  return {
    sampleRate,
    channels: shape.channels === 1 ? 1 : 2,
    bitrate: possible.reduce((best, rate) =>
      Math.abs(rate - bitrate) < Math.abs(best - bitrate) ? rate : best,
    ),
    frameSamples,
  };
}

function versionOf(sampleRate: number): Version {
  return versions.find(({ rates }) => rates.includes(sampleRate)) ?? versions[0];
}

/** A frame of silence of at least `length` bytes after its side information: the header, and zeros. */
export function emptyFrame(layout: Mp3Layout, length: number): { frame: Uint8Array; body: number } {
  const version = versionOf(layout.sampleRate);
  const { channels, frameSamples, sampleRate } = layout;
  const body = 4 + version.sideBytes[channels - 1];
  const bytesOf = (bitrate: number) => Math.floor((frameSamples * 125 * bitrate) / sampleRate);
  const bitrate =
    version.bitrates.find((rate) => rate >= layout.bitrate && bytesOf(rate) >= body + length) ??
    layout.bitrate;
  const frame = new Uint8Array(bytesOf(bitrate));
  frame[0] = 0xff;
  // Layer III without a checksum.
  frame[1] = 0xe0 | (version.bits << 3) | 0b011;
  frame[2] =
    ((version.bitrates.indexOf(bitrate) + 1) << 4) | (version.rates.indexOf(sampleRate) << 2);
  // Mono, or joint stereo.
  frame[3] = channels === 1 ? 0xc0 : 0x40;
  return { frame, body };
}
