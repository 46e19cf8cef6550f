import { describe, expect, it } from "vitest";
import { evaluate, type NumericArray } from "../../graph/index.ts";
import { createKernels } from "../../kernels/instance.ts";
import {
  type FrameEm,
  type FrameModel,
  FrameWiener,
  frameModel,
  openUnmixEm,
} from "../../phase/index.ts";
import { loadRuntime } from "../../runtime/index.ts";
import {
  agreement,
  goldenArray,
  goldenDir,
  goldenPath,
  goldenRows,
  readGolden,
} from "../../testing/golden.ts";
import { noiseSource } from "../../testing/noise.ts";
import { mirrored, StftEngine, spanOfFrames, spectrumSize } from "../../transforms/stft/index.ts";
import type { Direction } from "../network.ts";
import { xumx, xumxName } from "../xumx/family.ts";
import { type TensorNames, umxName } from "./architecture.ts";
import { UmxEngine } from "./engine.ts";
import { umx } from "./family.ts";
import { graphNames, wholeGraph } from "./graphs.ts";
import { networkOf, type PreparedUmxNetwork } from "./prepared.ts";
import { formulaUmx, formulaXumx } from "./testing/formulaUmx.ts";

const isLong = goldenDir !== undefined && process.env.XUMX_ALL_TESTS === "1";
const runtime = await loadRuntime("auto");
const setup = { runtime, threads: 1, device: "cpu" } as const;

function report(what: string, expected: ArrayLike<number>, found: ArrayLike<number>): number {
  const decibels = agreement(expected, found);
  console.log(`${what}: ${decibels.toFixed(1)} dB`);
  return decibels;
}

/** A deterministic number between 0 and 1 for each index. */
function noise(length: number): Float32Array {
  const random = noiseSource(1);
  return Float32Array.from({ length }, () => (random() + 1) / 2);
}

/** All recurrent layers of a target on some frames at once. */
async function recurred(
  engine: UmxEngine,
  network: PreparedUmxNetwork,
  target: number,
  x: Float32Array,
) {
  const { layers, directions, width } = network.recurrence;
  const units = width / directions.length;
  const all: Float32Array[] = [];
  let rows = x;
  for (let layer = 0; layer < layers; layer++) {
    const out = new Float32Array(rows.length);
    for (const [d, direction] of directions.entries()) {
      const state = new Float32Array(2 * units);
      const outputs = new Float32Array((rows.length / width + 1) * units);
      await engine.recur({ target, layer, direction }, rows, state, outputs);
      for (let t = 0; t * width < rows.length; t++) {
        out.set(outputs.subarray(t * units, (t + 1) * units), t * width + d * units);
      }
    }
    rows = out;
    all.push(rows);
  }
  return all;
}

/** Masks of all targets on some frames at once, and what lies between. */
async function whole(network: PreparedUmxNetwork, magnitudes: Float32Array, frames: number) {
  await using closing = {
    engine: await UmxEngine.open(network, setup),
    [Symbol.asyncDispose]: () => closing.engine.close(),
  };
  const { engine } = closing;
  const { bridged, width } = network.recurrence;
  const rows = () => new Float32Array(frames * width);
  const encoded = Array.from({ length: bridged ? 1 : network.targets.length }, rows);
  await engine.encode(magnitudes, frames, encoded);
  const layers = await Promise.all(
    network.targets.map((_, j) => recurred(engine, network, j, encoded[bridged ? 0 : j])),
  );
  const memories = layers.map((all) => all[all.length - 1]);
  const mean = memories[0].map(
    (_, i) => memories.reduce((sum, m) => sum + m[i], 0) / memories.length,
  );
  const kept = bridged ? [encoded[0], mean] : memories.map(rows);
  if (!bridged) {
    for (const [j, memory] of memories.entries()) {
      await engine.join(j, encoded[j], memory, kept[j]);
    }
  }
  const { channels, bins } = network.architecture;
  const masks = network.targets.map(() => new Float32Array(frames * channels * bins));
  await engine.decode(kept, masks);
  return { encoded, layers, mean, kept, masks };
}

