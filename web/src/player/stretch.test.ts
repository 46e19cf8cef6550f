import { describe, expect, it } from "vitest";
import { Stretch } from "./stretch.ts";

const RATE = 44100;

/** Plays a sound at a speed, in quanta. */
function stretched(sound: (frame: number) => number, speed: number, frames: number) {
  let pulled = 0;
  const stretch = new Stretch(RATE, (into, count) => {
    for (let i = 0; i < count; i++) into[0][i] = into[1][i] = sound(pulled + i);
    pulled += count;
  });
  const out = [new Float32Array(frames), new Float32Array(frames)];
  for (let at = 0; at < frames; at += 128)
    stretch.render(out, at, Math.min(128, frames - at), speed);
  return { samples: out[0], pulled, ahead: stretch.ahead };
}

/** Hz, by the upward crossings of zero. */
function pitch(samples: Float32Array): number {
  const crossings: number[] = [];
  for (let i = 1; i < samples.length; i++) {
    const [before, after] = [samples[i - 1], samples[i]];
    if (before < 0 && after >= 0) crossings.push(i - after / (after - before));
  }
  return ((crossings.length - 1) * RATE) / (crossings[crossings.length - 1] - crossings[0]);
}

describe("stretched sound", () => {
  const tone = (frame: number) => 0.5 * Math.sin((2 * Math.PI * 220 * frame) / RATE);

  it.each([0.5, 0.75, 0.9, 1.1, 1.5, 2])("keeps its pitch at speed %d", (speed) => {
    const { samples } = stretched(tone, speed, 2 * RATE);
    expect(Math.abs(pitch(samples) / 220 - 1)).toBeLessThan(0.002);
  });

  it.each([0.5, 0.8, 1.25, 2])("lasts as long as the speed %d says", (speed) => {
    const { pulled, ahead } = stretched(tone, speed, 4 * RATE);
    expect(Math.abs((pulled - ahead) / (4 * RATE) / speed - 1)).toBeLessThan(0.01);
  });

  it("does not click: a tone moves no faster than before, its level stays", () => {
    const steepest = (0.5 * 2 * Math.PI * 220) / RATE;
    for (const speed of [0.5, 0.83, 1.37, 2]) {
      const { samples } = stretched(tone, speed, RATE);
      const steps = samples.subarray(1).map((v, i) => Math.abs(v - samples[i]));
      expect(Math.max(...steps)).toBeLessThan(1.3 * steepest);
      const loud = Math.max(...samples.subarray(4096));
      expect(loud).toBeGreaterThan(0.47);
      expect(loud).toBeLessThan(0.53);
    }
  });

  it("is the sound itself at speed 1", () => {
    let state = 1;
    const noise = Float32Array.from({ length: RATE }, () => {
      state = (state * 48271) % 2147483647;
      return state / 2147483647 - 0.5;
    });
    const { samples } = stretched((frame) => noise[frame] ?? 0, 1, RATE / 2);
    expect(samples).toEqual(noise.subarray(0, RATE / 2));
  });
});
