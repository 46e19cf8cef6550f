import { describe, expect, it } from "vitest";
import { agreement } from "../testing/golden.ts";
import { noiseSource } from "../testing/noise.ts";
import { feed } from "./blockGraph.ts";
import { combinedWeights } from "./losses/combinations.ts";
import { type WienerLossInputs, wienerLoss } from "./testing/wienerLoss.ts";
import { phaseDifferences, turn, windowScales } from "./turnedFrames.ts";
import { WienerPhase } from "./wienerPhase.ts";

const cases = [
  { batch: 1, window: 5000 },
  { batch: 1, window: 13 },
  { batch: 2, window: 20 },
  { batch: 3, window: 5000 },
  { batch: 3, window: 7 },
  { batch: 4, window: 31 },
];

/** A block with targets that sum to the mixture, some of it silent, some of it mono. */
function block(batch: number, window: number) {
  const sizes = { bins: 3, coefs: 12, slices: 4, batch };
  const { bins, coefs, slices } = sizes;
  const random = noiseSource(7);
  const perItem = 2 * bins * slices * coefs * 2;
  const targets = Float32Array.from({ length: 4 * batch * perItem }, () => 20 * random() ** 3);
  // The first bin of every target is the same left and right, and the last slice of the second silent.
  const channel = perItem / 2;
  const bin = channel / bins;
  for (let stem = 0; stem < 4 * batch; stem++) {
    const at = stem * perItem;
    targets.copyWithin(at + channel, at, at + bin);
    targets.fill(0, at + 2 * bin - 2 * coefs, at + 2 * bin);
    targets.fill(0, at + channel + 2 * bin - 2 * coefs, at + channel + 2 * bin);
  }
  const mixture = new Float32Array(batch * perItem);
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < perItem; i++) {
      for (let j = 0; j < 4; j++) mixture[n * perItem + i] += targets[(n * 4 + j) * perItem + i];
    }
  }
  const { magnitude, inPhase, quadrature = inPhase } = turn(targets, mixture, sizes, true);
  const { cosine, sine } = phaseDifferences(mixture, sizes);
  const noise = (count: number, scale: number) =>
    Float32Array.from({ length: count }, () => scale * random());
  const inputs = {
    masks: noise(inPhase.length, 0.49).map((value) => 0.5 + value),
    ...{ magnitude, cosine, sine, inPhase, quadrature },
    scale: windowScales(mixture, sizes, window, false),
    weights: noise(5 * batch, 0.2).map((value) => 0.3 + value),
    byReal: noise(inPhase.length, 1),
    byImaginary: noise(inPhase.length, 1),
  } satisfies WienerLossInputs;
  const feeds = {
    [feed.magnitude]: { dims: [], data: inputs.magnitude },
    [feed.cosine]: { dims: [], data: inputs.cosine },
    [feed.sine]: { dims: [], data: inputs.sine },
    [feed.scale]: { dims: [], data: inputs.scale },
    [feed.inPhase]: { dims: [], data: inputs.inPhase },
    [feed.quadrature]: { dims: [], data: inputs.quadrature },
  };
  return { sizes, inputs, feeds };
}

function phaseOf({ sizes, inputs }: ReturnType<typeof block>, window: number, kind?: "plain") {
  const { bins, coefs, slices, batch } = sizes;
  const blocks = [
    { first: 0, bins: 1, coefs: 4 },
    { first: 1, bins, coefs },
  ];
  const phase = new WienerPhase({ blocks, window, stems: true, keepsMasks: true }, kind);
  phase.layOut({ items: batch, slices });
  phase.masks(1).data.set(inputs.masks);
  return phase;
}

