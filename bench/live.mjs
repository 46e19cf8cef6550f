/**
 * Live separation, hop by hop: `npm run bench -- live [seconds=60] [model=xumx-slicq-live] [pace=real|free]`; ten minutes of
 * each by `seconds=600`, an hour faster than real time by `seconds=3600 pace=free block=480`. For each model and size of
 * blocks: latency, time of a hop, load of a core, hops that took longer than they last, heap and memory at the begin and at the end.
 */
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { openLive } from "../dist/index.js";

const RATE = 44100;
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");

/** Notes over noise in bursts, 4 s of it, again and again. */
function music() {
  let state = 7;
  return [220, 330].map((hertz) =>
    Float32Array.from({ length: 4 * RATE }, (_, i) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const burst = (state / 2 ** 31 - 1) * Math.exp(-(i % 11025) / 900);
      return 0.3 * burst + 0.2 * Math.sin((2 * Math.PI * hertz * i) / RATE);
    }),
  );
}

export async function run({ seconds = 60, model, pace = "real", block } = {}) {
  const models = model === undefined ? ["xumx-slicq-live", "xumx-slicq-realtime"] : [model];
  const blocks = block === undefined ? [128, 480, 1024, 4096] : [block];
  for (const name of models) for (const size of blocks) await measure(name, size, seconds, pace);
}

async function measure(model, size, seconds, pace) {
  const live = await openLive({ model });
  const song = music();
  const length = song[0].length - (song[0].length % size);
  const times = [];
  const memory = () => {
    collect();
    const { heapUsed, rss } = process.memoryUsage();
    return `heap ${(heapUsed / 1e6).toFixed(1)} MB, in all ${(rss / 1e6).toFixed(0)} MB`;
  };
  let begun = "";
  const start = performance.now();
  const processor = process.cpuUsage();
  for (let at = 0; at < seconds * RATE; at += size) {
    // After the first seconds, in which memory is taken and code compiled.
    if (begun === "" && at > Math.min(10, seconds / 2) * RATE) begun = memory();
    const due = start + (1e3 * at) / RATE;
    if (pace === "real" && due > performance.now() + 1) await sleep(due - performance.now());
    const from = at % length;
    const pushed = performance.now();
    const out = live.push(song.map((channel) => channel.subarray(from, from + size)));
    if (!(out instanceof Promise)) continue;
    await out;
    times.push(performance.now() - pushed);
  }
  const { user, system } = process.cpuUsage(processor);
  times.sort((a, b) => a - b);
  const quantile = (q) =>
    times[Math.min(times.length - 1, Math.floor(q * times.length))].toFixed(1);
  const { load, overruns } = live.status();
  const share = (user + system) / 1e6 / seconds;
  console.log(
    `${model}, blocks of ${size}, ${seconds} s: latency ${live.latency} samples; hop p50 ${quantile(0.5)}, ` +
      `p99 ${quantile(0.99)}, p99.9 ${quantile(0.999)}, max ${quantile(1)} ms; load ${(100 * load).toFixed(1)} % ` +
      `(processor ${(100 * share).toFixed(1)} %); ${overruns} too late; ${begun} → ${memory()}`,
  );
  await live.close();
}
