import { signal } from "@preact/signals";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Timeline } from "./timeline.ts";

const FRAMES = 441_000;

describe("the visible part of a song", () => {
  it("never leaves the song, whatever is done", () => {
    const move = fc.oneof(
      fc.record({ factor: fc.double({ min: 0.1, max: 10, noNaN: true }), at: fc.nat(FRAMES) }),
      fc.record({ by: fc.integer({ min: -FRAMES, max: FRAMES }) }),
      fc.record({ reveal: fc.nat(FRAMES) }),
    );
    fc.assert(
      fc.property(fc.array(move, { maxLength: 20 }), (moves) => {
        const timeline = new Timeline(signal(FRAMES), 44100);
        for (const step of moves) {
          if ("factor" in step) timeline.zoom(step.factor, step.at);
          if ("by" in step) timeline.scroll(step.by);
          if ("reveal" in step) timeline.reveal(step.reveal);
          const { start, end } = timeline.span.value;
          expect(start).toBeGreaterThanOrEqual(0);
          expect(end).toBeLessThanOrEqual(FRAMES + 1e-6);
          expect(end - start).toBeGreaterThanOrEqual(0.05 * 44100 - 1e-6);
        }
      }),
    );
  });

  it("zooms around a frame, which stays where it is", () => {
    const timeline = new Timeline(signal(FRAMES), 44100);
    timeline.zoom(0.5, 100_000);
    const { start, end } = timeline.span.value;
    expect(end - start).toBeCloseTo(FRAMES / 2);
    expect((100_000 - start) / (end - start)).toBeCloseTo(100_000 / FRAMES);
    timeline.zoom(2, 100_000);
    expect(timeline.isWhole).toBe(true);
  });
});
