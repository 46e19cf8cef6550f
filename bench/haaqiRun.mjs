/** One made-up channel at 24 kHz in a process of its own, so that its peak memory is its own. Prints one line of JSON. */
import { writeSync } from "node:fs";
import { Haaqi, LegacyRandom, namedAudiogram } from "../dist/evaluation/index.js";

const rate = 24000;
const samples = Number(process.argv[2]) * rate;
let state = 1;
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 31 - 1;
};
const reference = new Float32Array(samples);
let low = 0;
for (let i = 0; i < samples; i++) {
  low = 0.95 * low + 0.1 * random();
  reference[i] = low * (1 + Math.sin(i / 3000));
}
const estimate = reference.map((x) => Math.tanh(3 * x) / 3 + 0.01 * random());
const haaqi = new Haaqi();
const options = { audiogram: namedAudiogram("mild"), noise: new LegacyRandom(0) };
const start = process.cpuUsage();
const score = await haaqi.score(reference, estimate, rate, options);
const { user, system } = process.cpuUsage(start);
const peakBytes = process.resourceUsage().maxRSS * 1024;
writeSync(
  1,
  `${JSON.stringify({ haaqi: score.haaqi, processor: (user + system) / 1e6, peakBytes })}\n`,
);