describe("the network's parts", () => {
  const sizes = { frameLength: 64, hop: 16, maxBin: 20, hidden: 8 };
  const cases: readonly (readonly [string, "umx" | "xumx", 1 | 2, readonly Direction[]])[] = [
    ["two directions", "umx", 2, ["forward", "reverse"]],
    ["one direction, one channel", "umx", 1, ["forward"]],
    ["bridged", "xumx", 2, ["forward", "reverse"]],
  ];

  it.each(cases)(
    "are together the whole graph in double: %s",
    async (_, family, channels, directions) => {
      const given = { ...sizes, channels, directions };
      const model = family === "umx" ? formulaUmx(given) : formulaXumx(given);
      const frames = 9;
      const magnitudes = noise(frames * channels * sizes.maxBin);
      const network =
        model.config.family === "umx"
          ? umx.prepare(model.config, model.state)
          : xumx.prepare(model.config, model.state);
      const { masks } = await whole(network, magnitudes, frames);
      const nameOf = family === "umx" ? umxName : xumxName;
      const graph = wholeGraph(networkOf(model.config, model.state, nameOf, family === "xumx"));
      const feed: NumericArray = {
        shape: [frames, channels * sizes.maxBin],
        data: Float64Array.from(magnitudes),
      };
      const expected = evaluate(graph, { [graphNames.magnitudes]: feed });
      for (const [j, mask] of masks.entries()) {
        const { data } = expected[graphNames.masks(j)];
        expect(report(`${family} mask ${j}`, data, mask)).toBeGreaterThan(115);
      }
    },
  );
});

/** Magnitudes of the reference's music: all bins, and those that a network sees. */
function musicMagnitudes(maxBin: number) {
  const music = goldenRows(goldenArray(readGolden(goldenPath("signals.safetensors")), "music"));
  const settings = { length: 4096, hop: 1024, window: "hann" } as const;
  const samples = music[0].length;
  const frames = 1 + Math.floor(samples / 1024);
  const kernels = createKernels();
  const engine = new StftEngine(kernels, settings);
  const room = spanOfFrames(settings, frames + 4);
  const places = [0, 1].map((c) => {
    const place = kernels.allocate(room * 4);
    const span = spanOfFrames(settings, frames);
    const signal = Float32Array.from(
      { length: span },
      (_, i) => music[c][mirrored(i - 2048, samples)],
    );
    kernels.f32(place, span).set(signal);
    return place;
  });
  const size = spectrumSize(settings);
  const place = kernels.allocate(frames * size * 4);
  for (let t = 0; t < frames; t += 4) {
    const [left, right] = places.map((place) => place + t * 1024 * 4);
    engine.analyse(left, right, Math.min(4, frames - t), place + t * size * 4);
  }
  const spectra = kernels.f32(place, frames * size).slice();
  const bins = 2049;
  const all = new Float32Array(frames * 2 * bins);
  for (let row = 0; row < 2 * frames; row++) {
    for (let f = 0; f < bins; f++) {
      all[row * bins + f] = Math.hypot(
        spectra[2 * row * bins + f],
        spectra[(2 * row + 1) * bins + f],
      );
    }
  }
  const seen = new Float32Array(frames * 2 * maxBin);
  for (let row = 0; row < 2 * frames; row++) {
    seen.set(all.subarray(row * bins, row * bins + maxBin), row * maxBin);
  }
  return { frames, spectra, all, seen };
}

/** Places of the reference's samples. */
function sampled(row: Float32Array, count: number): number[] {
  return Array.from({ length: count }, (_, k) => row[(k * 2654435761 + 12345) % row.length]);
}

/** All sources' spectra after expectation maximisation in one window. */
function maximised(
  spectra: Float32Array,
  masks: readonly Float32Array[],
  frames: number,
  phase: FrameEm,
): Float32Array[] {
  const kernels = createKernels();
  const wiener = new FrameWiener(kernels, masks.length, 2049, phase.iterations);
  const place = (values: Float32Array) => {
    const at = kernels.allocate(values.byteLength);
    kernels.f32(at, values.length).set(values);
    return at;
  };
  const given = { frames, spectra: place(spectra), masks: masks.map(place) };
  const estimates = masks.map(() => kernels.allocate(spectra.byteLength));
  const peak = kernels.exports.planarPeak(given.spectra, frames, 2049);
  const models: FrameModel[] = [];
  for (let i = 0; i < phase.iterations; i++) {
    models.push(frameModel(wiener.measure(given, models), masks.length, peak, phase));
  }
  wiener.filter(given, models, frames, estimates, () => undefined);
  return estimates.map((at) => kernels.f32(at, spectra.length).slice());
}

