#!/usr/bin/env node
/**
 * Trains the gate's network (src/gate) and writes its weights into the program.
 *
 *     node scripts/trainGate.mjs --examples examples/musdb --examples examples/labelled --valid examples/valid --out src/gate/gateWeights.ts
 *
 * Examples are those of scripts/gateExamples.mjs. Less is better: of each stem, the energy of its error over an example and over
 * half seconds, in dB relative to the song's, none below −30 dB; and the cross-entropy of whether it plays. AdamW, a cosine, the
 * average of weights. What is written answers `--slope`·(x + `--bias`) where the network says x: the more cautious, the greater
 * the bias. After training it is told, for every `--valid`, what the gate does to the stems' SDR and to their levels in silence.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { CUES, cuesOf, LEVEL_REACH, powerOfSum } from "../dist/gate/cues.js";
import { dilations, gateShapes } from "../dist/gate/gateNetwork.js";
import { BANDS, POWERS, STEMS } from "../dist/gate/stemPowers.js";
import { GraphBuilder, gradientName, gradients, writeOnnx } from "../dist/graph/index.js";
import { loadRuntime } from "../dist/runtime/index.js";
import { writeSafetensors } from "../dist/tensors/index.js";
import { Random } from "../dist/training/data/index.js";
import { AdamW, averageWeights, clippingFactor, globalNorm } from "../dist/training/optimiser.js";

const PRODUCTS = 36;
const BATCH = 16;
/** Frames of an example in training: 13 half seconds. */
const FRAMES = 143;
/** Frames of half a second. */
const HALF_SECOND = 11;
/** Errors below this, relative to the song, count as this. */
const FLOOR = 1e-3;
/** Share of the cues that are left out in training, others for each frame. */
const LEFT_OUT = 0.15;
/** A stem plays where it has this much of the song's power, over seven frames. */
const PLAYS = 1e-4;

const { values } = parseArgs({
  options: {
    examples: { type: "string", multiple: true, default: [] },
    valid: { type: "string", multiple: true, default: [] },
    out: { type: "string" },
    channels: { type: "string", default: "32" },
    epochs: { type: "string", default: "30" },
    rate: { type: "string", default: "2e-3" },
    seed: { type: "string", default: "1" },
    slope: { type: "string", default: "2" },
    bias: { type: "string", default: "1.5" },
    threads: { type: "string", default: "2" },
  },
});

const random = Random.of(Number(values.seed));
const runtime = await loadRuntime("auto");
const shapes = gateShapes(Number(values.channels));
const sizes = [...shapes.values()].map((shape) => shape.reduce((a, b) => a * b, 1));
const weights = new Float32Array(sizes.reduce((a, b) => a + b));
const average = new Float32Array(weights.length);
initialise();
await train(
  values.examples.flatMap((path) => readExamples(path)).filter(({ frames }) => frames >= FRAMES),
);
const state = answering(Number(values.slope), Number(values.bias));
for (const path of values.valid) await validate(path, readExamples(path));
if (values.out) {
  const bytes = writeSafetensors(state, {
    floats: (_, { shape }) => (shape.length > 1 ? "f16" : "f32"),
  });
  const text = Buffer.from(bytes).toString("base64");
  writeFileSync(
    values.out,
    `/** Made by scripts/trainGate.mjs: a safetensors file. For non-commercial use, see NOTICE. */\nexport const gateBase64 =\n  "${text}";\n`,
  );
}

/** Views of the parts of a flat array, by the names of the network's tensors. */
function viewsOf(flat) {
  let at = 0;
  return new Map(
    [...shapes].map(([name, shape], i) => {
      const data = flat.subarray(at, at + sizes[i]);
      at += sizes[i];
      return [name, { dtype: "f32", dims: shape, shape, data }];
    }),
  );
}

function initialise() {
  for (const [name, { shape, data }] of viewsOf(weights)) {
    const last = name.startsWith("keep") || name.startsWith("share");
    const scale = last ? 0.02 : 1 / Math.sqrt(3 * (shape[1] ?? 1) * (shape[2] ?? 1));
    if (shape.length > 1) for (let i = 0; i < data.length; i++) data[i] = scale * random.normal();
    // At first most of a stem stays where it is.
    if (name === "keep.bias") data.fill(1);
  }
}

