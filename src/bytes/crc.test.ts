import { describe, expect, it } from "vitest";
import { crc8, crc16, crc16Arc, crc32, crc32c, crc32Ogg } from "./crc.ts";

/** The remainder of the polynomial division, bit by bit. */
function slow(bytes: Uint8Array, polynomial: number, bits: number, start: number): number {
  const [mask, top] = [2n ** BigInt(bits) - 1n, 2n ** BigInt(bits - 1)];
  let crc = BigInt(start);
  for (const byte of bytes) {
    crc ^= BigInt(byte) << BigInt(bits - 8);
    for (let i = 0; i < 8; i++) {
      crc = ((crc << 1n) ^ (crc & top ? BigInt(polynomial) : 0n)) & mask;
    }
  }
  return Number(crc);
}

/** The same, least significant bit first; `polynomial` is reflected, and the result inverted if it began at ones. */
function slowReflected(bytes: Uint8Array, polynomial: number, start: number): number {
  let crc = start;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
  }
  return (start === 0 ? crc : ~crc) >>> 0;
}

const ones = 0xffffffff;
const checksums = {
  "CRC-8": { of: crc8, check: 0xf4, plain: (b: Uint8Array) => slow(b, 0x07, 8, 0) },
  "CRC-16": { of: crc16, check: 0xfee8, plain: (b: Uint8Array) => slow(b, 0x8005, 16, 0) },
  "CRC-16/ARC": {
    of: crc16Arc,
    check: 0xbb3d,
    plain: (b: Uint8Array) => slowReflected(b, 0xa001, 0),
  },
  "CRC-32 of Ogg": {
    of: crc32Ogg,
    check: 0x89a1897f,
    plain: (b: Uint8Array) => slow(b, 0x04c11db7, 32, 0),
  },
  "CRC-32": {
    of: crc32,
    check: 0xcbf43926,
    plain: (b: Uint8Array) => slowReflected(b, 0xedb88320, ones),
  },
  "CRC-32C": {
    of: crc32c,
    check: 0xe3069283,
    plain: (b: Uint8Array) => slowReflected(b, 0x82f63b78, ones),
  },
} as const;

describe.each(Object.entries(checksums))("%s", (_, { of, check, plain }) => {
  it("gives the published check value", () => {
    expect(of(new TextEncoder().encode("123456789"))).toBe(check);
  });

  it("agrees with the bit by bit division for every length up to 100", () => {
    for (let length = 0; length <= 100; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => Math.imul(i + length, 0x9e3779b9) >>> 24);
      expect(of(bytes)).toBe(plain(bytes));
    }
  });
});

it("CRC-32C has the known values of RFC 3720", () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
});

it("goes on from the checksum of the bytes before", () => {
  const bytes = Uint8Array.from({ length: 50 }, (_, i) => 7 * i);
  const [head, tail] = [bytes.subarray(0, 13), bytes.subarray(13)];
  expect(crc32Ogg(tail, crc32Ogg(head))).toBe(crc32Ogg(bytes));
  expect(crc16Arc(tail, crc16Arc(head))).toBe(crc16Arc(bytes));
});
