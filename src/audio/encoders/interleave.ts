/** Whole numbers of several channels as little-endian bytes, frame by frame. */

/** Puts the first `count` numbers of one of `channels` channels into their places. */
export function interleave(
  numbers: Int32Array,
  count: number,
  sampleBytes: 2 | 3,
  channel: number,
  channels: number,
  bytes: Uint8Array,
): void {
  const stride = sampleBytes * channels;
  let at = sampleBytes * channel;
  if (sampleBytes === 2) {
    for (let i = 0; i < count; i++, at += stride) {
      const value = numbers[i];
      bytes[at] = value;
      bytes[at + 1] = value >> 8;
    }
  } else {
    for (let i = 0; i < count; i++, at += stride) {
      const value = numbers[i];
      bytes[at] = value;
      bytes[at + 1] = value >> 8;
      bytes[at + 2] = value >> 16;
    }
  }
}
