/** Scores one made-up track in a process of its own, so that its peak memory is its own. Prints one line of JSON. */
import { writeSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { scoreTrack } from "../dist/evaluation/index.js";

const [seconds, rate] = process.argv.slice(2).map(Number);
const samples = seconds * rate;

/** Coloured noise with a slow beat; the channels share most of it, as in music. */
function stem(seed) {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  const [left, right] = [new Float32Array(samples), new Float32Array(samples)];
  let low = 0;
  for (let i = 0; i < samples; i++) {
    low += 0.05 * seed * (random() - low);
    const beat = 0.5 + 0.5 * Math.sin((2 * Math.PI * i * seed) / rate / 3);
    left[i] = beat * (low + 0.01 * random());
    right[i] = beat * (0.7 * low + 0.01 * random());
  }
  return [left, right];
}

const references = { bass: stem(1), vocals: stem(2), other: stem(3), drums: stem(4) };
const names = Object.keys(references);
// Each estimate: its own stem, some of the next one, and a little distortion.
const estimates = Object.fromEntries(
  names.map((name, j) => [
    name,
    references[name].map((channel, c) => {
      const other = references[names[(j + 1) % 4]][c];
      return channel.map((x, i) => 0.9 * x + 0.2 * other[i] + 0.05 * x * x);
    }),
  ]),
);
const start = performance.now();
await scoreTrack(references, estimates, rate);
const spent = (performance.now() - start) / 1e3;
const peakBytes = process.resourceUsage().maxRSS * 1024;
writeSync(1, `${JSON.stringify({ spent, peakBytes })}\n`);
