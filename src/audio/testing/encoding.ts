/** For tests of encoders: whole signals in one go, files for other programs, and delays between signals. */
import { spawnSync } from "node:child_process";
import { joinedBytes } from "../../bytes/joinedBytes.ts";
import { encodeAudio } from "../encode.ts";
import type { Encoder, EncoderOptions } from "../encoders/encoder.ts";
import type { AudioShape, OutputFormat } from "../outputFormat.ts";

/** The finished file. */
export async function encoded(
  format: OutputFormat,
  shape: AudioShape,
  channels: readonly Float32Array[],
  options: EncoderOptions & { readonly cuts?: readonly number[] } = {},
): Promise<Uint8Array> {
  return encodedBy(await encodeAudio(format, shape, options), channels, options.cuts);
}

/** The finished file of this encoder, which gets the signal cut at these places. */
export function encodedBy(
  encoder: Encoder,
  channels: readonly Float32Array[],
  cuts: readonly number[] = [],
): Uint8Array {
  const places = [0, ...cuts, channels[0].length];
  const parts = [encoder.head];
  for (let i = 1; i < places.length; i++) {
    const block = channels.map((channel) => channel.slice(places[i - 1], places[i]));
    parts.push(encoder.encode(block).slice());
  }
  const { tail, head } = encoder.finish();
  parts.push(tail.slice());
  encoder.release();
  if (head) {
    if (head.length !== encoder.head.length) throw new Error("The head changed its length.");
    parts[0] = head;
  }
  return joinedBytes(parts);
}

/** Whether a program is at hand; tests that need it are skipped otherwise. */
export function hasProgram(name: string, versionFlag = "--version"): boolean {
  return spawnSync(name, [versionFlag]).status === 0;
}

/** Runs a program; throws what it says when it fails. */
export function run(name: string, args: readonly string[], input?: Uint8Array): Buffer {
  const { status, stdout, stderr } = spawnSync(name, args, {
    ...(input && { input }),
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`${name}: ${stderr}`);
  return stdout;
}

/** Interleaved little-endian float32, such as ffmpeg gives, by channel. */
export function deinterleaved(bytes: Buffer, channels: number): Float32Array[] {
  const frames = bytes.length / 4 / channels;
  return Array.from({ length: channels }, (_, c) =>
    Float32Array.from({ length: frames }, (_, i) => bytes.readFloatLE(4 * (i * channels + c))),
  );
}

/** Where two signals differ in a bit (but for the sign of a zero); undefined if nowhere. */
export function firstDifference(
  a: readonly Float32Array[],
  b: readonly Float32Array[],
): string | undefined {
  const lengths = (channels: readonly Float32Array[]) =>
    channels.map(({ length }) => length).join();
  if (lengths(a) !== lengths(b)) return `lengths ${lengths(a)} and ${lengths(b)}`;
  for (const [c, channel] of a.entries()) {
    const at = channel.findIndex((sample, i) => sample !== b[c][i]);
    if (at >= 0) return `sample ${at} of channel ${c}: ${channel[at]} and ${b[c][at]}`;
  }
  return undefined;
}

/** How many samples `b` lags behind `a`, within ±`range`: the place of the largest correlation. */
export function delay(a: Float32Array, b: Float32Array, range: number): number {
  let best = 0;
  let largest = Number.NEGATIVE_INFINITY;
  for (let lag = -range; lag <= range; lag++) {
    let sum = 0;
    for (let i = Math.max(0, -lag); i < Math.min(a.length, b.length - lag); i++) {
      sum += a[i] * b[i + lag];
    }
    if (sum > largest) {
      largest = sum;
      best = lag;
    }
  }
  return best;
}

/** Power of `a` over that of the difference to `b`, in dB. */
export function agreement(a: Float32Array, b: Float32Array): number {
  let power = 0;
  let error = 0;
  for (let i = 0; i < a.length; i++) {
    power += a[i] ** 2;
    error += (a[i] - b[i]) ** 2;
  }
  return 10 * Math.log10(power / error);
}
