/** What an Opus packet is made of: its duration, and the packets of several streams in one. (RFC 6716, section 3.) */

/** Samples at 48 kHz that a packet may have at most: 120 ms. */
export const MAX_OPUS_SAMPLES = 5760;
const MAX_FRAME_BYTES = 1275;

/** The packets of all streams, which have the same duration. */
export interface OpusPackets {
  /** At 48 kHz. */
  readonly samples: number;
  readonly packets: readonly Uint8Array[];
}

/** Takes a packet of `streams` streams apart; undefined if it is malformed. */
export function splitOpusPacket(packet: Uint8Array, streams: number): OpusPackets | undefined {
  let rest = packet;
  let samples: number | undefined;
  const packets: Uint8Array[] = [];
  for (let stream = 0; stream < streams; stream++) {
    // All but the last tell their own length.
    const parsed = parse(rest, stream < streams - 1);
    if (!parsed || (samples !== undefined && parsed.samples !== samples)) return undefined;
    samples = parsed.samples;
    packets.push(parsed.packet);
    rest = rest.subarray(parsed.bytes);
  }
  return samples === undefined ? undefined : { samples, packets };
}

interface Parsed {
  readonly samples: number;
  /** Bytes that it took. */
  readonly bytes: number;
  /** Without the length of its own (RFC 6716, appendix B). */
  readonly packet: Uint8Array;
}

function parse(bytes: Uint8Array, delimited: boolean): Parsed | undefined {
  const reader = new LengthReader(bytes);
  const config = reader.byte();
  const kind = config & 3;
  let count = [1, 2, 2][kind] ?? 0;
  let equal = kind < 2;
  let padding = 0;
  if (kind === 3) {
    const word = reader.byte();
    count = word & 63;
    equal = (word & 128) === 0;
    if (word & 64) padding = reader.padding();
  }
  const samples = count * frameSamples(config >>> 3);
  if (count === 0 || samples > MAX_OPUS_SAMPLES) return undefined;
  // The lengths of all frames but the last, then, if the packet tells its own, of the last.
  let told = 0;
  for (let i = 1; !equal && i < count; i++) told += reader.length();
  const headEnd = reader.at;
  let last: number;
  if (delimited) last = reader.length();
  else {
    const left = bytes.length - headEnd - told - padding;
    last = equal ? left / count : left;
  }
  const end = reader.at + told + (equal ? count * last : last) + padding;
  const isWhole = Number.isInteger(last) && last >= 0 && last <= MAX_FRAME_BYTES;
  if (!isWhole || end > bytes.length) return undefined;
  const packet = new Uint8Array(headEnd + end - reader.at);
  packet.set(bytes.subarray(0, headEnd));
  packet.set(bytes.subarray(reader.at, end), headEnd);
  return { samples, bytes: end, packet };
}

/** Samples at 48 kHz of a frame. */
function frameSamples(config: number): number {
  if (config < 12) return [480, 960, 1920, 2880][config & 3];
  if (config < 16) return [480, 960][config & 1];
  return [120, 240, 480, 960][config & 3];
}

/** After the end it reads zeros; {@link parse} notices by the position. */
class LengthReader {
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  byte(): number {
    return this.#bytes[this.at++] ?? 0;
  }

  /** One byte, or from 252 on two. */
  length(): number {
    const first = this.byte();
    return first < 252 ? first : first + 4 * this.byte();
  }

  /** Bytes of padding: 255 stands for 254 and goes on. */
  padding(): number {
    for (let sum = 0; ; ) {
      const next = this.byte();
      if (next < 255) return sum + next;
      sum += 254;
    }
  }
}