/** Rows of the frames that reference arrays hold. */
function rowsAt(data: Float32Array, width: number, frames: ArrayLike<number>): number[] {
  return Array.from(frames).flatMap((t) => [...data.subarray(t * width, (t + 1) * width)]);
}

describe.skipIf(!goldenDir)("variants of one target, hidden 64", () => {
  const golden = () => readGolden(goldenPath("umx_family/umx/variants.safetensors"));

  it.each<[string, readonly Direction[], TensorNames]>([
    ["hidden64", ["forward", "reverse"], umxName],
    ["unidirectional", ["forward"], (_, name) => `uni.${name}`],
  ])("%s", async (name, directions, hashed) => {
    const { config, state } = formulaUmx({ hidden: 64, directions, targets: ["vocals"] }, hashed);
    const { frames, all, seen } = musicMagnitudes(1487);
    const { masks } = await whole(umx.prepare(config, state), seen, frames);
    const estimate = all.map((a, i) => a * masks[0][i]);
    const { data } = goldenArray(golden(), `${name}.estimate.frames`);
    expect(report(name, data, rowsAt(estimate, 4098, [0, 1, 55, 111]))).toBeGreaterThan(115);
  });
});

describe.skipIf(!isLong)("stages, hidden 512", () => {
  it("are Open-Unmix's", async () => {
    const golden = readGolden(goldenPath("umx_family/umx/stages.safetensors"));
    const at = goldenArray(golden, "frames").data;
    const { config, state } = formulaUmx({ hidden: 512, targets: ["vocals"] });
    const { frames, spectra, all, seen } = musicMagnitudes(1487);
    const ours = rowsAt(spectra, 4 * 2049, at);
    const { data: stft } = goldenArray(golden, "stft");
    const planar = Array.from(ours, (_, i) => {
      const [row, part, bin] = [Math.floor(i / 4098), Math.floor(i / 2049) % 2, i % 2049];
      return stft[2 * (row * 2049 + bin) + part];
    });
    expect(report("STFT", planar, ours)).toBeGreaterThan(122);
    const { data: magnitude } = goldenArray(golden, "magnitude");
    expect(report("magnitude", magnitude, rowsAt(all, 4098, at))).toBeGreaterThan(122);
    const { data: double } = goldenArray(golden, "stft64.frame55");
    const frame = Array.from(spectra.subarray(55 * 8196, 56 * 8196), (_, i) => {
      const [channel, part, bin] = [Math.floor(i / 4098), Math.floor(i / 2049) % 2, i % 2049];
      return double[2 * (channel * 2049 + bin) + part];
    });
    const own = spectra.subarray(55 * 8196, 56 * 8196);
    expect(report("STFT of frame 55 in double", frame, own)).toBeGreaterThan(130);
    const { encoded, layers, kept, masks } = await whole(umx.prepare(config, state), seen, frames);
    const bn1 = goldenArray(golden, "bn1").data;
    expect(report("tanh(bn1)", bn1.map(Math.tanh), encoded[0])).toBeGreaterThan(112);
    for (const [l, rows] of layers[0].entries()) {
      const { data } = goldenArray(golden, `lstm.l${l}`);
      expect(report(`lstm.l${l}`, data, rows)).toBeGreaterThan(112);
    }
    const bn2 = goldenArray(golden, "bn2").data;
    const relu = bn2.map((x) => Math.max(0, x));
    expect(report("relu(bn2)", relu, kept[0])).toBeGreaterThan(112);
    const mask = goldenArray(golden, "mask").data;
    expect(report("mask", mask, rowsAt(masks[0], 4098, at))).toBeGreaterThan(115);
    const estimate = all.map((a, i) => a * masks[0][i]);
    const { data } = goldenArray(golden, "estimate");
    expect(report("estimate", data, rowsAt(estimate, 4098, at))).toBeGreaterThan(115);
    for (const [name, all, least] of [
      ["mask", masks[0], 115],
      ["estimate", estimate, 115],
    ] as const) {
      const samples = goldenArray(golden, `${name}.samples`).data;
      expect(report(`${name}, all frames`, samples, sampled(all, samples.length))).toBeGreaterThan(
        least,
      );
      const sumsq = goldenArray(golden, `${name}.sumsq`).data[0];
      expect(all.reduce((sum, x) => sum + x * x, 0) / sumsq).toBeCloseTo(1, 5);
    }
  });

  it.each([
    [0, 112],
    [1, 112],
    [2, 100],
  ])("have Open-Unmix's spectra, %i iterations", async (iterations, least) => {
    const golden = readGolden(goldenPath("umx_family/umx/separator.safetensors"));
    const { config, state } = formulaUmx({ hidden: 512 });
    const { frames, spectra, seen } = musicMagnitudes(1487);
    const { masks } = await whole(umx.prepare(config, state), seen, frames);
    const estimates = maximised(spectra, masks, frames, { ...openUnmixEm, iterations });
    // Theirs: target, channel, bin, frame, re and im.
    const at = (i: number) => {
      const [part, frame, row] = [i % 2, Math.floor(i / 2) % frames, Math.floor(i / 2 / frames)];
      const [bin, channel] = [row % 2049, Math.floor(row / 2049) % 2];
      return estimates[Math.floor(row / 4098)][frame * 8196 + channel * 4098 + part * 2049 + bin];
    };
    const n = 4 * 2 * 2049 * frames * 2;
    const { data } = goldenArray(golden, `niter${iterations}.spectra.samples`);
    const found = Array.from(data, (_, k) => at((k * 2654435761 + 12345) % n));
    expect(report(`spectra ${iterations}`, data, found)).toBeGreaterThan(least);
    const sumsq = goldenArray(golden, `niter${iterations}.spectra.sumsq`).data[0];
    const own = estimates.reduce((sum, e) => sum + e.reduce((all, x) => all + x * x, 0), 0);
    expect(own / sumsq).toBeCloseTo(1, 5);
    if (iterations !== 1) return;
    const one = goldenArray(golden, "niter1.spectra.frame55").data;
    const frame55 = Array.from(one, (_, i) => at((Math.floor(i / 2) * frames + 55) * 2 + (i % 2)));
    expect(report("spectra of frame 55", one, frame55)).toBeGreaterThan(112);
  });

  it("are X-UMX's", async () => {
    const golden = readGolden(goldenPath("umx_family/xumx/stages.safetensors"));
    const at = goldenArray(golden, "frames").data;
    const { config, state } = formulaXumx({ hidden: 512 });
    const { frames, seen } = musicMagnitudes(1487);
    const { encoded, layers, mean, masks } = await whole(xumx.prepare(config, state), seen, frames);
    const expected = (name: string) => goldenArray(golden, name).data;
    expect(report("cross1", expected("cross1"), encoded[0])).toBeGreaterThan(112);
    expect(report("lstm.bass", expected("lstm.bass"), layers[0][2])).toBeGreaterThan(112);
    expect(report("mean of LSTMs", expected("cross2.second_half"), mean)).toBeGreaterThan(112);
    const all = masks.flatMap((mask) => rowsAt(mask, 4098, at));
    expect(report("masks", expected("masks"), all)).toBeGreaterThan(117);
    const together = Float32Array.from(masks.flatMap((mask) => [...mask]));
    const samples = expected("masks.samples");
    const own = sampled(together, samples.length);
    expect(report("masks, all frames", samples, own)).toBeGreaterThan(117);
    for (const [j, target] of ["bass", "drums", "vocals", "other"].entries()) {
      const lstm = expected(`lstm.${target}.samples`);
      const rows = sampled(layers[j][2], lstm.length);
      expect(report(`lstm.${target}`, lstm, rows)).toBeGreaterThan(112);
    }
  });
});
