import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frequencyTicks } from "./axes.ts";
import { frequencyWarp } from "./frequencyWarp.ts";
import { type SpectrogramPictureOptions, spectrogramPicture } from "./index.ts";
import { layOutPage } from "./layout.ts";
import { bandRows } from "./levelGrid.ts";
import { signalLevels } from "./signalLevels.ts";
import { decodePng } from "./testing/decodePng.ts";
import { planView } from "./viewPlan.ts";

const rate = 44100;
const tone = (hertz: number, amplitude: number, seconds = 1) =>
  Float32Array.from(
    { length: Math.round(seconds * rate) },
    (_, i) => amplitude * Math.sin((2 * Math.PI * hertz * i) / rate),
  );
const source = (title: string, ...channels: Float32Array[]) => ({
  title,
  channels,
  sampleRate: rate,
});
const decibels = (amplitude: number) => 20 * Math.log10(amplitude);

const size = { width: 400, height: 700 };
const transform = { scale: "bark", bins: 262, fmin: 32.9 } as const;
const warp = frequencyWarp(transform);

/** A picture, and the level and step of any pixel of its panels. */
async function draw(
  sources: Parameters<typeof spectrogramPicture>[0],
  options: SpectrogramPictureOptions = {},
) {
  const picture = await spectrogramPicture(sources, { ...size, ...options });
  const { width, pixels } = decodePng(picture.png);
  const shape = { width: picture.width, height: picture.height, panels: sources.length };
  const { panels } = layOutPage({
    ...shape,
    columns: options.columns ?? 1,
    title: options.title !== undefined,
    unit: 1,
  });
  const steps = options.steps ?? 161;
  const step = (panel: number, x: number, y: number) =>
    pixels[(panels[panel].top + y) * width + panels[panel].left + x];
  const { max, range } = picture.level;
  const level = (panel: number, x: number, y: number) =>
    max - range + (range * step(panel, x, y)) / (steps - 1);
  return { picture, panels, step, level };
}

/** The row of a frequency: closed form of the bark axis from half a band below the first to 22050 Hz. */
const rowOf = (hertz: number, height: number) => {
  const up = (f: number) => Math.asinh(f / 600);
  const band = (261 * (up(hertz) - up(32.9))) / (up(22050) - up(32.9));
  return Math.floor(((261 - band) / 261.5) * height);
};

describe("a tone", () => {
  const view = planView(transform);
  const rows = bandRows(warp, 600);

  it("has its level in dB within 0.5 wherever it lies between the bands, and only there", () => {
    const frequency = fc.double({ min: 45, max: 20000, noNaN: true });
    const amplitude = fc.double({ min: 0.001, max: 2, noNaN: true });
    fc.assert(
      fc.property(frequency, amplitude, (hertz, a) => {
        const { levels, width } = signalLevels(view, [tone(hertz, a, 0.8)], {
          width: 16,
          height: 600,
        });
        const column = Array.from({ length: 600 }, (_, y) => levels[y * width + 8]);
        const bandAt = (y: number) => rows.top - ((y + 0.5) / 600) * (rows.top - rows.bottom);
        const loudest = column.indexOf(Math.max(...column));
        expect(Math.abs(column[loudest] - decibels(a))).toBeLessThan(0.5);
        // Within a band of its place …
        const band = warp.toBand(hertz);
        expect(Math.abs(bandAt(loudest) - band)).toBeLessThan(1);
        // … and 20 dB down beyond the neighbours.
        for (const [y, level] of column.entries()) {
          if (Math.abs(bandAt(y) - band) > 2) expect(level).toBeLessThan(column[loudest] - 20);
        }
      }),
      { numRuns: 12, endOnFailure: true },
    );
  });

  it.each([
    { scale: "mel", bins: 100, fmin: 60 },
    { scale: "cqlog", bins: 60, fmin: 50 },
    { scale: "vqlog", bins: 60, fmin: 50, gamma: 15 },
    { scale: "linear", bins: 120, fmin: 90 },
    { scale: "mrstft", bins: 0, fmin: 0 },
  ] as const)("has its level on the $scale scale too", (options) => {
    const plan = planView(options);
    const seconds = Math.max(1, (3 * plan.transform.sliceLength) / rate);
    for (const hertz of [440, 3456.7]) {
      const { levels } = signalLevels(plan, [tone(hertz, 0.5, seconds)], { width: 9, height: 500 });
      const column = Array.from({ length: 500 }, (_, y) => levels[y * 9 + 4]);
      expect(Math.abs(Math.max(...column) - decibels(0.5))).toBeLessThan(0.5);
      const { top, bottom } = bandRows(plan.warp, 500);
      const band = top - ((column.indexOf(Math.max(...column)) + 0.5) / 500) * (top - bottom);
      expect(Math.abs(band - plan.warp.toBand(hertz))).toBeLessThan(0.6);
    }
  });

  it("lights its row in the picture, at its level", async () => {
    const { panels, level, step, picture } = await draw([source("tone", tone(1000, 0.09))]);
    expect(picture.level).toEqual({ max: -20, range: 80 });
    const { width, height } = panels[0];
    const row = rowOf(1000, height);
    const x = Math.floor(width / 2);
    const near = [row - 1, row, row + 1].map((y) => level(0, x, y));
    expect(Math.abs(Math.max(...near) - decibels(0.09))).toBeLessThan(0.5);
    for (let y = 0; y < height; y++) {
      if (Math.abs(y - row) > (3 * height) / 261) expect(step(0, x, y)).toBe(0);
    }
  });
});

