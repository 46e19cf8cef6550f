/** What runs in the page: the package as its users import it. The tests call it through `globalThis.use`. */
import { openLive, openLiveNode, openSeparator, XumxError } from "xumx-slicq";

const names = ["bass", "vocals", "other", "drums"];

/** Connects the outputs of a live node side by side: the mix, then every stem. */
function sideBySide(live, context) {
  const merger = context.createChannelMerger(10);
  for (let output = 0; output < 5; output++) {
    const splitter = context.createChannelSplitter(2);
    live.node.connect(splitter, output);
    for (let c = 0; c < 2; c++) splitter.connect(merger, c, 2 * output + c);
  }
  return merger;
}

/** A chord with a beat, as test/browser.test.ts makes it too. */
function tone(frames, sampleRate, side) {
  return Float32Array.from({ length: frames }, (_, i) => {
    const t = i / sampleRate;
    return 0.2 * Math.sin(2 * Math.PI * (220 + 3 * side) * t) * (1 + Math.sin(9 * t + side));
  });
}

async function failure(action) {
  try {
    await action();
    return undefined;
  } catch (error) {
    const { name, code, message, hint } = error;
    return { ours: error instanceof XumxError, name, code, message, hint };
  }
}

globalThis.use = {
  /** Separates a second of sound, and tells of all that happened meanwhile. */
  async separate(options, sampleRate) {
    const separator = await openSeparator(options);
    const { runtime, modelName } = separator;
    let ticks = 0;
    const timer = setInterval(() => ticks++, 10);
    const progress = [];
    const context = new OfflineAudioContext(2, sampleRate, sampleRate);
    const buffer = context.createBuffer(2, 2 * sampleRate, sampleRate);
    buffer.copyToChannel(tone(2 * sampleRate, sampleRate, 0), 0);
    buffer.copyToChannel(tone(2 * sampleRate, sampleRate, 1), 1);
    const start = performance.now();
    const { bass } = await separator.separate(buffer, { onProgress: (f) => progress.push(f) });
    const seconds = (performance.now() - start) / 1e3;
    clearInterval(timer);
    await separator.close();
    const closed = await failure(() => separator.separate(buffer));
    return {
      ...{ modelName, runtime: runtime.name, ticks, progress, seconds, closed },
      isolated: globalThis.crossOriginIsolated,
      bass: bass.map((channel) => [...channel]),
    };
  },

  /** Aborts while at work, and uses the separator again. */
  async abort(options) {
    await using separator = await openSeparator(options);
    const song = [tone(30 * 44100, 44100, 0)];
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    const start = performance.now();
    const aborted = await failure(() => separator.separate(song, { signal: controller.signal }));
    const seconds = (performance.now() - start) / 1e3;
    const { drums } = await separator.separate([tone(4410, 44100, 0)]);
    return { aborted, seconds, length: drums.map((channel) => channel.length) };
  },

  /** Live blocks of uneven sizes through a worker, all together. */
  async live(options, sampleRate) {
    await using live = await openLive({ ...options, sampleRate });
    const song = [tone(sampleRate, sampleRate, 0), tone(sampleRate, sampleRate, 1)];
    const out = [[], []];
    const blocks = [480, 128, 4096, 1000];
    for (let at = 0, i = 0; at < sampleRate; i++) {
      const end = Math.min(sampleRate, at + blocks[i % blocks.length]);
      const pushing = live.push(song.map((channel) => channel.subarray(at, end)));
      if (i === 2) var overrun = await failure(() => live.push(song));
      const { stems } = await pushing;
      stems.bass.forEach((channel, c) => out[c].push(...channel));
      at = end;
    }
    const { stems } = await live.flush();
    stems.bass.forEach((channel, c) => out[c].push(...channel));
    const { latency, latencySeconds } = live;
    const status = live.status();
    await live.close();
    const closed = await failure(() => live.push(song));
    return { latency, latencySeconds, status, overrun, closed, bass: out };
  },

  /** Two live nodes side by side in one graph, at the pace of their workers: the graph waits for them. */
  async nodes(options, sampleRate, stepped) {
    const step = 4096;
    const length = 20 * step;
    const context = new OfflineAudioContext({ numberOfChannels: 20, length, sampleRate });
    const buffer = context.createBuffer(2, sampleRate, sampleRate);
    for (let c = 0; c < 2; c++) buffer.copyToChannel(tone(sampleRate, sampleRate, c), c);
    const lives = [];
    const status = [];
    const all = context.createChannelMerger(20);
    for (let i = 0; i < 2; i++) {
      const live = await openLiveNode(context, { buffering: 0.2, ...options, ...(i && { gains: { vocals: 0 } }) });
      const source = context.createBufferSource();
      source.buffer = buffer;
      source.connect(live.node);
      source.start(0);
      const splitter = context.createChannelSplitter(10);
      sideBySide(live, context).connect(splitter);
      for (let c = 0; c < 10; c++) splitter.connect(all, c, 10 * i + c);
      lives.push(live);
    }
    all.connect(context.destination);
    for (let at = step; stepped && at < length; at += step) {
      void context.suspend(at / sampleRate).then(async () => {
        for (const [i, live] of lives.entries()) {
          do {
            await new Promise((wait) => setTimeout(wait, 5));
            status[i] = await live.status();
          } while (status[i].samples < at);
        }
        await context.resume();
      });
    }
    const rendered = await context.startRendering();
    const report = [];
    for (const [i, live] of lives.entries()) {
      const { latency, latencySeconds, modelLatency, buffering, link, outputs } = live;
      const rows = Array.from({ length: 10 }, (_, c) => [...rendered.getChannelData(10 * i + c)]);
      await live.close();
      report.push({ status: status[i], latency, latencySeconds, modelLatency, buffering, link, outputs, rows });
    }
    return { report, closed: await failure(() => lives[0].status()) };
  },

  failure: (options) => failure(async () => (await openSeparator(options)).close()),

  /** Wrong input, as code that was minified refuses it. */
  async refusal(options) {
    await using separator = await openSeparator(options);
    return failure(() => separator.separate("song.wav"));
  },
};
document.title = "ready";