/** Cues [CUES, frames], products [36, frames] of estimates and truth. */
function readExamples(path) {
  const { frames } = JSON.parse(readFileSync(`${path}.json`, "utf8"));
  const bytes = readFileSync(`${path}.f32`);
  const all = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  let at = 0;
  return frames.map((count) => {
    const row = (t) =>
      all.subarray(at + t * (POWERS + PRODUCTS), at + (t + 1) * (POWERS + PRODUCTS));
    const rows = Array.from({ length: count }, (_, t) => row(t));
    at += count * (POWERS + PRODUCTS);
    const sums = rows.map((r) => powerOfSum(r));
    const cues = rows.map((r, t) => {
      const around = sums.slice(Math.max(0, t - LEVEL_REACH), t + LEVEL_REACH + 1);
      return cuesOf(r.subarray(0, POWERS), around.reduce((a, b) => a + b) / around.length);
    });
    return { frames: count, cues, products: rows.map((r) => r.subarray(POWERS)) };
  });
}

/** The product of two of the eight signals in a row of products. */
function product(row, a, b) {
  const [i, j] = a < b ? [a, b] : [b, a];
  return row[i * 8 - (i * (i - 1)) / 2 + (j - i)];
}

/** Arrays [rows, frames, items], one example's frames beside the others'. */
function side(rows, frames, items, value) {
  const data = new Float32Array(rows * frames * items);
  for (let r = 0; r < rows; r++) {
    for (let t = 0; t < frames; t++) {
      for (let n = 0; n < items; n++) data[(r * frames + t) * items + n] = value(r, t, n);
    }
  }
  return data;
}

/** What the graphs are fed of examples, from a frame on. */
function feedsOf(examples, starts, frames, shakes) {
  const items = examples.length;
  const rowOf = (t, n) => examples[n].products[starts[n] + t];
  const song = examples.map(({ products }) => {
    let power = 0;
    for (const row of products) {
      for (let a = 4; a < 8; a++) for (let b = 4; b < 8; b++) power += product(row, a, b);
    }
    return power / products.length + 1e-9;
  });
  const scaled = (rows, pair) => ({
    dims: [rows, 1, frames, items],
    data: side(rows, frames, items, (r, t, n) => product(rowOf(t, n), ...pair(r)) / song[n]),
  });
  const smooth = (r, t, n) => {
    let [power, count] = [0, 0];
    for (let u = Math.max(0, t - 3); u <= Math.min(frames - 1, t + 3); u++, count++) {
      power += product(rowOf(u, n), 4 + r, 4 + r);
    }
    return power / count / song[n] > PLAYS ? 1 : 0;
  };
  return {
    cues: {
      dims: [1, CUES, 1, frames * items],
      data: side(CUES, frames, items, (r, t, n) => {
        const cue = examples[n].cues[starts[n] + t][r];
        if (!shakes) return cue;
        return random.chance(LEFT_OUT) ? 0 : (cue + (shakes[n][r] ?? 0)) / (1 - LEFT_OUT);
      }),
    },
    // Row 4·a + b.
    estimates: scaled(16, (r) => [r >> 2, r & 3]),
    both: scaled(16, (r) => [r & 3, 4 + (r >> 2)]),
    truths: scaled(4, (r) => [4 + r, 4 + r]),
    plays: { dims: [1, 4, 1, frames * items], data: side(4, frames, items, smooth) },
  };
}

/** Errors of the stems [4, 1, frames, items], and how surely each plays. */
function errorsOf(b, frames, items) {
  const width = frames * items;
  const of = (name) => b.input(name, shapes.get(name));
  const conv = (x, name, dilation = 0) => {
    const shape = shapes.get(name);
    const weight = b.reshape(of(`${name}`), [shape[0], shape[1], 1, shape[2]]);
    const bias = b.reshape(of(name.replace("weight", "bias")), [1, shape[0], 1, 1]);
    const reach = dilation * items;
    const y = b.conv2d(x, weight, {
      pads: [0, reach, 0, reach],
      dilations: [1, Math.max(1, reach)],
    });
    return b.add(y, bias);
  };
  const normalised = (x) => b.div(x, b.sqrt(b.add(b.mean(b.square(x), [1]), b.constant(1e-3))));
  let y = b.relu(conv(b.input("cues", [1, CUES, 1, width]), "in.weight"));
  for (const [layer, dilation] of dilations.entries()) {
    y = b.add(y, b.relu(conv(normalised(y), `layers.${layer}.weight`, dilation)));
  }
  const x = normalised(y);
  const sure = b.sigmoid(conv(x, "keep.weight"));
  const keep = b.reshape(sure, [STEMS, 1, frames, items]);
  const raw = b.reshape(b.sigmoid(conv(x, "share.weight")), [STEMS, STEMS - 1, frames, items]);
  const shares = b.div(raw, b.reduceSum(raw, [1]));
  const given = b.mul(b.sub(b.constant(1), keep), shares);
  // Rows of the routing: from which stem how much comes.
  const from = b.split(given, 0, [1, 1, 1, 1]).map((stem) => b.split(stem, 1, [1, 1, 1]));
  const kept = b.split(keep, 0, [1, 1, 1, 1]);
  const rows = kept.map((own, to) =>
    b.concat(
      kept.map((_, stem) => (stem === to ? own : from[stem][to < stem ? to : to - 1])),
      0,
    ),
  );
  const estimates = b.reshape(b.input("estimates", [16, 1, frames, items]), [4, 4, frames, items]);
  const both = b.split(b.input("both", [16, 1, frames, items]), 0, [4, 4, 4, 4]);
  const truths = b.split(b.input("truths", [4, 1, frames, items]), 0, [1, 1, 1, 1]);
  const errors = rows.map((row, stem) => {
    const column = b.reshape(row, [1, 4, frames, items]);
    const own = b.reduceSum(b.mul(b.mul(row, column), estimates), [0, 1]);
    const cross = b.reduceSum(b.mul(row, both[stem]), [0]);
    return b.add(b.sub(own, b.mul(b.constant(2), cross)), truths[stem]);
  });
  return { errors: b.relu(b.concat(errors, 0)), sure };
}

