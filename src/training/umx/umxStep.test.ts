import { existsSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { architectureOf, umxName } from "../../networks/umx/index.ts";
import { formulaUmx, formulaXumx } from "../../networks/umx/testing/formulaUmx.ts";
import { xumxName } from "../../networks/xumx/index.ts";
import { loadRuntime, type Runtime } from "../../runtime/index.ts";
import {
  agreement,
  type GoldenArray,
  goldenArray,
  goldenPath,
  readGolden,
} from "../../testing/golden.ts";
import { goldenBatch } from "../testing/goldenBatch.ts";
import { Spectra } from "./spectra.ts";
import { spectraBatch } from "./spectraBatch.ts";
import { UmxStep, type UmxTraining } from "./umxStep.ts";

const stft = { length: 4096, hop: 1024, window: "hann" } as const;
const LEARNING_RATE = 1e-3;

let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadRuntime("auto");
});

/** A case of the reference numbers: hidden 64, formula weights. */
function goldenTraining(family: "umx" | "xumx") {
  const bridged = family === "xumx";
  const model = bridged
    ? formulaXumx({ hidden: 64 })
    : formulaUmx({ hidden: 64, targets: ["vocals"] });
  const nameOf = bridged ? xumxName : umxName;
  const { targets } = model.config;
  const architecture = architectureOf(model.config, model.state, nameOf);
  const training: UmxTraining = { architecture, targets, nameOf, stft, bridged };
  const batch = spectraBatch(
    new Spectra(stft),
    goldenBatch(),
    {
      kind: "spectra",
      stft,
      framing: bridged ? "centred" : "inside",
      maxBin: 1487,
      targets,
      waves: bridged,
    },
    0,
  );
  return { training, state: model.state, batch };
}

interface GoldenLosses {
  readonly loss: Readonly<Record<string, number>>;
  readonly loss_float64: Readonly<Record<string, number>>;
  readonly parameter_order: readonly string[];
  readonly gradient_norm_total: number;
}

function goldenLosses(family: "umx" | "xumx"): GoldenLosses {
  return JSON.parse(readFileSync(goldenPath("umx_family/training/training.json"), "utf8"))[family];
}

/** Elements that samples are of. */
function sampled(data: Float32Array, count: number): Float32Array {
  const n = BigInt(data.length);
  return Float32Array.from(
    { length: count },
    (_, k) => data[Number((BigInt(k) * 2654435761n + 12345n) % n)],
  );
}

/** In decibels, with what stands below the tolerance. */
const tolerances = {
  umx: { all: 110, worst: 105, loss: 1e-5, after: 5e-5 },
  xumx: { all: 110, worst: 105, loss: 1e-5, after: 1e-5 },
} as const;

const cases = (["umx", "xumx"] as const).map((family) => ({
  family,
  isThere: existsSync(goldenPath(`umx_family/training/${family}.safetensors`)),
}));

