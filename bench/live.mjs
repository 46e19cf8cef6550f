/**
 * Live separation, hop by hop:
 *
 *     npm run bench -- live [minutes=1] [model=xumx-slicq-live] [block=480] [pace=real|free] [where=node|chromium]
 *
 * For each model and size of blocks, in Node and in Chromium: latency in samples, time of a hop, load of a core, and what came
 * too late. `minutes=10` is what docs/live.md shows; `minutes=60 pace=free block=480 where=node` shows whether memory stays flat
 * over an hour of sound: heap and all memory at the begin, at their most and at the end.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { openLive } from "../dist/index.js";
import { runInChromium } from "./liveChromium.mjs";
import { head, play, row } from "./liveSound.mjs";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");

export async function run({ minutes = 1, model, block, pace = "real", where } = {}) {
  const models = model === undefined ? ["xumx-slicq-live", "xumx-slicq-realtime"] : [model];
  const blocks = block === undefined ? [128, 480, 1024, 4096] : [block];
  const settings = { seconds: 60 * minutes, pace };
  console.log(
    `${minutes} min of stereo at 44.1 kHz each, ${pace === "real" ? "at its own pace" : "as fast as it goes"}\n`,
  );
  console.log(head);
  if (where !== "chromium") {
    for (const name of models) for (const size of blocks) await inNode(name, size, settings);
  }
  if (where !== "node") await runInChromium(models, blocks, settings);
}

async function inNode(model, block, settings) {
  const live = await openLive({ model });
  const heaps = [];
  const sizes = [];
  const look = () => {
    collect();
    const { heapUsed, rss } = process.memoryUsage();
    heaps.push(heapUsed / 1e6);
    sizes.push(rss / 1e6);
  };
  const times = await play(live, { ...settings, block }, look);
  look();
  const { load, overruns: late } = live.status();
  const flat = (values, digits) =>
    [values[0], Math.max(...values), values.at(-1)].map((v) => v.toFixed(digits)).join(" → ");
  const memory = `heap ${flat(heaps, 1)} MB, in all ${flat(sizes, 0)} MB`;
  const where = `Node ${process.versions.node}`;
  console.log(row({ where, model, block, latency: live.latency, times, load, late, memory }));
  await live.close();
}
