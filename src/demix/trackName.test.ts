import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { folderName, trackName } from "./trackName.ts";

describe("trackName", () => {
  it.each([
    ["a song.wav", "a song"],
    ["/music/Ünïcode/Сåнг 名前 🎵.flac", "Сåнг 名前 🎵"],
    ["v1.2 final.mp3", "v1.2 final"],
    ["-rf.wav", "-rf"],
    ["e\u0301.wav", "e\u0301"],
    ["\u00e9.wav", "\u00e9"],
    ["no ending", "no ending"],
    [".hidden.wav", "_hidden"],
    ["..wav", "untitled"],
    ["....wav", "untitled"],
    [" .wav", "untitled"],
    ["dots....wav", "dots"],
    ['what? a <song>: "one"|two*.wav', "what_ a _song__ _one__two_"],
    ["back\\slash.wav", "back_slash"],
    ["line\nbreak\u0007.wav", "line_break_"],
    ["con.wav", "_con"],
    ["NUL.wav", "_NUL"],
    ["com².wav", "_com²"],
    ["CONIN$.wav", "_CONIN$"],
    ["com1.take2.wav", "_com1.take2"],
    ["lpt9.flac", "_lpt9"],
    ["console.wav", "console"],
    ["con .wav", "_con"],
    ["aux. .wav", "_aux"],
  ])("of %j is %j", (path, name) => {
    expect(trackName(path)).toBe(name);
  });

  it("of a very long name ends between two characters", () => {
    const name = trackName(`${"🎵".repeat(100)}.wav`);
    expect(name).toMatch(/^🎵{61}~[0-9a-f]{8}$/u);
    expect(trackName(`${"a".repeat(300)}.wav`)).toMatch(/^a{246}~[0-9a-f]{8}$/);
    expect(trackName(`${"a".repeat(255)}.wav`)).toBe("a".repeat(255));
  });

  it("tells long names apart that begin alike, and stays the same in every run", () => {
    const [one, two] = ["1", "2"].map((end) => trackName(`${"a".repeat(300)}${end}.wav`));
    expect(one).not.toBe(two);
    expect(trackName(`${"a".repeat(300)}1.wav`)).toBe(one);
  });
});

describe("folderName", () => {
  it("of anything is one folder's name, everywhere, and stays itself", () => {
    const parts = fc.constantFrom(
      ".",
      " ",
      "/",
      "\\",
      "con",
      "nul",
      "a",
      "é",
      "🎵",
      "\0",
      "\u007f",
    );
    const names = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(parts).map((p) => p.join("")),
    );
    fc.assert(
      fc.property(names, (text) => {
        const name = folderName(text);
        expect(name).not.toBe("");
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there.
        expect(name).not.toMatch(/[\u0000-\u001f\u007f<>:"/\\|?*]|^\.|[. ]$/);
        expect(name).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d) *(\.|$)/i);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
        expect(folderName(name)).toBe(name);
      }),
      { numRuns: process.env.XUMX_ALL_TESTS === "1" ? 500 : 60 },
    );
  });

  it("of a long name cut after a dot or space still ends well", () => {
    expect(folderName(`${"a".repeat(245)}. ${"b".repeat(20)}`)).toMatch(/^a{245}~[0-9a-f]{8}$/);
  });
});
