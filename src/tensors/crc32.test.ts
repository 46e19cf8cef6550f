import { expect, it } from "vitest";
import { crc32 } from "./crc32.ts";

/** Bit by bit, as the polynomial division is defined. */
function slow(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

it("gives the published check value", () => {
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
});

it("agrees with the bit by bit division for every length up to 100", () => {
  for (let length = 0; length <= 100; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => Math.imul(i + length, 0x9e3779b9) >>> 24);
    expect(crc32(bytes)).toBe(slow(bytes));
  }
});