function lossGraph() {
  const b = new GraphBuilder("gate");
  const { errors, sure } = errorsOf(b, FRAMES, BATCH);
  const decibels = (x) => b.mul(b.constant(10 / Math.LN10), b.log(b.add(x, b.constant(FLOOR))));
  const halves = b.reshape(errors, [4, FRAMES / HALF_SECOND, HALF_SECOND, BATCH]);
  const plays = b.input("plays", [1, 4, 1, FRAMES * BATCH]);
  const logOf = (x) => b.log(b.add(x, b.constant(1e-6)));
  const likely = b.add(
    b.mul(plays, logOf(sure)),
    b.mul(b.sub(b.constant(1), plays), logOf(b.sub(b.constant(1), sure))),
  );
  const mean = (x) => b.reshape(b.mean(x, [0, 1, 2, 3]), []);
  const loss = b.sub(
    b.add(
      mean(decibels(b.mean(errors, [2]))),
      b.mul(b.constant(0.2), mean(decibels(b.mean(halves, [2])))),
    ),
    b.mul(b.constant(4), mean(likely)),
  );
  b.output("loss", loss);
  return gradients(b.build(), "loss", [...shapes.keys()]);
}

async function train(examples) {
  const threads = Number(values.threads);
  const session = await runtime.createSession(writeOnnx(lossGraph()), { threads, memory: "kept" });
  const optimiser = new AdamW(weights.length, {
    betas: [0.9, 0.999],
    epsilon: 1e-8,
    weightDecay: 0.05,
  });
  const gradient = new Float32Array(weights.length);
  const into = Object.fromEntries(
    [...viewsOf(gradient)].map(([name, view]) => [gradientName(name), view]),
  );
  const perEpoch = Math.floor(examples.length / BATCH);
  const steps = Number(values.epochs) * perEpoch;
  console.log(`${examples.length} examples, ${weights.length} weights, ${steps} updates`);
  average.set(weights);
  for (let step = 0, sum = 0, order = []; step < steps; step++) {
    if (step % perEpoch === 0) order = shuffled(examples.length);
    const first = (step % perEpoch) * BATCH;
    const drawn = order.slice(first, first + BATCH).map((i) => examples[i]);
    const starts = drawn.map(({ frames }) => random.integer(frames - FRAMES + 1));
    const given = await session.run(
      {
        ...Object.fromEntries(viewsOf(weights)),
        ...feedsOf(drawn, starts, FRAMES, drawn.map(shake)),
      },
      into,
    );
    const cosine = 0.5 * (1 + Math.cos((Math.PI * step) / steps));
    const rate = Number(values.rate) * Math.min(1, (step + 1) / 60) * cosine;
    optimiser.step(weights, gradient, rate, clippingFactor(globalNorm(gradient), 1));
    averageWeights(average, weights, Math.min(0.998, (step + 1) / (step + 10)));
    sum += given.loss.data[0];
    if ((step + 1) % (5 * perEpoch) === 0) {
      console.log(`epoch ${(step + 1) / perEpoch}: ${(sum / (5 * perEpoch)).toFixed(3)}`);
      sum = 0;
    }
  }
  await session.close();
}

