/** Encodes FLAC frames. (RFC 9639, section 9.) */

import { crc8, crc16 } from "../../bytes/crc.ts";
import type { BitWriter } from "./bitWriter.ts";
import { FlacSubframeEncoder } from "./flacSubframe.ts";

export interface FlacShape {
  /** Hz. */
  readonly sampleRate: number;
  readonly channels: number;
  readonly bits: 16 | 24;
}

type Pairing = "independent" | "left-side" | "side-right" | "mid-side";

const pairingCodes = { "left-side": 8, "side-right": 9, "mid-side": 10 } as const;
const rateCodes: ReadonlyMap<number, number> = new Map([
  [88200, 1],
  [176400, 2],
  [192000, 3],
  [8000, 4],
  [16000, 5],
  [22050, 6],
  [24000, 7],
  [32000, 8],
  [44100, 9],
  [48000, 10],
  [96000, 11],
]);

/** Writes frames; of two channels as left and right, mid and side, or one of them and side, whatever is shortest. */
export class FlacFrameEncoder {
  readonly #shape: FlacShape;
  readonly #blockSize: number;
  readonly #subframes: FlacSubframeEncoder;
  readonly #mid: Int32Array;
  readonly #side: Int32Array;

  /** @param blockSize samples per channel in every frame but the last, a power of two of 256 to 32768. */
  constructor(shape: FlacShape, blockSize: number) {
    this.#shape = shape;
    this.#blockSize = blockSize;
    this.#subframes = new FlacSubframeEncoder(blockSize);
    this.#mid = new Int32Array(blockSize);
    this.#side = new Int32Array(blockSize);
  }

  /** Writes the frame of this number; `channels` are equally long. The writer has to be at a byte's beginning. */
  write(writer: BitWriter, channels: readonly Int32Array[], number: number): void {
    const start = writer.length;
    const { bits } = this.#shape;
    const pairing = channels.length === 2 ? bestPairing(channels[0], channels[1]) : "independent";
    this.#writeHeader(writer, start, channels[0].length, pairing, number);
    const parts = pairing === "independent" ? channels : this.#paired(channels, pairing);
    parts.forEach((part, channel) => {
      const side = pairing !== "independent" && channel === (pairing === "side-right" ? 0 : 1);
      this.#subframes.write(writer, part, bits + (side ? 1 : 0));
    });
    writer.align();
    writer.write(crc16(writer.peek(start)), 16);
  }

  #writeHeader(
    writer: BitWriter,
    start: number,
    length: number,
    pairing: Pairing,
    number: number,
  ): void {
    const { sampleRate, channels, bits } = this.#shape;
    const whole = length === this.#blockSize;
    const sizeCode = whole ? Math.log2(length) : length <= 256 ? 6 : 7;
    const rate = rateField(sampleRate);
    writer.write(0x7ffc, 15);
    // Blocks of one size: frames are numbered.
    writer.write(0, 1);
    writer.write(sizeCode, 4);
    writer.write(rate.code, 4);
    writer.write(pairing === "independent" ? channels - 1 : pairingCodes[pairing], 4);
    writer.write(bits === 16 ? 4 : 6, 3);
    writer.write(0, 1);
    writeNumber(writer, number);
    if (!whole) writer.write(length - 1, sizeCode === 6 ? 8 : 16);
    writer.write(rate.value, rate.bits);
    writer.write(crc8(writer.peek(start)), 8);
  }

  #paired(
    [left, right]: readonly Int32Array[],
    pairing: Exclude<Pairing, "independent">,
  ): readonly Int32Array[] {
    const { length } = left;
    const mid = this.#mid.subarray(0, length);
    const side = this.#side.subarray(0, length);
    for (let i = 0; i < length; i++) {
      mid[i] = (left[i] + right[i]) >> 1;
      side[i] = left[i] - right[i];
    }
    if (pairing === "mid-side") return [mid, side];
    return pairing === "left-side" ? [left, side] : [side, right];
  }
}

/** The pair of left, right, mid and side whose second differences are smallest. */
function bestPairing(left: Int32Array, right: Int32Array): Pairing {
  let [l, r, m, s] = [1, 1, 1, 1];
  for (let i = 2; i < left.length; i++) {
    const dl = left[i] - 2 * left[i - 1] + left[i - 2];
    const dr = right[i] - 2 * right[i - 1] + right[i - 2];
    l += Math.abs(dl);
    r += Math.abs(dr);
    m += Math.abs(dl + dr) / 2;
    s += Math.abs(dl - dr);
  }
  // A number's bits grow with its logarithm.
  const costs: readonly (readonly [Pairing, number])[] = [
    ["independent", l * r],
    ["left-side", l * s],
    ["side-right", s * r],
    ["mid-side", m * s],
  ];
  return costs.reduce((best, other) => (other[1] < best[1] ? other : best))[0];
}

/** How a frame tells the sample rate; code 0 refers to the beginning of the file. */
function rateField(rate: number): { code: number; value: number; bits: number } {
  const code = rateCodes.get(rate);
  if (code !== undefined) return { code, value: 0, bits: 0 };
  if (rate % 1000 === 0 && rate <= 255000) return { code: 12, value: rate / 1000, bits: 8 };
  if (rate <= 65535) return { code: 13, value: rate, bits: 16 };
  if (rate % 10 === 0 && rate <= 655350) return { code: 14, value: rate / 10, bits: 16 };
  return { code: 0, value: 0, bits: 0 };
}

/** A number of up to 31 bits in the manner of UTF-8. */
function writeNumber(writer: BitWriter, number: number): void {
  if (number < 0x80) {
    writer.write(number, 8);
    return;
  }
  let more = 1;
  while (number >= 2 ** (6 * more + 6 - more)) more++;
  const lead = (0xff00 >> (more + 1)) & 0xff;
  writer.write(lead | (number >>> (6 * more)), 8);
  for (let i = more - 1; i >= 0; i--) writer.write(0x80 | ((number >>> (6 * i)) & 0x3f), 8);
}