describe("time", () => {
  it("a click lights one column, from top to bottom", async () => {
    const click = new Float32Array(45 * rate);
    const wide = { width: 260, height: 300 };
    const [{ width }] = layOutPage({
      ...wide,
      panels: 1,
      columns: 1,
      title: false,
      unit: 1,
    }).panels;
    const lit = Math.floor(width / 3);
    click[Math.round(((lit + 0.5) / width) * click.length)] = 1;
    const { panels, level } = await draw([source("click", click)], wide);
    for (let y = 0; y < panels[0].height; y++) {
      const own = level(0, lit, y);
      expect(own).toBeGreaterThan(level(0, lit - 1, y) + 20);
      expect(own).toBeGreaterThan(level(0, lit + 1, y) + 20);
    }
  });

  it("a range shows the same as the whole does there", async () => {
    const sound = tone(300, 0.5, 3).map((v, i) => (i > 1.6 * rate && i < 1.8 * rate ? v : 0));
    const { panels, step } = await draw([source("part", sound)], {
      start: 1.5,
      duration: 0.5,
      max: 0,
    });
    const { width, height } = panels[0];
    const row = rowOf(300, height);
    const at = (seconds: number) => Math.floor(((seconds - 1.5) / 0.5) * width);
    expect(step(0, at(1.7), row)).toBeGreaterThan(140);
    expect(step(0, at(1.51), row)).toBe(0);
    expect(step(0, at(1.95), row)).toBe(0);
  });

  it("is the longest file's; shorter ones end in the floor's colour", async () => {
    const sources = [source("short", tone(500, 0.5, 1)), source("long", tone(500, 0.5, 2))];
    const { picture, panels, step } = await draw(sources);
    expect(picture.time).toEqual({ start: 0, duration: 2 });
    const row = rowOf(500, panels[0].height);
    const late = Math.floor(0.8 * panels[0].width);
    expect(step(0, late, row)).toBe(0);
    expect(step(1, late, row)).toBeGreaterThan(140);
    const until = await draw(sources, { duration: 60, start: 0.5 });
    expect(until.picture.time).toEqual({ start: 0.5, duration: 1.5 });
  });
});

describe("colours", () => {
  it("are common to all panels", async () => {
    const loud = tone(2000, 0.9);
    const { picture, panels, level } = await draw([
      source("loud", loud),
      source(
        "soft",
        loud.map((v) => v / 100),
      ),
    ]);
    expect(picture.level.max).toBe(0);
    const row = rowOf(2000, panels[0].height);
    const x = Math.floor(panels[0].width / 2);
    const highest = (panel: number) => Math.max(...[-1, 0, 1].map((d) => level(panel, x, row + d)));
    expect(Math.abs(highest(0) - highest(1) - 40)).toBeLessThan(0.51);
  });

  it("of silence are the floor's, under a scale that ends at 0 dB", async () => {
    const { picture, panels, step } = await draw([source("silence", new Float32Array(5000))]);
    expect(picture.level).toEqual({ max: 0, range: 80 });
    const { width, height } = panels[0];
    const seen = new Set<number>();
    for (let i = 0; i < width * height; i++) seen.add(step(0, i % width, Math.floor(i / width)));
    expect([...seen]).toEqual([0]);
  });

  it("follow the scale that was asked for", async () => {
    const { level, panels, picture } = await draw([source("tone", tone(4000, 0.01))], {
      ...{ max: -30, range: 20, steps: 21 },
    });
    expect(picture.level).toEqual({ max: -30, range: 20 });
    const row = rowOf(4000, panels[0].height);
    const near = [-1, 0, 1].map((d) => level(0, 100, row + d));
    expect(Math.max(...near)).toBe(-40);
  });
});

