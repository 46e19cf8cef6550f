import { describe, expect, it } from "vitest";
import { loadRuntime } from "../../runtime/index.ts";
import { planSliCQT } from "../../transforms/slicqt/index.ts";
import { initialState } from "../loop/initialState.ts";
import { originalRecipe, recipeArchitecture } from "../loop/recipe.ts";
import { originalLosses, type TrainingPhase } from "../settings.ts";
import { TrainingStep } from "../trainingStep.ts";
import { ERROR_ROWS, spectralSdr } from "./spectralSdr.ts";

const plan = planSliCQT({ scale: "mel", bins: 32, fmin: 115.5 });
const ITEMS = 3;

/** Numbers between `least` and `most`, the same every time. */
function numbers(count: number, least: number, most: number, seed: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length: count }, () => {
    state = (state * 48271) % 2147483647;
    return least + ((most - least) * state) / 2147483647;
  });
}

describe("the SDR of stems in the transform's domain", () => {
  const stems = plan.blocks.map((_, b) => ({
    all: numbers(4 * ITEMS, 0.1, 3, 7 + b),
    besidePhase: numbers(4 * ITEMS, 0, 0.1, 70 + b),
  }));
  const errors = plan.blocks.map((_, b) => numbers(ERROR_ROWS * ITEMS, 0.05, 1, 700 + b));

  it("has the gradient of squared errors with its weights, in each block to a factor", () => {
    const { weights } = spectralSdr(plan.blocks, errors, stems);
    for (const b of [0, 5, plan.blocks.length - 1]) {
      const slopes = Array.from({ length: 4 * ITEMS }, (_, i) => {
        const at = (by: number) => {
          const moved = errors.map((block) => block.slice());
          moved[b][i] += by;
          return spectralSdr(plan.blocks, moved, stems).loss;
        };
        return (at(1e-4) - at(-1e-4)) / 2e-4;
      });
      for (const [i, slope] of slopes.entries()) {
        expect(weights[b][i] / weights[b][0] / (slope / slopes[0])).toBeCloseTo(1, 5);
      }
      let silence = 0;
      stems[b].all.forEach((energy, s) => {
        silence += energy * weights[b][(s % 4) * ITEMS + Math.floor(s / 4)];
      });
      expect(silence).toBeCloseTo(1, 5);
    }
  });

  it("does not weigh a silent item, nor fail on it", () => {
    const quiet = stems.map(({ all, besidePhase }) => ({
      all: all.map((energy, s) => (s < 4 ? 0 : energy)),
      besidePhase: besidePhase.map((energy, s) => (s < 4 ? 0 : energy)),
    }));
    const { loss, weights } = spectralSdr(plan.blocks, errors, quiet);
    expect(Number.isFinite(loss)).toBe(true);
    for (const block of weights) {
      for (let row = 0; row < ERROR_ROWS; row++) expect(block[row * ITEMS]).toBe(0);
    }
  });

  it.each([
    { method: "mix" },
    { method: "wiener-em", window: 5000, scale: "item" },
  ] satisfies TrainingPhase[])(
    "is learned, and near that of the waveforms: $method",
    async (phase) => {
      const recipe = {
        ...originalRecipe,
        scale: { name: "mel" as const, bins: 32, fmin: 115.5, gamma: 0 },
        hidden: [6, 6] as const,
      };
      const losses = {
        ...originalLosses,
        spectral: "sdr" as const,
        maskSumWeight: 0.01,
        sdrWeight: 1e-9,
      };
      const state = initialState(recipeArchitecture(recipe), 3);
      const runtime = await loadRuntime("auto");
      await using step = await TrainingStep.create(
        plan,
        recipeArchitecture(recipe),
        state,
        runtime,
        {
          items: 2,
          samples: 22050,
          phase,
          losses,
        },
      );
      const tones = [60, 330, 1200, 5000];
      const items = [0, 1].map((item) => ({
        stems: tones.map((f, j) =>
          [0, 1].map((c) =>
            Float32Array.from({ length: 22050 }, (_, i) => {
              const noise = numbers(1, -1, 1, 1 + i + 40000 * (j + 4 * c + 8 * item))[0];
              return 0.2 * Math.sin((2 * Math.PI * f * i) / 44100 + c) + 0.01 * noise;
            }),
          ),
        ),
      }));
      const batch = step.prepare(items);
      const first = await step.step(batch, 3e-3);
      for (let i = 0; i < 10; i++) await step.step(batch, 3e-3);
      const last = await step.step(batch, 3e-3);
      const seen = [first, last].map(
        ({ parts }) => `${parts.spectral.toFixed(2)} (${parts.sdr.toFixed(2)})`,
      );
      console.log(`${phase.method}: ${seen.join(" → ")} dB, of waveforms in brackets`);
      expect(last.parts.spectral).toBeLessThan(first.parts.spectral - 0.8);
      // That of waveforms is over all 14 combinations and has no δ.
      expect(Math.abs(last.parts.spectral - last.parts.sdr)).toBeLessThan(6);
    },
  );
});