/** Other tones for a whole example: of the sum's bands, and of each stem's share. */
function shake() {
  return Array.from({ length: 5 * BANDS }, (_, i) => (i < BANDS ? 0.1 : 0.06) * random.normal());
}

function shuffled(count) {
  const order = [...Array(count).keys()];
  for (let i = count - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** The averaged weights, with answers that are `slope`·(x + `bias`) of theirs. */
function answering(slope, bias) {
  const cautious = viewsOf(average.slice());
  const { data } = cautious.get("keep.weight");
  for (let i = 0; i < data.length; i++) data[i] *= slope;
  const biases = cautious.get("keep.bias").data;
  for (let i = 0; i < biases.length; i++) biases[i] = slope * (biases[i] + bias);
  return cautious;
}

/** Means over examples of the stems' SDR before and after, and levels where a true stem is silent, over all of them. */
async function validate(path, examples) {
  const sdr = [new Float64Array(4), new Float64Array(4)];
  const silence = [new Float64Array(4), new Float64Array(4)];
  const quiet = new Float64Array(4);
  const halves = [[], [], [], []];
  for (const example of examples) {
    const { frames } = example;
    const b = new GraphBuilder("gate");
    const { errors } = errorsOf(b, frames, 1);
    b.output("errors", errors);
    const session = await runtime.createSession(writeOnnx(b.build()), {
      threads: 1,
      memory: "returned",
    });
    const { plays, ...feeds } = feedsOf([example], [0], frames);
    const given = (await session.run({ ...Object.fromEntries(state), ...feeds }, {})).errors.data;
    await session.close();
    for (let stem = 0; stem < 4; stem++) {
      const own = feeds.truths.data.subarray(stem * frames, (stem + 1) * frames);
      const after = given.subarray(stem * frames, (stem + 1) * frames);
      const before = example.products.map(
        (_, t) =>
          feeds.estimates.data[5 * stem * frames + t] -
          2 * feeds.both.data[5 * stem * frames + t] +
          own[t],
      );
      for (const [i, errors] of [before, after].entries()) {
        sdr[i][stem] += decibels(total(own), total(errors)) / examples.length;
      }
      for (let t = 0; t + HALF_SECOND <= frames; t += HALF_SECOND) {
        // Where the truth is silent, the error is what is left.
        if (total(own.subarray(t, t + HALF_SECOND)) > 1e-6 * HALF_SECOND) continue;
        const mix = mixturePower(feeds.truths.data, example, t, frames);
        if (mix < 1e-3 * HALF_SECOND) continue;
        quiet[stem] += mix;
        const left = [before, after].map((errors) => total(errors.slice(t, t + HALF_SECOND)));
        for (const [i, energy] of left.entries()) silence[i][stem] += energy;
        halves[stem].push(left.map((energy) => decibels(energy, mix)));
      }
    }
  }
  const shown = (list) => [...list].map((value) => value.toFixed(2)).join(" ");
  const mean = (list) => (list.reduce((a, b) => a + b) / list.length).toFixed(3);
  console.log(`${path}: bass, vocals, other, drums`);
  console.log(
    `  SDR ${shown(sdr[0])}, mean ${mean(sdr[0])} -> ${shown(sdr[1])}, mean ${mean(sdr[1])}`,
  );
  const levels = silence.map((energies) => energies.map((e, j) => 10 * Math.log10(e / quiet[j])));
  if (quiet.some((power) => power === 0)) return;
  const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
  const medians = [0, 1].map((i) => halves.map((list) => median(list.map((pair) => pair[i]))));
  for (const [what, [before, after]] of [
    ["in silence", levels],
    ["median half second of it", medians],
  ]) {
    console.log(`  ${what}: ${shown(before)} -> ${shown(after)} dB`);
  }
}

/** Power of the mixture in half a second, in the scale of what graphs are fed. */
function mixturePower(truths, { products }, from, frames) {
  let power = 0;
  let scale = 0;
  for (let t = from; t < from + HALF_SECOND; t++) {
    for (let a = 4; a < 8; a++) for (let b = 4; b < 8; b++) power += product(products[t], a, b);
    for (let a = 0; a < 4; a++) {
      const raw = product(products[t], 4 + a, 4 + a);
      if (raw > 0) scale = truths[a * frames + t] / raw;
    }
  }
  return power * scale;
}

function total(list) {
  return list.reduce((a, b) => a + b, 0);
}

function decibels(signal, error) {
  return 10 * Math.log10((signal + 1e-6) / (error + 1e-6));
}
