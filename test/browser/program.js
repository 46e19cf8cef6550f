/** What runs in the page: the package as its users import it. The tests call it through `globalThis.use`. */
import { openLive, openLiveNode, openSeparator, XumxError } from "xumx-slicq";

/** Samples as text, which passes to the tests sooner than numbers do. */
function packed(samples) {
  const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

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
  /** Separates some sound, and tells of all that happened meanwhile. */
  async separate(options, sampleRate, frames = 2 * sampleRate) {
    const separator = await openSeparator(options);
    const { runtime, modelName } = separator;
    let ticks = 0;
    const timer = setInterval(() => ticks++, 10);
    const progress = [];
    const context = new OfflineAudioContext(2, sampleRate, sampleRate);
    const buffer = context.createBuffer(2, frames, sampleRate);
    buffer.copyToChannel(tone(frames, sampleRate, 0), 0);
    buffer.copyToChannel(tone(frames, sampleRate, 1), 1);
    const start = performance.now();
    const { bass } = await separator.separate(buffer, { onProgress: (f) => progress.push(f) });
    const seconds = (performance.now() - start) / 1e3;
    clearInterval(timer);
    await separator.close();
    const closed = await failure(() => separator.separate(buffer));
    return {
      ...{
        modelName,
        runtime: runtime.name,
        device: runtime.device,
        ticks,
        progress,
        seconds,
        closed,
      },
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

  /** Live blocks of uneven sizes through a worker, the bass of all of them joined. */
  async live(options, sampleRate) {
    await using live = await openLive({ ...options, sampleRate });
    const song = [tone(sampleRate, sampleRate, 0), tone(sampleRate, sampleRate, 1)];
    const bass = [[], []];
    const keep = ({ stems }) => {
      for (const [c, channel] of stems.bass.entries()) bass[c].push(...channel);
    };
    let overrun;
    for (let at = 0, size = 480; at < sampleRate; at += size, size = (7 * size) % 4099) {
      const pushing = live.push(song.map((channel) => channel.subarray(at, at + size)));
      overrun ??= await failure(() => live.push(song));
      keep(await pushing);
    }
    keep(await live.flush());
    const { latency, latencySeconds } = live;
    const status = live.status();
    await live.close();
    const closed = await failure(() => live.push(song));
    return { latency, latencySeconds, status, overrun, closed, bass };
  },

  /**
   * Two live nodes side by side in one graph, each with all its outputs. The graph waits for their workers, so that nothing
   * depends on how fast they are.
   */
  async nodes(options, sampleRate) {
    const step = 4096;
    const length = 8 * step;
    const context = new OfflineAudioContext({ numberOfChannels: 20, length, sampleRate });
    const buffer = context.createBuffer(2, length, sampleRate);
    for (let c = 0; c < 2; c++) buffer.copyToChannel(tone(length, sampleRate, c), c);
    const lives = [];
    const all = context.createChannelMerger(20);
    for (const gains of [{}, { vocals: 0, drums: 1.5 }]) {
      const live = await openLiveNode(context, { buffering: 0.1, gains, ...options });
      // Until its thread has heard of the link a node is silent, and this graph would not wait for that.
      await live.status();
      const source = new AudioBufferSourceNode(context, { buffer });
      source.connect(live.node);
      source.start();
      const splitter = context.createChannelSplitter(10);
      sideBySide(live, context).connect(splitter);
      for (let c = 0; c < 10; c++) splitter.connect(all, c, 10 * lives.length + c);
      lives.push(live);
    }
    all.connect(context.destination);
    const status = [];
    const caughtUp = async (at) => {
      for (const [i, live] of lives.entries()) {
        do {
          await new Promise((wait) => setTimeout(wait, 20));
          status[i] = await live.status();
        } while (status[i].samples < at);
      }
    };
    for (let at = step; at < length; at += step) {
      void context.suspend(at / sampleRate).then(async () => {
        await caughtUp(at);
        await context.resume();
      });
    }
    const rendered = await context.startRendering();
    const rows = (i) =>
      Array.from({ length: 10 }, (_, c) => packed(rendered.getChannelData(10 * i + c)));
    const nodes = lives.map(({ latency, latencySeconds, modelLatency, buffering, link }, i) => ({
      ...{ latency, latencySeconds, modelLatency, buffering, link },
      ...{ status: status[i], rows: rows(i) },
    }));
    // The end of the context is theirs.
    return { nodes, closed: await failure(() => lives[0].status()) };
  },

  failure: (options) => failure(async () => (await openSeparator(options)).close()),

  /** Wrong input, as code that was minified refuses it. */
  async refusal(options) {
    await using separator = await openSeparator(options);
    return failure(() => separator.separate("song.wav"));
  },
};
document.title = "ready";
