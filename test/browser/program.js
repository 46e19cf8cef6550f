/** What runs in the page: the package as its users import it. The tests call it through `globalThis.use`. */
import { openSeparator, XumxError } from "xumx-slicq";

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

  failure: (options) => failure(async () => (await openSeparator(options)).close()),

  /** Wrong input, as code that was minified refuses it. */
  async refusal(options) {
    await using separator = await openSeparator(options);
    return failure(() => separator.separate("song.wav"));
  },
};
document.title = "ready";
