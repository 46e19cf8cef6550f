import { expect, it } from "vitest";
import type { Model } from "../../models/index.ts";
import { targets } from "../../networks/index.ts";
import type { StateDict } from "../../tensors/index.ts";
import { initialState } from "../loop/initialState.ts";
import { originalRecipe, recipeArchitecture } from "../loop/recipe.ts";
import { averageModels } from "./averageModels.ts";

const scale = { name: "mel", bins: 10, fmin: 200, gamma: 0 } as const;
const recipe = { ...originalRecipe, scale, realtime: true, hidden: [3, 4], timeTaps: 2 } as const;

function model(seed: number, name: string, licence?: string, realtime = true): Model {
  const facts = { name, sampleRate: 44100, targets, ...(licence && { licence }) };
  const training = { updates: 7 };
  return {
    config: { family: "xumx-slicq-v2", scale, realtime, ...facts, training },
    state: initialState(recipeArchitecture(recipe), seed),
  };
}

const weight = (state: StateDict) =>
  Array.from(state.get("sliced_umx.0.cdaes.1.6.weight")?.data ?? [], Number);

it("has the weighted mean of the weights, and the counts and names of the first", () => {
  const [a, b] = [model(1, "a", "A only"), model(2, "b", "B only")];
  const { config, state } = averageModels([a, b], [3, 1]);
  const { training, ...kept } = a.config;
  expect(config).toEqual({ ...kept, licence: "A only; B only" });
  expect([...state.keys()]).toEqual([...a.state.keys()]);
  const [ofA, ofB] = [weight(a.state), weight(b.state)];
  expect(weight(state)).toEqual(ofA.map((value, i) => Math.fround(0.75 * value + 0.25 * ofB[i])));
  const tracked = "sliced_umx.0.cdaes.0.1.num_batches_tracked";
  expect(state.get(tracked)).toEqual(a.state.get(tracked));
});

it("is the model itself where there is one, and where all are the same", () => {
  const one = model(1, "one");
  expect(averageModels([one])).toBe(one);
  expect(weight(averageModels([one, one, one]).state)).toEqual(weight(one.state));
});

it("refuses other networks, and shares that do not fit", () => {
  const one = model(1, "one");
  const other = model(1, "two", undefined, false);
  expect(() => averageModels([one, other])).toThrow('The models "one" and "two" are different');
  const smaller = initialState(recipeArchitecture({ ...recipe, hidden: [2, 4] }), 1);
  expect(() => averageModels([one, { ...one, state: smaller }])).toThrow("different networks");
  expect(() => averageModels([one, one], [1])).toThrow("do not fit 2 models");
  expect(() => averageModels([one, one], [0, 0])).toThrow("do not fit");
  expect(() => averageModels([one, one], [2, -1])).toThrow("do not fit");
  expect(() => averageModels([])).toThrow("no models");
});
