#!/usr/bin/env node
/**
 * Makes what the gate is trained with (scripts/trainGate.mjs): songs whose stems come and go are separated, and what the gate hears
 * of the stems is written with what it needs to know of the truth.
 *
 *     npm run build
 *     node scripts/gateExamples.mjs --data musdb18-7/train --split train --out examples/musdb --variants 3 --seed 1
 *
 * Songs are cut into pieces of `--seconds`. Of each piece `--variants` examples are made: a quarter of the stems come from another
 * piece, half of them up to 4 dB louder or softer, and three in five of them are silent for stretches of 0.8 to 3.8 s. With
 * `--as-songs` stems stay as they are, and `--only-silence` leaves out the exchange and the levels.
 *
 * Written are OUT.f32, for every frame the powers of src/gate/stemPowers.ts and the 36 products of the four estimates and the four
 * true stems (the upper triangle, row by row), and OUT.json with the numbers of frames and the songs' names.
 */
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { parseArgs } from "node:util";
import { openDataset, readStems } from "../dist/datasets/index.js";
import { GROUP, GROUP_SAMPLES, gateStft, StemPowers } from "../dist/gate/stemPowers.js";
import { openSeparator } from "../dist/index.js";
import { Random } from "../dist/training/data/index.js";

const RATE = 44100;
const TARGETS = ["bass", "vocals", "other", "drums"];
/** Fades where stems begin and end. */
const FADE = 0.02 * RATE;
/** Pieces softer than this are left out, RMS of the mixture. */
const LEAST_LEVEL = 10 ** (-35 / 20);

const { values } = parseArgs({
  options: {
    data: { type: "string", multiple: true },
    split: { type: "string" },
    out: { type: "string" },
    model: { type: "string", default: "xumx-slicq" },
    variants: { type: "string", default: "1" },
    seconds: { type: "string", default: "6.8" },
    seed: { type: "string", default: "1" },
    threads: { type: "string", default: "2" },
    "as-songs": { type: "boolean", default: false },
    "only-silence": { type: "boolean", default: false },
  },
});
if (!values.data || !values.out) {
  console.error("Give --data and --out.");
  process.exit(2);
}

const pieces = await cutPieces();
const separator = await openSeparator({
  model: values.model,
  threads: Number(values.threads),
  gate: false,
});
const powers = new StemPowers();
const frames = [];
const names = [];
const file = openSync(`${values.out}.f32`, "w");
for (let variant = 0; variant < Number(values.variants); variant++) {
  for (const [number, { name }] of pieces.entries()) {
    const stems = drawStems(Random.of(Number(values.seed), variant, number), number);
    const mixture = [0, 1].map((c) => sum(stems.map((stem) => stem[c])));
    if (rms(mixture) < LEAST_LEVEL) continue;
    const found = await separator.separate(mixture);
    const estimates = TARGETS.map((target) => found[target]);
    writeSync(file, Buffer.from(describe(estimates, stems).buffer));
    frames.push(Math.floor(mixture[0].length / gateStft.hop));
    names.push(name);
  }
}
closeSync(file);
await separator.close();
writeFileSync(`${values.out}.json`, JSON.stringify({ frames, names }));
console.log(`${values.out}: ${frames.length} examples of ${pieces.length} pieces`);

/** All songs in pieces of the length asked for; what is left over at the end of a song is left out. */
async function cutPieces() {
  const cut = [];
  const length = Math.round(Number(values.seconds) * RATE);
  for (const folder of values.data) {
    const { songs } = await openDataset(folder);
    for (const song of songs) {
      if (values.split && song.split !== values.split) continue;
      const stems = await readStems(song);
      const count = Math.max(1, Math.floor(stems.bass[0].length / length));
      for (let k = 0; k < count; k++) {
        cut.push({
          name: song.name,
          stems: TARGETS.map((target) =>
            stems[target].map((channel) => channel.slice(k * length, (k + 1) * length)),
          ),
        });
      }
    }
  }
  return cut;
}

/** Four stems of an example. */
function drawStems(random, number) {
  const own = pieces[number].stems;
  if (values["as-songs"]) return own;
  const mixes = !values["only-silence"];
  const length = own[0][0].length;
  return own.map((stem, target) => {
    let drawn = stem;
    if (mixes && random.chance(0.25)) {
      const other = pieces[random.integer(pieces.length)].stems[target];
      if (rms(other) > 0 && other[0].length >= length) drawn = other;
    }
    const level = mixes && random.chance(0.5) ? 10 ** (random.uniform(-4, 4) / 20) : 1;
    const gain = new Float32Array(length).fill(level);
    if (random.chance(0.6)) silence(gain, random);
    return drawn.map((channel) => gain.map((g, i) => g * channel[i]));
  });
}

/** Half of the stretches of a gain become silent. */
function silence(gain, random) {
  for (let at = 0; at < gain.length; ) {
    const end = Math.min(gain.length, at + Math.round(random.uniform(0.8, 3.8) * RATE));
    if (random.chance(0.5)) {
      for (let i = at; i < end; i++) gain[i] *= Math.max(0, 1 - Math.min(i - at, end - i) / FADE);
    }
    at = end;
  }
}

/** The frames of an example. */
function describe(estimates, stems) {
  const length = stems[0][0].length;
  const count = Math.floor(length / gateStft.hop);
  const rows = [];
  const group = Array.from({ length: 8 }, () => new Float32Array(GROUP_SAMPLES));
  for (let first = 0; first < count; first += GROUP) {
    const from = first * gateStft.hop - (gateStft.length - gateStft.hop) / 2;
    for (const [i, channel] of estimates.flat().entries()) {
      for (let n = 0; n < GROUP_SAMPLES; n++) group[i][n] = channel[from + n] ?? 0;
    }
    for (const [k, measured] of powers.measure(group).entries()) {
      if (first + k >= count) break;
      rows.push(...measured, ...products([...estimates, ...stems], (first + k) * gateStft.hop));
    }
  }
  return Float32Array.from(rows);
}

/** Products of all pairs of signals in a hop, both channels. */
function products(signals, from) {
  const found = [];
  for (const [a, first] of signals.entries()) {
    for (const second of signals.slice(a)) {
      let product = 0;
      for (let c = 0; c < 2; c++) {
        for (let i = from; i < from + gateStft.hop; i++) product += first[c][i] * second[c][i];
      }
      found.push(product);
    }
  }
  return found;
}

function sum(signals) {
  return signals[0].map((_, i) => signals.reduce((total, signal) => total + signal[i], 0));
}

function rms(channels) {
  const power = channels.reduce((all, x) => all + x.reduce((p, value) => p + value * value, 0), 0);
  return Math.sqrt(power / (2 * channels[0].length));
}