describe.each(cases)("a step of $family", ({ family, isThere }) => {
  it.skipIf(!isThere)(
    "is the reference's: losses, gradients, statistics, Adam with L2",
    async () => {
      const { training, state, batch } = goldenTraining(family);
      const golden = goldenLosses(family);
      const arrays = readGolden(goldenPath(`umx_family/training/${family}.safetensors`));
      const limits = tolerances[family];
      await using step = await UmxStep.create(training, state, runtime, { dropout: false });
      const relative = (what: string, found: number, expected: number) => {
        const error = Math.abs(found / expected - 1);
        console.log(
          `${family} ${what}: ${found.toPrecision(9)}, relative error ${error.toExponential(1)}`,
        );
        return error;
      };
      const evaluated = await step.evaluate(batch);
      expect(
        relative("loss in evaluation", evaluated.loss, golden.loss_float64.evaluation_mode),
      ).toBeLessThan(limits.loss);
      const { loss, parts } = await step.accumulate(batch);
      expect(relative("loss", loss, golden.loss_float64.loss)).toBeLessThan(limits.loss);
      if (family === "xumx") {
        const { loss_f, loss_t } = golden.loss_float64;
        expect(relative("magnitudes", parts.magnitudes, loss_f)).toBeLessThan(limits.loss);
        expect(relative("waveforms", parts.waveforms, loss_t)).toBeLessThan(limits.loss);
      }

      const named = (prefix: string): [string, GoldenArray][] =>
        [...arrays].flatMap(([name, array]) =>
          name.startsWith(prefix) ? [[name.slice(prefix.length), array]] : [],
        );
      const stateOf = (values: Float32Array) => {
        const kept = step.parameters.trained.slice();
        step.parameters.trained.set(values);
        const found = new Map(
          [...step.parameters.state()].map(([name, { data }]) => [
            name,
            Float32Array.from(data, Number),
          ]),
        );
        step.parameters.trained.set(kept);
        return found;
      };
      const tensor = (of: ReadonlyMap<string, Float32Array>, name: string) => {
        const found = of.get(family === "umx" ? umxName("vocals", name) : name);
        if (!found) throw new Error(`no tensor ${name}`);
        return found;
      };
      const gradients = stateOf(step.gradient);
      const all: [number[], number[]] = [[], []];
      let worst = Number.POSITIVE_INFINITY;
      const norms = goldenArray(arrays, "gradient_norms").data;
      for (const prefix of ["gradient.", "gradient_samples."]) {
        for (const [name, { data }] of named(prefix)) {
          if (/input_mean/.test(name)) continue;
          const whole = tensor(gradients, name);
          const own = prefix === "gradient." ? whole : sampled(whole, data.length);
          const [reference, found] = all;
          reference.push(...data);
          found.push(...own);
          const norm = norms[golden.parameter_order.indexOf(name)];
          if (norm > 1e-3 * golden.gradient_norm_total)
            worst = Math.min(worst, agreement(data, own));
        }
      }
      const gradient = agreement(...all);
      const ownNorms = golden.parameter_order.map((name) =>
        Math.sqrt(tensor(gradients, name).reduce((sum, g) => sum + g * g, 0)),
      );
      const norm = agreement(norms, ownNorms);
      console.log(
        `${family} gradients: all ${gradient.toFixed(1)} dB, worst tensor ${worst.toFixed(1)} dB, norms of all tensors ${norm.toFixed(1)} dB`,
      );
      expect(gradient).toBeGreaterThan(limits.all);
      expect(worst).toBeGreaterThan(limits.worst);
      expect(norm).toBeGreaterThan(limits.all);

      const running = stateOf(step.parameters.trained);
      let least = Number.POSITIVE_INFINITY;
      for (const [name, { data }] of named("after.")) {
        least = Math.min(least, agreement(data, tensor(running, name)));
      }
      console.log(`${family} running statistics: ${least.toFixed(1)} dB`);
      expect(least).toBeGreaterThan(125);

      const before = step.parameters.trained.slice();
      step.update(LEARNING_RATE);
      const stepped = stateOf(step.parameters.trained);
      const old = stateOf(before);
      const moves: [number[], number[]] = [[], []];
      for (const prefix of ["stepped.", "stepped_samples."]) {
        for (const [name, { data }] of named(prefix)) {
          const part = (of: ReadonlyMap<string, Float32Array>) =>
            prefix === "stepped." ? tensor(of, name) : sampled(tensor(of, name), data.length);
          const [own, was, g] = [part(stepped), part(old), part(gradients)];
          const largest = g.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
          for (let i = 0; i < data.length; i++) {
            // Where the gradient is rounding alone, so is the direction of the step; input means move by their decay.
            if (!/input_mean/.test(name) && Math.abs(g[i]) < 1e-4 * largest) continue;
            moves[0].push(data[i] - was[i]);
            moves[1].push(own[i] - was[i]);
          }
        }
      }
      const moved = agreement(...moves);
      console.log(`${family} step of ${moves[0].length} weights: ${moved.toFixed(1)} dB`);
      expect(moved).toBeGreaterThan(50);
      const after = (await step.accumulate(batch)).loss;
      expect(
        relative("loss after the step", after, golden.loss_float64.loss_after_step),
      ).toBeLessThan(limits.after);
    },
    60_000,
  );
});
