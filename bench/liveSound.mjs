/** What the live benches play, and how they sum up; in Node and in pages. */
export const RATE = 44100;

/** Notes over noise in bursts, 4 s of stereo, cut to whole blocks: it is played again and again. */
export function music(block) {
  const length = 4 * RATE - ((4 * RATE) % block);
  let state = 7;
  return [220, 330].map((hertz) =>
    Float32Array.from({ length }, (_, i) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const burst = (state / 2 ** 31 - 1) * Math.exp(-(i % 11025) / 900);
      return 0.3 * burst + 0.2 * Math.sin((2 * Math.PI * hertz * i) / RATE);
    }),
  );
}

/**
 * Pushes sound for so many seconds: at its own pace, or as fast as it goes.
 * @param live what `openLive` gives
 * @param look called ten times on the way, after the first seconds, in which memory is taken and code compiled
 * @returns milliseconds of every push that separated a slice, sorted
 */
export async function play(live, { seconds, block, pace }, look = () => undefined) {
  const song = music(block);
  const { length } = song[0];
  const times = [];
  const total = seconds * RATE;
  const warm = Math.min(10 * RATE, total / 2);
  let looks = 0;
  let hops = 0;
  const start = performance.now();
  for (let at = 0; at < total; at += block) {
    if (at >= warm + (looks * (total - warm)) / 10) {
      await look();
      looks++;
    }
    const early = start + (1e3 * at) / RATE - performance.now();
    if (pace === "real" && early > 1) await new Promise((due) => setTimeout(due, early));
    const from = at % length;
    const pushed = performance.now();
    await live.push(song.map((channel) => channel.subarray(from, from + block)));
    const done = live.status().hops;
    if (done > hops) times.push(performance.now() - pushed);
    hops = done;
  }
  return times.sort((a, b) => a - b);
}

/** The head of the table of {@link row}. */
export const head = [
  "| where | model | block | latency | hop p50 | p99 | p99.9 | max | load | too late | memory |",
  "|:--|:--|--:|--:|--:|--:|--:|--:|--:|--:|:--|",
].join("\n");

/** A row of the table. */
export function row({ where, model, block, latency, times, load, late, memory }) {
  const at = (q) => times[Math.min(times.length - 1, Math.floor(q * times.length))]?.toFixed(1);
  const hops = [0.5, 0.99, 0.999, 1].map((q) =>
    times.length > 1 || q === 1 ? `${at(q)} ms` : "–",
  );
  const cells = [
    where,
    model,
    block,
    latency,
    ...hops,
    `${(100 * load).toFixed(1)} %`,
    late,
    memory,
  ];
  return `| ${cells.join(" | ")} |`;
}
