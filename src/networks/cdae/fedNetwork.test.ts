import { expect, it } from "vitest";
import { loadRuntime } from "../../runtime/index.ts";
import { formulaState } from "../../testing/formulaWeights.ts";
import { agreement } from "../../testing/golden.ts";
import { architectureOf } from "./architecture.ts";
import { fedNetwork, inferenceModel } from "./maskNetwork.ts";

const state = formulaState({ blocks: [[2, 12]], c1: 25, c2: 55, kt: 3 });
const architecture = architectureOf([{ bins: 2, coefs: 12 }], false, state);
const frames = 10;
const x = {
  dims: [1, 12, 2, frames],
  data: Float32Array.from({ length: 12 * 2 * frames }, (_, i) => Math.sin(i)),
};

it("gives the masks of the model with its weights inside: 120 dB", async () => {
  const runtime = await loadRuntime();
  await using stored = await runtime.createSession(inferenceModel(architecture, state), {
    threads: 1,
  });
  const { onnx, weights } = fedNetwork(architecture, state);
  await using fed = await runtime.createSession(onnx, { threads: 1 });
  const feeds = weights.map(
    ({ name, shape, read }) => [name, { dims: shape, data: read() }] as const,
  );
  const expected = await stored.run({ x0: x });
  const masks = await fed.run({ x0: x, ...Object.fromEntries(feeds) });
  const db = agreement(expected.mask0.data, masks.mask0.data);
  console.log(`fed against stored weights: ${db.toFixed(1)} dB`);
  expect(db).toBeGreaterThan(120);
});

it("leaves all weights out of the model", () => {
  const { onnx, weights } = fedNetwork(architecture, state);
  expect(weights.length).toBe(8);
  expect(onnx.byteLength).toBeLessThan(4000);
});
