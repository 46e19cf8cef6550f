import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AudioTags } from "../audio/index.ts";
import { defaultTemplate, parseTemplate, renderTemplate, type TemplateValues } from "./template.ts";

const tags: AudioTags = {
  title: "What?",
  artist: "AC/DC",
  album: "../../etc",
  date: "1997",
  track: "3/12",
};

const values: TemplateValues = {
  model: "v2",
  folder: "disc 1/live",
  track: "a song",
  ending: "mp3",
  stem: "no_vocals",
  ext: "flac",
  tags,
};

const render = (pattern: string, more: Partial<TemplateValues> = {}) =>
  renderTemplate(parseTemplate(pattern), { ...values, ...more });

describe("a pattern of file names", () => {
  it.each([
    [defaultTemplate, "v2/disc 1/live/a song/no_vocals.flac"],
    ["{track} ({stem})", "a song (no_vocals).flac"],
    ["{track}\\{stem}.{ext}", "a song/no_vocals.flac"],
    ["{stem}/{track}.{ext}", "no_vocals/a song.flac"],
    ["{artist}/{album}/{number} {title} - {stem}", "AC_DC/__.._etc/03 What_ - no_vocals.flac"],
    ["{date}{genre}/{stem}", "1997unknown/no_vocals.flac"],
    ["{albumartist}/{stem}", "AC_DC/no_vocals.flac"],
    ["con/{stem}", "_con/no_vocals.flac"],
    ["x /y./{stem}", "x/y/no_vocals.flac"],
    ["{track}:{stem}", "a song_no_vocals.flac"],
    ["{ext}/{stem}", "flac/no_vocals"],
    ["{track}.{ending}/{stem}", "a song.mp3/no_vocals.flac"],
    ["{folder}-{stem}", "disc 1_live-no_vocals.flac"],
  ])("%s becomes %s", (pattern, path) => {
    expect(render(pattern)).toBe(path);
  });

  it("leaves folders out that are not there", () => {
    expect(render(defaultTemplate, { folder: "" })).toBe("v2/a song/no_vocals.flac");
  });

  it("knows what to write where a song has no tags", () => {
    expect(render("{artist}/{title}/{number}{stem}", { tags: {} })).toBe(
      "unknown/a song/unknownno_vocals.flac",
    );
  });

  it("tells whether it needs tags", () => {
    expect(parseTemplate(defaultTemplate).needsTags).toBe(false);
    expect(parseTemplate("{title}{stem}").needsTags).toBe(true);
  });

  it.each([
    ["{stem}/../{track}", "leads out"],
    ["..\\{stem}", "leads out"],
    ["/tmp/{stem}", "leads out"],
    ["C:{stem}", "leads out"],
    ["./{stem}", "leads out"],
    ["{stern}.{ext}", "{stern} is not a placeholder"],
    ["{stem.{ext}", "is not a placeholder"],
    ["stem}.{ext}", "is not a placeholder"],
    ["{}", "{} is not a placeholder"],
    [`${"x".repeat(129)}{stem}`, "too long"],
  ])("%s is refused", (pattern, message) => {
    expect(() => parseTemplate(pattern)).toThrow(
      expect.objectContaining({
        code: "invalid-argument",
        message: expect.stringContaining(message),
      }),
    );
  });

  it("never leaves the folder, never cuts the stem, and tells long names apart", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 400 }),
      fc.constantFrom("..", ".", "", "../..", "con", "a/b", "🎵".repeat(200), "é".repeat(200)),
    );
    const pattern = parseTemplate("{artist}/{folder}/{title} - {track} - {stem}.{ext}");
    fc.assert(
      fc.property(text, text, text, fc.array(text, { maxLength: 3 }), (artist, title, track, f) => {
        const folder = f.map((part) => part.replaceAll("/", "")).join("/");
        const path = renderTemplate(pattern, { ...values, folder, track, tags: { artist, title } });
        const parts = path.split("/");
        for (const part of parts) {
          expect(part).not.toMatch(/^\.|[. ]$|^$/);
          expect(Buffer.byteLength(part)).toBeLessThanOrEqual(255);
          expect(part).toBe(Buffer.from(part).toString());
        }
        expect(parts.at(-1)).toMatch(/- no_vocals\.flac$/);
      }),
      { numRuns: process.env.XUMX_ALL_TESTS === "1" ? 300 : 40 },
    );
    const long = (end: string) => render("{track} {stem}", { track: "x".repeat(400) + end });
    expect(long("a")).not.toBe(long("b"));
  });
});
