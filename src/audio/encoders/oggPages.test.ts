import { describe, expect, it } from "vitest";
import { OggPages } from "./oggPages.ts";

/** The checksum, bit by bit. */
function slowCrc(bytes: Uint8Array): number {
  let crc = 0n;
  for (const byte of bytes) {
    crc ^= BigInt(byte) << 24n;
    for (let i = 0; i < 8; i++) {
      crc = crc & 0x80000000n ? (crc << 1n) ^ 0x104c11db7n : crc << 1n;
    }
  }
  return Number(crc);
}

describe("OggPages", () => {
  it("fills in pages as RFC 3533 says", () => {
    const pages = new OggPages(0xdeadbeef);
    const lengths = [0, 1, 254, 255, 256, 510, 511];
    for (const length of lengths) pages.add(new Uint8Array(length).fill(length));
    expect(pages.waiting).toBe(7);
    const first = Buffer.from(pages.page(2 ** 40 + 7));
    expect(first.toString("latin1", 0, 4)).toBe("OggS");
    expect([first[4], first[5]]).toEqual([0, 2]);
    expect(Number(first.readBigUInt64LE(6))).toBe(2 ** 40 + 7);
    expect(first.readUInt32LE(14)).toBe(0xdeadbeef);
    expect(first.readUInt32LE(18)).toBe(0);
    const lacing = [0, 1, 254, 255, 0, 255, 1, 255, 255, 0, 255, 255, 1];
    expect([...first.subarray(26, 27 + lacing.length)]).toEqual([lacing.length, ...lacing]);
    expect(first.length).toBe(27 + lacing.length + lengths.reduce((a, b) => a + b));
    const crc = first.readUInt32LE(22);
    first.writeUInt32LE(0, 22);
    expect(crc).toBe(slowCrc(first));

    expect(pages.waiting).toBe(0);
    pages.add(new Uint8Array(3));
    const last = Buffer.from(pages.page(9, true));
    expect(last[5]).toBe(4);
    expect(last.readUInt32LE(18)).toBe(1);
  });

  it("has room for 255 segments", () => {
    const pages = new OggPages(1);
    expect(pages.hasRoom(254 * 255 + 254)).toBe(true);
    expect(pages.hasRoom(255 * 255)).toBe(false);
    for (let i = 0; i < 254; i++) pages.add(new Uint8Array(2));
    expect(pages.hasRoom(254)).toBe(true);
    expect(pages.hasRoom(255)).toBe(false);
  });
});
