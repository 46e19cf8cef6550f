import { describe, expect, it } from "vitest";
import { plateauStart, plateauStep, warmUpCosine } from "./schedule.ts";

describe("warm-up and cosine", () => {
  const schedule = { peak: 1, least: 0.1, warmUp: 4, total: 14 };

  it("rises in a line, falls along half a cosine, and stays", () => {
    expect([0, 1, 3].map((step) => warmUpCosine(schedule, step))).toEqual([0.25, 0.5, 1]);
    expect(warmUpCosine(schedule, 4)).toBe(1);
    expect(warmUpCosine(schedule, 9)).toBeCloseTo(0.55, 12);
    expect(warmUpCosine(schedule, 14)).toBeCloseTo(0.1, 12);
    expect(warmUpCosine(schedule, 1000)).toBeCloseTo(0.1, 12);
  });
});

describe("the plateau schedule", () => {
  const settings = { factor: 0.5, patience: 2, cooldown: 1, threshold: 0.01, least: 0.3 };

  it("lowers the rate after more than patience epochs without improvement, then cools down", () => {
    let state = plateauStart(1);
    const rates = [1, 1, 0.995, 1, 1, 1, 1, 1, 1].map((loss) => {
      state = plateauStep(settings, state, loss);
      return state.rate;
    });
    // 0.995 is no improvement by 1 %; the third bad epoch lowers; one epoch of cooling; three bad ones more.
    expect(rates).toEqual([1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.3, 0.3]);
  });

  it("begins to count anew when the loss falls", () => {
    let state = plateauStart(1);
    for (const loss of [1, 1, 1, 0.9, 0.9, 0.9]) state = plateauStep(settings, state, loss);
    expect(state).toEqual({ rate: 1, best: 0.9, badEpochs: 2, cooldownLeft: 0 });
  });
});
