import fc from "fast-check";
import { expect, it } from "vitest";
import { ForeignJsonError, parseCounted, parseForeignJson } from "./foreignJson.ts";

const limits = { length: 1000, depth: 4, brackets: 10, members: 12 };

it("parses what JSON.parse does, from text and from bytes, brackets in strings included", () => {
  const value = fc.jsonValue({ maxDepth: 3 });
  const wide = { length: 1e6, depth: 9, brackets: 1e6, members: 1e6 };
  fc.assert(
    fc.property(value, (value) => {
      const text = JSON.stringify(value);
      expect(parseForeignJson(text, wide)).toEqual(JSON.parse(text));
      expect(parseForeignJson(new TextEncoder().encode(text), wide)).toEqual(JSON.parse(text));
    }),
  );
  const text = JSON.stringify({ '[[[[{"\\': '\\"[[[[[[[[[[[[[[[' });
  expect(parseForeignJson(text, limits)).toEqual(JSON.parse(text));
});

it.each<[string, string | Uint8Array, string]>([
  ["too long a text", `"${"a".repeat(999)}"`, "is longer than 1000 bytes"],
  ["too deep a text", "[[[[[", "is nested more than 4 deep"],
  ["mixed nesting", '{"a":[{"b":[{', "is nested more than 4 deep"],
  ["too many arrays", `[${"[],".repeat(10)}1]`, "has more than 10 objects and arrays"],
  [
    "too many members",
    `{${'"a":[1,2,3],'.repeat(9)}${'"a":1,'.repeat(4)}}`,
    "has more than 12 members",
  ],
  ["no JSON", "{", "is not valid JSON"],
  ["an open string", '"[[[[[[[', "is not valid JSON"],
  ["bytes that are no UTF-8", Uint8Array.of(0x22, 0xff, 0x22), "is not valid JSON"],
])("refuses %s", (_, source, message) => {
  expect(() => parseForeignJson(source, limits)).toThrow(new ForeignJsonError(message));
});

it("counts the members that are written, those that JSON.parse drops included", () => {
  const wide = { length: 1e6, depth: 9, brackets: 1e6, members: 1e6 };
  const pairs = fc.array(fc.tuple(fc.constantFrom("a", "b", "__proto__", "}"), fc.jsonValue()));
  fc.assert(
    fc.property(pairs, (pairs) => {
      const inside = pairs.map(
        ([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`,
      );
      expect(parseCounted(`{ ${inside.join(",")} }`, wide).members).toBe(pairs.length);
    }),
  );
  expect(parseCounted("[1,[2,3]]", wide).members).toBe(2);
  expect(parseCounted('"a,b"', wide).members).toBe(0);
});
