/** Puts packets into the pages of an Ogg stream. (RFC 3533.) */
import { crc32Ogg } from "../../bytes/crc.ts";

/** A packet's length is told in this many numbers at most, over all packets of a page. */
const MAX_SEGMENTS = 255;

/** Gathers packets into the pages of one stream. */
export class OggPages {
  readonly #serial: number;
  #packets: Uint8Array[] = [];
  #segments = 0;
  #pages = 0;

  /** @param serial tells streams apart that will be joined in one file. */
  constructor(serial: number) {
    this.#serial = serial;
  }

  /** Packets that wait for their page. */
  get waiting(): number {
    return this.#packets.length;
  }

  /** Whether a packet of this length goes into the page at hand; a page takes about 64 KiB. */
  hasRoom(length: number): boolean {
    return this.#segments + segmentsOf(length) <= MAX_SEGMENTS;
  }

  /** Adds a packet to the page at hand. It has to fit, see {@link hasRoom}. */
  add(packet: Uint8Array): void {
    this.#packets.push(packet);
    this.#segments += segmentsOf(packet.length);
  }

  /**
   * Ends the page at hand.
   * @param granule the position that the stream has reached at its end.
   * @param last whether it is the stream's last page.
   */
  page(granule: number, last = false): Uint8Array {
    const packets = this.#packets;
    const length = packets.reduce((sum, packet) => sum + packet.length, 0);
    const head = 27 + this.#segments;
    const bytes = new Uint8Array(head + length);
    const view = new DataView(bytes.buffer);
    bytes.set([0x4f, 0x67, 0x67, 0x53, 0, (this.#pages === 0 ? 2 : 0) | (last ? 4 : 0)]);
    view.setBigUint64(6, BigInt(granule), true);
    view.setUint32(14, this.#serial, true);
    view.setUint32(18, this.#pages, true);
    bytes[26] = this.#segments;
    let segment = 27;
    let at = head;
    for (const packet of packets) {
      // As many times 255 as the length holds, and the rest, which may be 0.
      const whole = segmentsOf(packet.length) - 1;
      bytes.fill(255, segment, segment + whole);
      bytes[segment + whole] = packet.length - 255 * whole;
      segment += whole + 1;
      bytes.set(packet, at);
      at += packet.length;
    }
    view.setUint32(22, crc32Ogg(bytes), true);
    this.#packets = [];
    this.#segments = 0;
    this.#pages++;
    return bytes;
  }
}

function segmentsOf(length: number): number {
  return Math.floor(length / 255) + 1;
}
