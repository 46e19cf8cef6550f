import { describe, expect, it } from "vitest";
import { agreement } from "../../testing/golden.ts";
import {
  augmentations,
  changeTime,
  colour,
  drawSilences,
  drawTimeChange,
  originalAugmentations,
  parseAugmentations,
  samplesToRead,
} from "./augmentation.ts";
import { type Band, equalise } from "./equaliser.ts";
import { Random } from "./random.ts";
import { changeSpeed } from "./speed.ts";
import { stretch } from "./stretch.ts";

const tone = (hz: number, length: number) =>
  Float32Array.from({ length }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hz * i) / 44100));

/** Frequency by counting upward zero crossings, Hz. */
function pitchOf(signal: Float32Array): number {
  const crossings: number[] = [];
  for (let i = 1; i < signal.length; i++) {
    if (signal[i - 1] < 0 && signal[i] >= 0) {
      crossings.push(i - signal[i] / (signal[i] - signal[i - 1]));
    }
  }
  return (44100 * (crossings.length - 1)) / (crossings[crossings.length - 1] - crossings[0]);
}

describe("speed", () => {
  it.each([0.9, 1.07, 1.5])("%f moves a tone's frequency, nothing else", (speed) => {
    const input = tone(1000, Math.ceil(20000 * speed) + 100);
    const inner = (signal: Float32Array) => signal.subarray(100, 19900);
    const other = tone(1300, input.length);
    const [left, right] = changeSpeed([input, other], speed, 20000);
    const db = agreement(inner(tone(1000 * speed, 20000)), inner(left));
    console.log(`speed ${speed}: ${db.toFixed(1)} dB`);
    expect(db).toBeGreaterThan(70);
    expect(agreement(inner(tone(1300 * speed, 20000)), inner(right))).toBeGreaterThan(70);
  });

  it("gives the same samples however many are asked for, and silence beyond the input", () => {
    const input = tone(700, 30000);
    const [long] = changeSpeed([input, input], 1.03, 40000);
    const [short] = changeSpeed([input, input], 1.03, 9001);
    expect(short).toEqual(long.subarray(0, 9001));
    expect(long.subarray(29200).every((x) => x === 0)).toBe(true);
  });

  it("is the input itself at speed 1, and no speed beyond its bounds", () => {
    const input = tone(700, 20000);
    const [same] = changeSpeed([input, input], 1, 20000);
    const db = agreement(input, same);
    console.log(`speed 1: ${db.toFixed(1)} dB`);
    expect(db).toBeGreaterThan(120);
    for (const speed of [0, 0.2, 4.1, Number.NaN]) {
      expect(() => changeSpeed([input, input], speed, 10)).toThrow(/speed must be/);
    }
  });

  it("lets nothing fold back from above half the rate", () => {
    const loud = tone(20000, 40000);
    const out = changeSpeed([loud, loud], 1.5, 20000)[0].subarray(100, 19900);
    const loudest = out.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    expect(20 * Math.log10(loudest / 0.5)).toBeLessThan(-60);
  });
});

describe("stretching", () => {
  it.each([0.8, 0.95, 1.2])("to tempo %f keeps pitch and level", (tempo) => {
    const input = tone(330, 60000);
    const [left, right] = stretch([input, input.slice()], tempo, 40000);
    expect(right).toEqual(left);
    const inner = left.subarray(2000, 38000);
    expect(Math.abs(pitchOf(inner) / 330 - 1)).toBeLessThan(2e-3);
    const power = inner.reduce((sum, x) => sum + x * x, 0) / inner.length;
    expect(Math.abs(10 * Math.log10(power / 0.125))).toBeLessThan(0.3);
  });

  it("moves events in time by the tempo", () => {
    const clicks = new Float32Array(90000);
    clicks[40000] = 1;
    const [left] = stretch([clicks, clicks], 1.25, 60000);
    const at = left.reduce((best, x, i) => (Math.abs(x) > Math.abs(left[best]) ? i : best), 0);
    expect(Math.abs(at - 32000)).toBeLessThan(1024);
  });

  it("of tempo 1 is the signal", () => {
    const input = tone(500, 5000);
    expect(stretch([input, input], 1, 4000)[0]).toEqual(input.subarray(0, 4000));
  });
});

