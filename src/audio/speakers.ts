/** Where the channels of a file are heard. */
import type { Comments } from "./tags/vorbisComment.ts";

/** Left, right, centre; front, back, side; of the top: T. "LFE" is the subwoofer's channel. */
export type Speaker = (typeof maskOrder)[number];

/** Bit i of a channel mask (WAVEFORMATEXTENSIBLE's dwChannelMask) is the i-th of these. */
const maskOrder = [
  ...(["FL", "FR", "FC", "LFE", "BL", "BR", "FLC", "FRC", "BC", "SL", "SR"] as const),
  ...(["TC", "TFL", "TFC", "TFR", "TBL", "TBC", "TBR"] as const),
] as const;

type Orders = Readonly<Record<number, readonly Speaker[]>>;

/** The usual order of 3 to 8 channels in WAV and FLAC (RFC 9639, section 9.1.3). */
const waveOrders: Orders = {
  3: ["FL", "FR", "FC"],
  4: ["FL", "FR", "BL", "BR"],
  5: ["FL", "FR", "FC", "BL", "BR"],
  6: ["FL", "FR", "FC", "LFE", "BL", "BR"],
  7: ["FL", "FR", "FC", "LFE", "BC", "SL", "SR"],
  8: ["FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR"],
};

/** The order of 3 to 8 channels in Vorbis and Opus (Vorbis I, section 4.3.9). */
const vorbisOrders: Orders = {
  3: ["FL", "FC", "FR"],
  4: ["FL", "FR", "BL", "BR"],
  5: ["FL", "FC", "FR", "BL", "BR"],
  6: ["FL", "FC", "FR", "BL", "BR", "LFE"],
  7: ["FL", "FC", "FR", "SL", "SR", "BC", "LFE"],
  8: ["FL", "FC", "FR", "SL", "SR", "BL", "BR", "LFE"],
};

/** What a format says of its speakers: nothing for mono and stereo, or where nothing is known. */
export interface SpeakerLayout {
  /** One for every channel, in the order of the channels. */
  readonly speakers?: readonly Speaker[];
}

function layout(speakers: readonly Speaker[] | undefined): SpeakerLayout {
  return speakers ? { speakers } : {};
}

/** The layout of a file without a word about it. */
export function waveLayout(channels: number): SpeakerLayout {
  return layout(waveOrders[channels]);
}

export function vorbisLayout(channels: number): SpeakerLayout {
  return layout(vorbisOrders[channels]);
}

/** The layout that a channel mask tells; a mask that does not name as many speakers as there are channels tells none. */
export function maskLayout(channels: number, mask: number): SpeakerLayout {
  if (channels < 3) return {};
  const named = maskOrder.filter((_, bit) => (mask >>> bit) & 1);
  return named.length === channels && mask >>> maskOrder.length === 0 ? { speakers: named } : {};
}

/** FLAC's layout: the usual one, unless a comment has a mask. */
export function flacLayout(channels: number, comments: Comments): SpeakerLayout {
  const [mask] = comments.get("WAVEFORMATEXTENSIBLE_CHANNEL_MASK") ?? [];
  return mask === undefined ? waveLayout(channels) : maskLayout(channels, Number(mask));
}
