import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { barLine, ProgressBar, secondsLeft, shownTime } from "./progressBar.ts";

/** A terminal of so many columns, or none, and what was written to it. */
function terminal(columns: number, isTTY = true) {
  const lines: string[] = [];
  const stream = Object.assign(new PassThrough(), { columns, isTTY });
  stream.setEncoding("utf8").on("data", (text: string) => lines.push(text));
  return { stream: stream as unknown as NodeJS.WriteStream, lines };
}

describe("a progress bar", () => {
  it("fits the terminal, whatever the label", () => {
    const { stream, lines } = terminal(60);
    const bar = new ProgressBar("a song.wav", stream);
    bar.update(1, "とても長い名前の曲です、本当に長い名前です.wav");
    bar.update(1, `${"x".repeat(100)}\n\u001b[2J.wav`);
    bar.clear();
    expect(lines).toHaveLength(4);
    for (const line of lines) {
      expect(line.startsWith("\r\x1b[K")).toBe(true);
      const shown = line.slice(4);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there.
      expect(shown).not.toMatch(/[\u0000-\u001f]/);
      const wide = [...shown].filter((c) => /[\u3000-\u9fff]/.test(c)).length;
      expect([...shown].length + wide).toBeLessThan(60);
    }
    expect(lines[1]).toMatch(/とても.*… {2}█{24} 100 %/);
  });

  it("fits any number of columns, with what matters most where there are few", () => {
    const labels = ["a", "a song.wav", "とても長い名前の曲です.wav", "\u001b[2J\u202e.wav"];
    for (let columns = 1; columns <= 100; columns++) {
      for (const label of labels) {
        for (const [fraction, left] of [
          [0, undefined],
          [0.42, 185],
          [1, 0],
        ] as const) {
          const line = barLine(label, fraction, left, columns);
          const wide = [...line].filter((c) => /[\u3000-\u9fff]/.test(c)).length;
          expect([...line].length + wide).toBeLessThanOrEqual(columns - 1);
          if (columns >= 20) expect(line).toContain(`${Math.floor(fraction * 100)} %`);
        }
      }
    }
    expect(barLine("a song.wav", 0.42, 185, 20)).toBe("a song.wav  42 %");
    expect(barLine("a song.wav", 0.42, 185, 32)).toBe("a song.wav  42 %  3:05 min left");
  });

  it("is silent where there is no terminal", () => {
    const { stream, lines } = terminal(80, false);
    const bar = new ProgressBar("a song.wav", stream);
    bar.update(1);
    bar.clear();
    expect(lines).toEqual([]);
  });

  it("knows the time that is left", () => {
    expect(secondsLeft(10, 0)).toBeUndefined();
    expect(secondsLeft(10, 0.25)).toBe(30);
    expect(secondsLeft(10, 1)).toBe(0);
    expect([0.4, 99, 100, 185, 3600, 7384].map(shownTime)).toEqual([
      "0 s",
      "99 s",
      "1:40 min",
      "3:05 min",
      "1:00 h",
      "2:03 h",
    ]);
  });
});
