import { describe, expect, it } from "vitest";
import { evaluate, GraphBuilder, gradientName, gradients } from "../../graph/index.ts";
import { targets } from "../../networks/index.ts";
import { agreement } from "../../testing/golden.ts";
import { noiseSource } from "../../testing/noise.ts";
import { originalLosses, originalPhase } from "../settings.ts";
import { noiseArray } from "../testing/noiseArray.ts";
import { combinations, combinedWeights } from "./combinations.ts";
import { lossPlan } from "./lossPlan.ts";
import { maskSum } from "./maskSum.ts";
import { itemErrors, weightedErrors } from "./squaredErrors.ts";
import { total } from "./total.ts";

const [coefs, bins, frames, items] = [4, 3, 5, 2];
const shape = [targets.length, coefs, bins, frames * items];
const positions = coefs * bins * frames * items;

describe("losses", () => {
  it("of complex stems are means over the combinations, computed one by one", () => {
    const { data } = noiseArray(shape, noiseSource(1));
    let sum = 0;
    for (const set of combinations) {
      for (let i = 0; i < positions; i++) {
        let error = 0;
        for (let j = 0; j < targets.length; j++) {
          if ((set >> j) & 1) error += data[j * positions + i];
        }
        sum += error ** 2;
      }
    }
    const b = new GraphBuilder("errors");
    b.output("loss", weightedErrors(b, b.input("error", shape), combinedWeights(positions)));
    const { loss } = evaluate(b.build(), { error: { shape, data } });
    expect(loss.data[0]).toBeCloseTo(sum / (combinations.length * 2 * positions), 6);
  });

  it("of errors are the same item by item, with weights that are fed", () => {
    const error = noiseArray(shape, noiseSource(2));
    const { each, joint } = combinedWeights(positions);
    const weights = [...targets.flatMap(() => [each, each]), joint, joint];
    const build = (fed: boolean) => {
      const b = new GraphBuilder("errors");
      const x = b.input("error", shape);
      const rows = b.input("weights", [targets.length + 1, items]);
      const whole = weightedErrors(b, x, { each, joint });
      b.output("loss", fed ? total(b, b.mul(itemErrors(b, x, items), rows)) : whole);
      return evaluate(gradients(b.build(), "loss", ["error"]), {
        error,
        weights: { shape: [targets.length + 1, items], data: Float64Array.from(weights) },
      });
    };
    const [one, other] = [build(true), build(false)];
    const name = gradientName("error");
    expect(one.loss.data[0]).toBeCloseTo(other.loss.data[0], 6);
    expect(agreement(one[name].data, other[name].data)).toBeGreaterThan(130);
  });

  it("of masks are their own mean square: half a mask too much costs a quarter", () => {
    const loss = maskSum(1);
    const b = new GraphBuilder("masks");
    b.output("loss", loss.build(b, b.input("masks", shape)));
    const data = new Float64Array(targets.length * positions).fill(1.5 / targets.length);
    const found = evaluate(b.build(), { masks: { shape, data } });
    expect(found.loss.data[0]).toBeCloseTo(0.25, 6);
  });
});

describe("the plan of losses", () => {
  const plan = (realtime: boolean, changes: Partial<typeof originalLosses>) =>
    lossPlan({ phase: originalPhase(realtime), losses: { ...originalLosses, ...changes } });

  it("puts Wiener-EM before losses of stems and of waveforms, not before those of magnitudes", () => {
    expect(plan(false, {}).wiener?.window).toBe(5000);
    expect(plan(false, { spectral: "magnitude" }).wiener).toBeUndefined();
    expect(plan(true, {}).wiener).toBeUndefined();
    const both = plan(false, { spectral: "magnitude", sdrWeight: 1 });
    expect(both.wiener?.window).toBe(5000);
    expect(both.errorsInGraph).toBe(true);
    expect(plan(false, { spectral: "sdr" }).errorsInGraph).toBe(false);
  });

  it("names every loss once, with its weight", () => {
    const { all } = plan(false, { spectralWeight: 2, maskSumWeight: 3, sdrWeight: 4 });
    expect(all.map(({ name, weight, needs }) => [name, weight, needs])).toEqual([
      ["spectral", 2, "errors"],
      ["maskSum", 3, "masks"],
      ["sdr", 4, "waveforms"],
    ]);
    expect(plan(true, {}).waveforms).toEqual([]);
  });
});
