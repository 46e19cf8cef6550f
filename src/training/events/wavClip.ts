/** Short clips of audio as WAV in memory: 16-bit, which every browser plays. */
import { ArgumentError } from "../../errors.ts";

/** A clip as the bytes of a WAV file. */
export interface EncodedAudio {
  /** Hz. */
  readonly sampleRate: number;
  readonly channels: number;
  /** Samples per channel. */
  readonly frames: number;
  readonly wav: Uint8Array;
}

/**
 * Encodes a clip; samples beyond ±1 are clipped.
 *
 * @param channels equally long, nominally within ±1
 * @param sampleRate Hz
 */
export function encodeClip(channels: readonly Float32Array[], sampleRate: number): EncodedAudio {
  const count = channels.length;
  const frames = channels[0]?.length ?? 0;
  if (channels.some((channel) => channel.length !== frames) || count === 0) {
    throw new ArgumentError("A clip needs one channel or more, all equally long.");
  }
  const wav = new Uint8Array(44 + 2 * count * frames);
  const view = new DataView(wav.buffer);
  const name = (at: number, text: string) => wav.set(new TextEncoder().encode(text), at);
  name(0, "RIFF");
  view.setUint32(4, wav.length - 8, true);
  name(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, count, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, 2 * count * sampleRate, true);
  view.setUint16(32, 2 * count, true);
  view.setUint16(34, 16, true);
  name(36, "data");
  view.setUint32(40, wav.length - 44, true);
  for (let i = 0, at = 44; i < frames; i++) {
    for (const channel of channels) {
      const value = Math.max(-32768, Math.min(32767, Math.round(32768 * channel[i])));
      view.setInt16(at, value, true);
      at += 2;
    }
  }
  return { sampleRate, channels: count, frames, wav };
}