describe("changes of time", () => {
  it("shift the pitch alone", () => {
    const change = { tempo: 1, pitch: 2 ** (2 / 12), speed: 1 };
    const input = tone(440, samplesToRead(40000, change));
    const [left] = changeTime([input, input], change, 40000);
    expect(left.length).toBe(40000);
    expect(Math.abs(pitchOf(left.subarray(2000, 38000)) / (440 * change.pitch) - 1)).toBeLessThan(
      2e-3,
    );
  });

  it("are all 1 without an augmentation of time", () => {
    expect(drawTimeChange(Random.of(1), originalAugmentations)).toEqual({
      tempo: 1,
      pitch: 1,
      speed: 1,
    });
  });

  it("always read enough and give the length asked for", () => {
    for (let i = 0; i < 30; i++) {
      const change = drawTimeChange(Random.of(i), augmentations);
      const input = tone(200, samplesToRead(8000, change));
      const [left] = changeTime([input, input], change, 8000);
      expect(left.length).toBe(8000);
      // No hole at the end.
      const end = left.subarray(7700);
      expect(end.reduce((most, x) => Math.max(most, Math.abs(x)), 0)).toBeGreaterThan(0.25);
    }
  });
});

describe("an equaliser", () => {
  /** Level of a tone after the band, dB. */
  function gainAt(band: Band, hz: number): number {
    const input = tone(hz, 44100);
    const [left, right] = equalise([input, input], [band]);
    expect(right).toEqual(left);
    const out = left.subarray(11025);
    return 10 * Math.log10(out.reduce((sum, x) => sum + x * x, 0) / out.length / 0.125);
  }

  it("raises or lowers what its band says, and leaves the rest", () => {
    const shelf = { gain: 6, quality: Math.SQRT1_2 };
    const low: Band = { kind: "low-shelf", frequency: 300, ...shelf };
    const high: Band = { kind: "high-shelf", frequency: 3000, ...shelf };
    const peak: Band = { kind: "peak", frequency: 1000, gain: -5, quality: 1 };
    const found = [
      [gainAt(low, 20), gainAt(low, 300), gainAt(low, 9000)],
      [gainAt(high, 60), gainAt(high, 3000), gainAt(high, 18000)],
      [gainAt(peak, 30), gainAt(peak, 1000), gainAt(peak, 20000)],
    ];
    const expected = [
      [6, 3, 0],
      [0, 3, 6],
      [0, -5, 0],
    ];
    for (const [i, row] of expected.entries()) {
      for (const [k, db] of row.entries()) expect(Math.abs(found[i][k] - db)).toBeLessThan(0.15);
    }
  });
});

describe("colouring", () => {
  it("is the original's: gains of 0.25 to 1.25, half of the items swapped", () => {
    let swapped = 0;
    let sum = 0;
    const count = 4000;
    for (let i = 0; i < count; i++) {
      const random = Random.of(3, i);
      const [a, b] = colour(random, originalAugmentations, [
        Float32Array.of(1),
        Float32Array.of(0.5),
      ]);
      if (a[0] < b[0]) swapped++;
      const gain = Math.max(a[0], b[0]);
      expect(gain >= 0.25 && gain < 1.25).toBe(true);
      expect(Math.min(a[0], b[0])).toBeCloseTo(gain / 2, 6);
      sum += gain;
    }
    expect(Math.abs(swapped / count - 0.5)).toBeLessThan(0.03);
    expect(Math.abs(sum / count - 0.75)).toBeLessThan(0.02);
  });

  it("changes nothing without augmentations", () => {
    const left = tone(100, 64);
    const right = tone(300, 64);
    const [a, b] = colour(Random.of(1), [], [left.slice(), right.slice()]);
    expect([a, b]).toEqual([left, right]);
  });

  it("keeps the sum of the channels when it changes the width", () => {
    for (let i = 0; i < 20; i++) {
      const [left, right] = [tone(100, 64), tone(300, 64)];
      const [a, b] = colour(Random.of(i), ["width"], [left.slice(), right.slice()]);
      for (let n = 0; n < 64; n++) expect(a[n] + b[n]).toBeCloseTo(left[n] + right[n], 6);
    }
  });

  it("never silences all sources", () => {
    let silent = 0;
    for (let i = 0; i < 5000; i++) {
      const drawn = drawSilences(Random.of(i), ["silence"], 4);
      expect(drawn.includes(false)).toBe(true);
      silent += drawn.filter((left) => left).length;
    }
    expect(Math.abs(silent / 20000 - 0.08)).toBeLessThan(0.01);
  });
});

it("names of augmentations are checked", () => {
  expect(parseAugmentations(["swap", "gain"])).toEqual(["gain", "swap"]);
  expect(() => parseAugmentations(["echo"])).toThrow(/no augmentation "echo"/);
});