describe("the page", () => {
  const sound = tone(700, 0.3, 0.3);

  it("is the same to the byte each time", async () => {
    const sources = [source("a", sound, sound), source("b", sound)];
    const options = { title: "twice", columns: 2, width: 500, theme: "light" } as const;
    const [one, two] = [await draw(sources, options), await draw(sources, options)];
    expect(Buffer.from(one.picture.png).equals(Buffer.from(two.picture.png))).toBe(true);
  });

  it("has ticks beside the panel at the axis's places", async () => {
    const picture = await spectrogramPicture([source("ticks", sound)], size);
    const { width, pixels } = decodePng(picture.png);
    const shape = { ...size, panels: 1, columns: 1, title: false, unit: 1 };
    const [{ left, top, height }] = layOutPage(shape).panels;
    const marked = Array.from({ length: height }, (_, y) => y).filter(
      (y) => pixels[(top + y) * width + left - 4] > 161,
    );
    const ticks = frequencyTicks(warp, bandRows(warp, height), 15);
    expect(marked).toEqual(ticks.map(({ at }) => Math.floor(at)));
    expect(ticks.map(({ at, label }) => [Math.floor(at), label])).toContainEqual([
      rowOf(1000, height),
      "1k",
    ]);
  });

  it("says where its panels lie, and what stands at their axes", async () => {
    const picture = await spectrogramPicture([source("a", sound), source("b", sound)], size);
    const shape = { ...size, panels: 2, columns: 1, title: false, unit: 1 };
    for (const [i, { left, top, width, height }] of layOutPage(shape).panels.entries()) {
      expect(picture.panels[i]).toEqual({
        ...{ left, top, width, height },
        frequencies: frequencyTicks(warp, bandRows(warp, height), 15),
      });
    }
  });

  it("has letters in its titles, which change with the text", async () => {
    const one = await spectrogramPicture([source("one", sound)], size);
    const two = await spectrogramPicture([source("two", sound)], size);
    expect(one.png).not.toEqual(two.png);
    const long = "a very long name of a song ".repeat(40);
    expect((await spectrogramPicture([source(long, sound)], { ...size, title: long })).width).toBe(
      400,
    );
  });

  it("grows with the number of panels if no height is given, and its letters with its width", async () => {
    const one = await spectrogramPicture([source("a", sound)], { width: 400 });
    const three = await spectrogramPicture(Array(3).fill(source("a", sound)), { width: 400 });
    const large = await spectrogramPicture([source("a", sound)], { width: 2400 });
    expect(three.height).toBeGreaterThan(one.height);
    expect(large.height).toBe(2 * one.height);
  });
});

describe("progress and abort", () => {
  it("progress increases from 0 to 1 over all sources", async () => {
    const heard: number[] = [];
    const sources = [source("a", tone(100, 0.1, 4)), source("b", tone(100, 0.1, 2))];
    await spectrogramPicture(sources, { ...size, onProgress: (fraction) => heard.push(fraction) });
    expect(heard).toEqual([...heard].sort((a, b) => a - b));
    expect(heard[0]).toBeLessThan(0.5);
    expect(heard.at(-1)).toBe(1);
  });

  it("an abort ends the work, and the source is closed", async () => {
    const controller = new AbortController();
    const drawing = spectrogramPicture([source("long", tone(100, 0.1, 20))], {
      ...size,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(drawing).rejects.toMatchObject({ code: "aborted" });
  });
});

describe("bad input", () => {
  const sound = source("a", tone(100, 0.1, 0.1));
  it.each<[SpectrogramPictureOptions, RegExp]>([
    [{ width: 10 }, /10 by/],
    [{ width: 400.5 }, /400.5 by/],
    [{ width: 400, height: 99_999 }, /99999 pixels/],
    [{ width: 16_000, height: 16_000 }, /too large/],
    [{ columns: 0 }, /0 columns/],
    [{ columns: 1.5 }, /1.5 columns/],
    [{ steps: 1 }, /2 to 231 steps/],
    [{ steps: 300 }, /2 to 231 steps/],
    [{ range: 0 }, /range/],
    [{ max: Number.NaN }, /highest level/],
    [{ start: -1 }, /start must be/],
    [{ start: 5 }, /start at 5 s, but the audio ends at 0.100 s/],
    [{ duration: 0 }, /duration/],
    [{ transform: { scale: "bark", bins: 1, fmin: 32.9 } }, /2 to 4096 bands/],
  ])("%o is refused", async (options, message) => {
    const drawing = spectrogramPicture([sound], { ...size, ...options });
    await expect(drawing).rejects.toMatchObject({
      code: "invalid-argument",
      message: expect.stringMatching(message),
    });
  });

  it("no sources are refused, and more than fit", async () => {
    await expect(spectrogramPicture([])).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(spectrogramPicture(Array(30).fill(sound), size)).rejects.toMatchObject({
      code: "invalid-argument",
      hint: expect.stringMatching(/fewer files/),
    });
  });
});
