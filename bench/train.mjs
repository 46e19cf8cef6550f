/** Seconds of audio per second of training, and where the time goes: `npm run bench -- train`. */
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { architectureOf } from "../dist/networks/cdae/index.js";
import { architectureFor } from "../dist/networks/slicq1/index.js";
import { loadRuntime } from "../dist/runtime/index.js";
import { CoupledStep } from "../dist/training/coupled/coupledStep.js";
import { originalLosses, originalPhase, TrainingStep } from "../dist/training/index.js";
import { slicq1Recipe } from "../dist/training/loop/index.js";
import { Slicq1Step } from "../dist/training/slicq1/slicq1Step.js";
import { initialUmxState } from "../dist/training/umx/initialState.js";
import { originalSizes, spectraSettings, trainingOf } from "../dist/training/umx/sizes.js";
import { UmxStep } from "../dist/training/umx/umxStep.js";
import { planSliCQT } from "../dist/transforms/slicqt/index.js";
import { syntheticCoupled, syntheticModel, syntheticSlicq1 } from "./syntheticModel.mjs";

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/**
 * Batches of `items` excerpts of `seconds`, bark-262, 50/51/4; of umx and xumx with `hidden` (512). First each part alone, then with the transform in a
 * worker ahead of the network, as a training run has it. variant: offline, realtime, coupled, coupled-wiener (trained through Wiener-EM), umx (all four targets), xumx, slicq1; loss: as train's --loss; sdr: weight of the SDR loss of waveforms.
 */
export async function run({
  items = 16,
  seconds = 2,
  steps = 8,
  threads = availableParallelism(),
  variant = "realtime",
  loss: spectral = "complex",
  sdr = 0,
  hidden = 512,
} = {}) {
  const samples = seconds * 44100;
  const losses = { ...originalLosses, spectral, sdrWeight: sdr };
  const runtime = await loadRuntime();
  const created = performance.now();
  const { step, prepare, scale } = await stepOf(
    variant,
    { items, samples, threads, losses, hidden },
    runtime,
  );
  const audio = items * seconds;
  console.log(
    `${variant}, ${spectral} loss, ${items} × ${seconds} s, ${threads} threads, ${runtime.name} ${runtime.version}; ` +
      `sessions made in ${((performance.now() - created) / 1000).toFixed(1)} s`,
  );
  const worker = new Worker(new URL("trainWorker.mjs", import.meta.url), {
    workerData: { scale, items, samples, prepare },
  });
  const next = async () => {
    worker.postMessage("next");
    const [message] = await once(worker, "message");
    return message;
  };
  try {
    const times = { prepare: [], network: [], optimiser: [], sum: [] };
    for (let i = 0; i < steps + 2; i++) {
      const { batch, milliseconds } = await next();
      const start = performance.now();
      const { loss } = await step.accumulate(batch);
      const middle = performance.now();
      step.update(1e-3);
      const end = performance.now();
      if (!Number.isFinite(loss)) throw new Error(`the loss is ${loss}`);
      // The first runs find out how much memory they need.
      if (i < 2) continue;
      times.prepare.push(milliseconds);
      times.network.push(middle - start);
      times.optimiser.push(end - middle);
      times.sum.push(milliseconds + end - start);
    }
    const parts = ["prepare", "network", "optimiser"].map(
      (name) =>
        `${name} ${median(times[name]).toFixed(0)} ms (best ${Math.min(...times[name]).toFixed(0)})`,
    );
    console.log(parts.join(", "));
    const speed = (ms) => `${(audio / (ms / 1000)).toFixed(1)} × real time`;
    console.log(
      `one after the other: ${median(times.sum).toFixed(0)} ms a step, ${speed(median(times.sum))} ` +
        `(best ${speed(Math.min(...times.sum))})`,
    );
    const overlapped = [];
    let ahead = next();
    for (let i = 0; i < steps; i++) {
      const start = performance.now();
      const { batch } = await ahead;
      ahead = next();
      await step.accumulate(batch);
      step.update(1e-3);
      if (i > 0) overlapped.push(performance.now() - start);
    }
    await ahead;
    console.log(
      `transform ahead in a worker: ${median(overlapped).toFixed(0)} ms a step, ${speed(median(overlapped))} ` +
        `(best ${speed(Math.min(...overlapped))}); peak ${(process.resourceUsage().maxRSS / 2 ** 20).toFixed(1)} GB`,
    );
  } finally {
    await worker.terminate();
    await step.close();
  }
}

/** A network in training, and what its batches are prepared for. */
async function stepOf(variant, options, runtime) {
  if (variant === "coupled" || variant === "coupled-wiener") {
    const { config, plan, architecture, state } = syntheticCoupled();
    const { threads } = options;
    const phase = originalPhase(variant === "coupled");
    const { blocks } = plan;
    return {
      step: new CoupledStep(architecture, state, runtime, { threads, phase: { ...phase, blocks } }),
      prepare: { kind: "cells", sizes: config.sizes, causal: false, phase },
      scale: { ...config.scale, windowMultiple: 16 },
    };
  }
  if (variant === "slicq1") {
    const { config, state } = syntheticSlicq1();
    const scale = { ...config.scale, version: 1 };
    const plan = planSliCQT({ ...scale, scale: scale.name });
    const { losses } = slicq1Recipe;
    const { threads } = options;
    return {
      step: new Slicq1Step(plan, architectureFor(config), state, runtime, { threads }),
      prepare: { phase: { method: "mix" }, losses },
      scale,
    };
  }
  if (variant === "umx" || variant === "xumx") {
    const sizes = { ...originalSizes[variant], hidden: options.hidden };
    const training = trainingOf(variant, sizes);
    const { threads } = options;
    return {
      step: await UmxStep.create(training, initialUmxState(training, 1), runtime, { threads }),
      prepare: spectraSettings(variant, sizes),
      scale: { name: "bark", bins: 262, fmin: 32.9, gamma: 0 },
    };
  }
  const { config, state } = syntheticModel({ realtime: variant === "realtime" });
  const plan = planSliCQT({ ...config.scale, scale: config.scale.name });
  const architecture = architectureOf(plan.blocks, config.realtime, state);
  const step = await TrainingStep.create(plan, architecture, state, runtime, options);
  return { step, prepare: { phase: step.phase, losses: options.losses }, scale: config.scale };
}