describe.each(cases)(
  "Wiener-EM outside of graphs, $batch items, window $window",
  ({ batch, window }) => {
    const made = block(batch, window);
    const { sizes, inputs, feeds } = made;
    const byStems = { real: inputs.byReal, imaginary: inputs.byImaginary };
    const { weights } = inputs;
    const none = new Float32Array(inputs.byReal.length);

    it.each(["simd", "plain"] as const)(
      "has the graph's stems, errors and gradients: %s",
      (kind) => {
        const phase = phaseOf(made, window, kind === "plain" ? kind : undefined);
        const expected = wienerLoss(sizes, window, inputs);
        const reached: string[] = [];
        const same = (
          what: string,
          truth: ArrayLike<number>,
          found: ArrayLike<number> | undefined,
        ) => {
          const db = agreement(truth, found ?? []);
          reached.push(`${what} ${db.toFixed(1)}`);
          expect(db, what).toBeGreaterThan(115);
        };
        const { stems, errors } = phase.forward(1, feeds, { stems: true, errors: true });
        same("stems in phase", expected.real, stems?.real);
        same("in quadrature", expected.imaginary, stems?.imaginary);
        same("errors", expected.errors, errors);
        const both = phase.backward(1, feeds, { weights, byStems });
        same("gradient", expected.gradient, both.gradient.data);
        same("errors with it", expected.errors, both.errors);
        const errorsAlone = wienerLoss(sizes, window, {
          ...inputs,
          byReal: none,
          byImaginary: none,
        });
        const ofErrors = phase.backward(1, feeds, { weights, byStems: undefined });
        same("of errors", errorsAlone.gradient, ofErrors.gradient.data);
        const stemsAlone = wienerLoss(sizes, window, {
          ...inputs,
          weights: new Float32Array(5 * batch),
        });
        const ofStems = phase.backward(1, feeds, { weights: undefined, byStems });
        same("of stems", stemsAlone.gradient, ofStems.gradient.data);
        expect(ofStems.errors).toBeUndefined();
        console.log(`${batch} items, window ${window}, ${kind}, dB: ${reached.join(", ")}`);
      },
    );

    it("has the same bits again, and in a memory of another size before", () => {
      const phase = phaseOf(made, window);
      const first = phase.backward(1, feeds, { weights, byStems }).gradient.data.slice();
      phase.layOut({ items: batch + 1, slices: 9 });
      phase.layOut({ items: batch, slices: sizes.slices });
      phase.masks(1).data.set(inputs.masks);
      expect(phase.backward(1, feeds, { weights, byStems }).gradient.data).toEqual(first);
    });
  },
);

it("the complex loss is the mean over the 14 combinations, computed one by one", () => {
  const made = block(2, 20);
  const { inputs, feeds } = made;
  const phase = phaseOf(made, 20);
  const { stems, errors } = phase.forward(1, feeds, { stems: true, errors: true });
  const pairs = [
    [stems?.real ?? [], inputs.inPhase],
    [stems?.imaginary ?? [], inputs.quadrature],
  ];
  const positions = inputs.inPhase.length / 4;
  let sum = 0;
  for (let set = 1; set <= 14; set++) {
    for (const [estimate, target] of pairs) {
      for (let i = 0; i < positions; i++) {
        let error = 0;
        for (let j = 0; j < 4; j++) {
          const at = j * positions + i;
          if ((set >> j) & 1) error += estimate[at] - target[at];
        }
        sum += error * error;
      }
    }
  }
  const { each, joint } = combinedWeights(positions);
  const found = errors?.reduce((all, error, i) => all + error * (i < 8 ? each : joint), 0) ?? 0;
  expect(found / (sum / (14 * 2 * positions))).toBeCloseTo(1, 6);
});

it("refuses a batch that was prepared for mix phase", () => {
  const made = block(2, 20);
  const { [feed.magnitude]: magnitude } = made.feeds;
  const wants = { stems: true, errors: false };
  expect(() => phaseOf(made, 20).forward(1, { magnitude }, wants)).toThrow(/another phase/);
});

it("refuses stems that it was not prepared for", () => {
  const phase = new WienerPhase({
    blocks: [{ first: 0, bins: 1, coefs: 4 }],
    ...{ window: 20, stems: false, keepsMasks: false },
  });
  phase.layOut({ items: 1, slices: 1 });
  expect(() => phase.forward(0, {}, { stems: true, errors: false })).toThrow(/without stems/);
});
