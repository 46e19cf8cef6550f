import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blendSeam, type Loop, passageAt, seamOf } from "./passages.ts";

/** Frames in the order in which they are played. */
function played(from: number, length: number, loop: Loop | undefined, most: number, count: number) {
  const frames: number[] = [];
  for (let at: number | undefined = from; at !== undefined && frames.length < count; ) {
    const passage = passageAt(at, length, loop, most);
    for (let i = 0; i < passage.frames; i++) frames.push(passage.start + i);
    at = passage.next;
  }
  return frames.slice(0, count);
}

describe("passages", () => {
  it("play every frame once, in order, to the end", () => {
    fc.assert(
      fc.property(fc.nat(99), fc.integer({ min: 1, max: 40 }), (from, most) => {
        const expected = Array.from({ length: 100 - from }, (_, i) => from + i);
        expect(played(from, 100, undefined, most, 1000)).toEqual(expected);
      }),
    );
  });

  it("go round a loop without a frame too many or too few, from wherever they come", () => {
    fc.assert(
      fc.property(
        ...[
          fc.nat(79),
          fc.integer({ min: 1, max: 20 }),
          fc.nat(79),
          fc.integer({ min: 1, max: 40 }),
        ],
        (start, length, from, most) => {
          const loop = { start, end: start + length };
          const frames = played(from, 100, loop, most, 300);
          let expected = from;
          for (const frame of frames) {
            expect(frame).toBe(expected);
            expected = frame + 1 === loop.end ? loop.start : frame + 1;
          }
        },
      ),
    );
  });
});

describe("a loop's seam", () => {
  const fade = 16;
  const loop = { start: 40, end: 140 };
  /** The samples of a song, played for 400 frames in passages of a size. */
  function sound(song: (frame: number) => number, most: number): number[] {
    const samples: number[] = [];
    for (let at: number | undefined = 0; at !== undefined && samples.length < 400; ) {
      const passage = passageAt(at, 200, loop, most);
      const part = Float32Array.from({ length: passage.frames }, (_, i) => song(passage.start + i));
      const seam = seamOf(passage, loop, fade);
      if (seam) {
        const lead = Float32Array.from({ length: seam.frames }, (_, i) => song(seam.from + i));
        blendSeam(part, lead, seam, loop, fade);
      }
      samples.push(...part);
      at = passage.next;
    }
    return samples;
  }

  it("leaves what repeats with the loop as it is", () => {
    const wave = (frame: number) => Math.sin((2 * Math.PI * frame) / 25);
    for (const [i, v] of sound(wave, 32).entries()) expect(v).toBeCloseTo(wave(i), 6);
  });

  it("is no step, however passages are cut", () => {
    // A ramp, which would fall by 100 at once.
    const whole = sound((frame) => frame, 1000);
    for (const most of [1, 7, 16, 33]) {
      const cut = sound((frame) => frame, most).slice(0, 400);
      expect(cut).toEqual(whole.slice(0, 400));
    }
    for (let i = 1; i < 400; i++) {
      expect(Math.abs(whole[i] - whole[i - 1])).toBeLessThanOrEqual(100 / fade + 1);
    }
  });
});
