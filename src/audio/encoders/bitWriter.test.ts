import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BitReader } from "../bitReader.ts";
import { BitWriter } from "./bitWriter.ts";

const readerOf = (bytes: Uint8Array) => {
  const padded = new Uint8Array(bytes.length + BitReader.PADDING);
  padded.set(bytes);
  return new BitReader(padded, bytes.length);
};

const field = fc
  .integer({ min: 0, max: 31 })
  .chain((bits) =>
    fc.record({ bits: fc.constant(bits), value: fc.integer({ min: 0, max: 2 ** bits - 1 }) }),
  );

describe("BitWriter", () => {
  it("puts fields one after another", () => {
    fc.assert(
      fc.property(fc.array(field), (fields) => {
        const writer = new BitWriter();
        for (const { value, bits } of fields) writer.write(value, bits);
        const text = fields.map(({ value, bits }) =>
          bits === 0 ? "" : value.toString(2).padStart(bits, "0"),
        );
        const whole = text.join("");
        expect(writer.length).toBe(whole.length >> 3);
        writer.align();
        const bytes = [...writer.take()].map((byte) => byte.toString(2).padStart(8, "0"));
        expect(bytes.join("")).toBe(whole.padEnd(8 * Math.ceil(whole.length / 8), "0"));
      }),
    );
  });

  it("writes signed numbers, runs of zeros and Rice codes that the reader gives back", () => {
    const limit = 2 ** 30 - 1;
    const code = fc.record({
      k: fc.integer({ min: 0, max: 30 }),
      number: fc.integer({ min: -limit, max: limit }),
    });
    fc.assert(
      fc.property(fc.array(code), fc.array(fc.nat(100)), (codes, runs) => {
        // No code longer than a few hundred bits.
        const short = codes.map(({ k, number }) => ({
          k,
          number: Math.trunc(number / 2 ** (22 - Math.min(22, k))) + 0,
        }));
        const writer = new BitWriter();
        for (const run of runs) writer.unary(run);
        for (const { number } of short) writer.signed(number, 31);
        for (const { k, number } of short) writer.rice(Int32Array.of(number), 0, 1, k);
        writer.align();
        const reader = readerOf(writer.take().slice());
        for (const run of runs) expect(reader.unary()).toBe(run);
        for (const { number } of short) expect(reader.signed(31)).toBe(number);
        const target = new Float64Array(1);
        for (const { k, number } of short) {
          reader.rice(k, target, 0, 1);
          expect(target[0] + 0).toBe(number);
        }
      }),
    );
  });

  it("shows whole bytes meanwhile, and begins anew when they are taken", () => {
    const writer = new BitWriter();
    writer.write(0xabc, 12);
    writer.write(0xdef0, 16);
    writer.write(0x1, 4);
    writer.write(0x23, 8);
    expect([...writer.peek(0)]).toEqual([0xab, 0xcd, 0xef, 0x01, 0x23]);
    expect([...writer.peek(3)]).toEqual([0x01, 0x23]);
    writer.write(0x45, 8);
    expect([...writer.take()]).toEqual([0xab, 0xcd, 0xef, 0x01, 0x23, 0x45]);
    expect(writer.length).toBe(0);
    writer.write(0x67, 8);
    expect([...writer.take()]).toEqual([0x67]);
    expect([...writer.take()]).toEqual([]);
  });

  it("grows", () => {
    const writer = new BitWriter();
    for (let i = 0; i < 100_000; i++) writer.write(i & 0xff, 8);
    expect(writer.take()).toEqual(Uint8Array.from({ length: 100_000 }, (_, i) => i & 0xff));
  });
});
