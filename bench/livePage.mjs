/** What runs in the page of the live bench. */
import { openLive, openLiveNode } from "xumx-slicq";
import { music, play, RATE } from "./liveSound.mjs";

/** Heap of the page, as far as the browser tells. */
function memory() {
  const { usedJSHeapSize } = performance.memory ?? {};
  return usedJSHeapSize === undefined ? "–" : `page's heap ${(usedJSHeapSize / 1e6).toFixed(1)} MB`;
}

/** Blocks to a worker. */
globalThis.blocks = async ({ model, ...settings }) => {
  const live = await openLive({ model, assets: "/" });
  const times = await play(live, settings);
  const { load, overruns: late } = live.status();
  const { latency } = live;
  await live.close();
  return { latency, times, load, late, memory: memory() };
};

/** A node to which the music comes from the graph. Of its hops the thread that separates tells the longest. */
globalThis.node = async ({ model, seconds }) => {
  const context = new AudioContext({ sampleRate: RATE });
  const live = await openLiveNode(context, { model, assets: "/" });
  const song = music(1);
  const buffer = context.createBuffer(2, song[0].length, RATE);
  for (const [c, channel] of song.entries()) buffer.copyToChannel(channel, c);
  const source = new AudioBufferSourceNode(context, { buffer, loop: true });
  source.connect(live.node).connect(context.destination);
  source.start();
  // The first seconds, in which code is compiled, do not count.
  const pause = (s) => new Promise((due) => setTimeout(due, 1e3 * s));
  await pause(Math.min(10, seconds / 2));
  await live.reset();
  await pause(seconds);
  const { load, slowest, overruns, underruns, silent, lost } = await live.status();
  const { latency, link } = live;
  await live.close();
  await context.close();
  const heard = `${underruns} underruns (${((1e3 * silent) / RATE).toFixed(0)} ms), ${lost} samples lost`;
  return { latency, link, times: [1e3 * slowest], load, late: overruns, memory: heard };
};

document.title = "ready";
