import { expect, it } from "vitest";
import { namedAudiogram } from "../../metrics/index.ts";
import { loadRuntime } from "../../runtime/index.ts";
import { goldenArray, goldenPath, readGolden } from "../../testing/golden.ts";
import { planSliCQT } from "../../transforms/slicqt/index.ts";
import { initialState } from "../loop/initialState.ts";
import { originalRecipe, recipeArchitecture, scaleOptions } from "../loop/recipe.ts";
import { TrainingStep } from "../trainingStep.ts";
import { haaqiLoss } from "./haaqiLoss.ts";

const music = goldenArray(readGolden(goldenPath("signals.safetensors")), "music").data;
const samples = 22050;
const from = (start: number) => Float32Array.from(music.subarray(start, start + samples));
const [truth, other] = [from(20000), from(130000)];
const estimate = truth.map((x, i) => 0.8 * Math.tanh(2 * x) + 0.1 * other[i]);
const silence = new Float32Array(samples);
const settings = { audiograms: "random", channels: 1, level: 65 } as const;

it("hears channels that its number draws, and never silent ones", () => {
  const [estimates, references] = [
    [estimate, silence, estimate],
    [truth, silence, truth],
  ];
  const draw = (number: number) => haaqiLoss(settings, estimates, references, number);
  const [first, again, next] = [draw(3), draw(3), draw(4)];
  expect(again).toEqual(first);
  expect(next.loss).not.toBe(first.loss);
  const heard = first.gradient.map((own) => own.some((value) => value !== 0));
  expect(heard.filter(Boolean)).toHaveLength(1);
  expect(heard[1]).toBe(false);
  expect(first.loss).toBeGreaterThan(0);
  const nothing = haaqiLoss(settings, [estimate], [silence], 3);
  expect(nothing.loss).toBe(0);
  expect(nothing.gradient[0].every((value) => value === 0)).toBe(true);
});

it("reaches the weights: a step along the gradient changes the loss by what the gradient says", async () => {
  const recipe = {
    ...originalRecipe,
    scale: { name: "mel", bins: 10, fmin: 200, gamma: 0 },
    realtime: true,
    hidden: [3, 4],
    timeTaps: 2,
  } as const;
  const architecture = recipeArchitecture(recipe);
  const haaqi = { ...settings, audiograms: [namedAudiogram("mild")], weight: 2 };
  await using step = await TrainingStep.create(
    planSliCQT(scaleOptions(recipe)),
    architecture,
    initialState(architecture, 1),
    await loadRuntime("native"),
    {
      items: 1,
      samples,
      phase: { method: "mix" },
      losses: { spectral: "sdr", spectralWeight: 0, maskSumWeight: 0, sdrWeight: 0, haaqi },
    },
  );
  const stems = [0, 1, 2, 3].map((i) => [from(15000 * i), from(15000 * i + 70000)]);
  const batch = step.prepare([{ stems }]);
  const { loss, parts } = await step.accumulate(batch);
  expect(loss).toBeCloseTo(2 * parts.haaqi, 10);
  const gradient = step.gradient.slice();
  const squared = gradient.reduce((sum, g) => sum + g * g, 0);
  const { trained } = step.parameters;
  const start = trained.slice();
  const moved = async (by: number) => {
    for (let i = 0; i < trained.length; i++) trained[i] = start[i] + by * gradient[i];
    return (await step.accumulate(batch)).loss;
  };
  const by = 2e-4 / squared;
  const slope = ((await moved(by)) - (await moved(-by))) / (2 * by);
  console.log(`1 − HAAQI ${parts.haaqi}: slope ${slope}, squared gradient ${squared}`);
  expect(slope / squared).toBeCloseTo(1, 2);
});
