import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escaped, escapedLines, safeJson } from "./terminal.ts";

/** What no terminal should get from outside: both sets of controls, ends of lines, turns of direction. */
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/** Texts that are full of them. */
const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom("\u001b", "\u009b", "\u202e", "\u2066", "\u2028", "\n", "\r", "\t", "\u007f"),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
  ),
});

describe("what comes from outside", () => {
  it("is shown, not obeyed, on one line or on as many as it has", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(escaped(text)).not.toMatch(unsafe);
        const lines = escapedLines(text).split("\n");
        expect(lines).toEqual(text.split("\n").map(escaped));
      }),
      { seed: 1 },
    );
    expect(escaped("a\u001b[31m\u202eb\n\u009bc")).toBe("a\\x1b[31m\\u202eb\\n\\x9bc");
  });

  it("stays as it is where it is harmless: letters of any script, accents, pictures", () => {
    for (const text of ["Ünï cafe\u0301 とても 👩‍👩‍👧 עברית a\\b", ""])
      expect(escaped(text)).toBe(text);
  });

  it("is the same value again as JSON", () => {
    fc.assert(
      fc.property(
        fc.dictionary(hostile, hostile),
        fc.constantFrom(undefined, 2),
        (value, indent) => {
          const json = safeJson(value, indent);
          expect(json.replaceAll("\n", "")).not.toMatch(unsafe);
          expect(JSON.parse(json)).toEqual(value);
        },
      ),
      { seed: 2 },
    );
  });
});

it("no other file of the command line writes to standard output or standard error", () => {
  const folder = new URL("./", import.meta.url);
  const files = readdirSync(folder).filter((name) => /(?<!\.test)\.ts$/.test(name));
  const writers = files.filter((name) =>
    /\b(stdout|stderr)\.write\(|console\./.test(readFileSync(new URL(name, folder), "utf8")),
  );
  expect(writers).toEqual(["terminal.ts"]);
});
