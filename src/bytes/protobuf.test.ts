import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytes, double, encode, float, integer, message, text } from "./protobuf.ts";

describe("a protocol buffer", () => {
  // The first three are the examples of the encoding's public description.
  it.each([
    ["a varint", [integer(1, 150)], [0x08, 0x96, 0x01]],
    ["a string", [text(2, "testing")], [0x12, 0x07, ...Buffer.from("testing")]],
    ["a message in a message", [message(3, [integer(1, 150)])], [0x1a, 0x03, 0x08, 0x96, 0x01]],
    ["a field above 15", [integer(20, 7)], [0xa0, 0x01, 0x07]],
    ["a float", [float(2, 1)], [0x15, 0x00, 0x00, 0x80, 0x3f]],
    ["a double", [double(3, 1)], [0x19, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]],
    ["minus one", [integer(1, -1)], [0x08, ...Array(9).fill(0xff), 0x01]],
    ["an empty string", [text(1, "")], [0x0a, 0x00]],
  ])("writes %s as it must", (_, fields, expected) => {
    expect([...encode(fields)]).toEqual(expected);
  });

  it("has exactly the size foretold, for any nesting", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3e5 }), fc.integer(), (length, value) => {
        const inner = [integer(1, value), bytes(9, length, () => new Uint8Array(length).fill(7))];
        const outer = encode([message(7, inner)]);
        const alone = encode(inner);
        expect(Buffer.from(outer.subarray(outer.length - alone.length)).equals(alone)).toBe(true);
        expect(outer.length).toBe(message(7, inner).size);
      }),
      { numRuns: 30 },
    );
  });
});
