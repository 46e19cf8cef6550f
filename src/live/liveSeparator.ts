/** Live separation: blocks in, blocks of stems out, an exact number of samples later. */
import { untilAborted } from "../abort.ts";
import { checkOptions, checkSignal, type OptionNames, shown } from "../arguments.ts";
import { Resampler } from "../audio/resampler.ts";
import { ArgumentError, AudioError, ClosedError, LiveError } from "../errors.ts";
import { perTarget, type Target, targets } from "../networks/index.ts";
import { type AudioBlocks, type Channels, checkAudio, iterated } from "../separation/audioInput.ts";
import { firstUnusable, repairOf, type StereoBlock } from "../separation/sampleQueue.ts";
import type { RuntimeReport, Stems } from "../separation/separator.ts";
import { SAMPLE_RATE } from "../transforms/slicqt/index.ts";
import { checkGains, GainMixer, type StemGains } from "./gainMixer.ts";
import { GROUP, HopSeparator, type HopSettings } from "./hopSeparator.ts";
import { liveLatency, ratedLatency } from "./latency.ts";
import { SampleFifo } from "./sampleFifo.ts";

/** Seconds that a change of gains takes, unless said otherwise. */
const RAMP = 0.02;

/** A block of live output. Its arrays are overwritten by the next call. */
export interface LiveBlock {
  /** The four stems, as they are. */
  readonly stems: Stems<Channels>;
  /** Their sum, by the gains. */
  readonly mix: Channels;
}

/** How live separation gets on. */
export interface LiveStatus {
  /** Samples per channel that came so far, since the start or {@link LiveSeparator.reset}. */
  readonly samples: number;
  /** Times that slices were separated. */
  readonly hops: number;
  /** Share of one processor core, 1 for all of it: time computed over time of audio. */
  readonly load: number;
  /** The longest that one block took, in seconds. */
  readonly slowest: number;
  /**
   * Times that the output came too late for whoever plays it: slices that took longer to separate than they last, and
   * blocks that were pushed before the one before them was done.
   */
  readonly overruns: number;
}

/** What computes the network. */
export interface LiveRuntimeReport {
  /** Our own kernels, frame by frame; or ONNX Runtime, piece by piece. */
  readonly name: "kernels" | RuntimeReport["name"];
  /** Version of ONNX Runtime, if it is used. */
  readonly version?: string;
  /** Why its faster build is not used. */
  readonly notice?: string | undefined;
}

/** What {@link LiveSeparator.create} is given. @internal */
export interface LiveSetup extends HopSettings {
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  readonly modelName: string;
  readonly licence: string | undefined;
  readonly runtime: LiveRuntimeReport;
}

/** What {@link LiveSeparator.stream} may be told. */
export interface LiveStreamOptions {
  readonly signal?: AbortSignal;
}

const streamOptions: OptionNames<LiveStreamOptions> = { signal: true };

/**
 * One live signal on one processor core, in the thread that calls. Blocks of any size go in; blocks of the same size come
 * out, every sample exactly {@link latency} samples after its input, zeros before. The stems are those of
 * `Separator.separate`, given the whole signal.
 *
 * ```ts
 * await using live = await openLive({ model: "xumx-slicq-live", sampleRate: 48000 });
 * live.setGains({ vocals: 0 });
 * for await (const block of microphone) play((await live.push(block)).mix);
 * ```
 */
export class LiveSeparator implements AsyncDisposable {
  readonly #setup: LiveSetup;
  readonly #hops: HopSeparator;
  /** Samples per channel, at the signal's rate, between an input and its output. */
  readonly latency: number;
  /** The same in seconds. */
  readonly latencySeconds: number;
  readonly #gains = new GainMixer();
  readonly #waiting: SampleFifo;
  #there: Resampler;
  #back: Resampler;
  /** Arrays of the last block's size, and the block made of them. */
  #rows: readonly Float32Array[] = [];
  #block: LiveBlock | undefined;
  #busy = false;
  #failure: unknown;
  #closing: Promise<void> | undefined;
  #samples = 0;
  #hopsDone = 0;
  #seconds = 0;
  #slowest = 0;
  #overruns = 0;

  /** @internal */
  constructor(setup: LiveSetup) {
    const { transform, context, sampleRate, channels } = setup;
    this.#setup = setup;
    this.#hops = new HopSeparator(setup, (rows, from, to) => this.#finish(rows, from, to));
    this.latency = ratedLatency(transform, context, sampleRate);
    this.latencySeconds = this.latency / sampleRate;
    const most = liveLatency(transform, context) + 4 * GROUP * transform.hop;
    const rows = targets.length * channels;
    this.#waiting = new SampleFifo(rows, 2 * Math.ceil((most * sampleRate) / SAMPLE_RATE));
    this.#there = new Resampler(sampleRate, SAMPLE_RATE, channels);
    this.#back = new Resampler(SAMPLE_RATE, sampleRate, rows);
    this.#waiting.pushZeros(this.latency);
  }

  /** Hz of the signal. */
  get sampleRate(): number {
    return this.#setup.sampleRate;
  }

  /** Channels of the signal, and of every stem. */
  get channels(): 1 | 2 {
    return this.#setup.channels;
  }

  /** Samples, at 44.1 kHz, that are separated at once. */
  get hop(): number {
    return this.#setup.transform.hop;
  }

  /** Name of the model. */
  get modelName(): string {
    return this.#setup.modelName;
  }

  /** Terms of use of the model's weights, if they are known. */
  get licence(): string | undefined {
    return this.#setup.licence;
  }

  /** What computes the network. */
  get runtime(): LiveRuntimeReport {
    return this.#setup.runtime;
  }

  /** The gains of the mix that are set. */
  get gains(): Readonly<Record<Target, number>> {
    return this.#gains.gains;
  }

  /** Changes gains of the mix, from the next sample on along a line of so many seconds (0.02). @throws {ArgumentError} */
  setGains(gains: StemGains, seconds = RAMP): void {
    checkGains(gains);
    if (!(seconds >= 0 && seconds <= 60)) {
      throw new ArgumentError(`A ramp lasts 0 to 60 seconds, not ${shown(seconds)}.`);
    }
    this.#gains.set(gains, Math.round(seconds * this.#setup.sampleRate));
  }

  /** How it gets on. */
  status(): LiveStatus {
    const lasted = this.#samples / this.#setup.sampleRate;
    return {
      samples: this.#samples,
      hops: this.#hopsDone,
      load: lasted > 0 ? this.#seconds / lasted : 0,
      slowest: this.#slowest,
      overruns: this.#overruns,
    };
  }

  /**
   * Takes a block and gives the next one, as long. Where no slice is complete, at once; else when it has been separated:
   * `await` takes either. One call must have ended before the next. The given arrays are not kept.
   *
   * @param block as many channels as were asked for, equally long, any number of samples.
   * @throws {LiveError} "overrun" before the call before has ended: nothing was taken.
   * @throws {AudioError} "non-finite-samples": nothing was taken.
   * @throws {ArgumentError} for another kind of block; {@link ClosedError}; {@link RuntimeError}, after which it must be
   * reset.
   */
  push(block: Channels): LiveBlock | Promise<LiveBlock> {
    this.#checkIdle();
    const given = this.#checked(block);
    const frames = given[0].length;
    const { sampleRate } = this.#setup;
    this.#samples += frames;
    const stereo = inStereo(sampleRate === SAMPLE_RATE ? given : this.#there.push(given));
    const taken = this.#hops.take(stereo, 0);
    if (taken === stereo[0].length && this.#hops.ready === 0) return this.#next(frames);
    return this.#separate(stereo, taken, frames);
  }

  /**
   * Ends the signal: gives the last {@link latency} samples, and is ready for another one.
   * @throws as {@link push}
   */
  async flush(): Promise<LiveBlock> {
    this.#checkIdle();
    const rest = inStereo(this.#there.flush());
    await this.#busily(async () => {
      for (let at = this.#hops.take(rest, 0); ; at = this.#hops.take(rest, at)) {
        while (this.#hops.ready > 0) await this.#hops.separate();
        if (at === rest[0].length) break;
      }
      await this.#hops.end();
    });
    if (this.#setup.sampleRate !== SAMPLE_RATE) this.#wait(this.#back.flush());
    this.#waiting.pushZeros(Math.max(0, this.latency - this.#waiting.length));
    const last = this.#next(this.latency);
    this.#restart();
    return last;
  }

  /**
   * Separates a signal from its begin to its end: a block for every one that comes, and one more with the rest. Whatever
   * it was at before is forgotten.
   * @throws as {@link push}; {@link AbortError}; what the source throws.
   */
  async *stream(
    blocks: AudioBlocks<Channels>,
    options: LiveStreamOptions = {},
  ): AsyncGenerator<LiveBlock> {
    checkOptions(options, streamOptions, "stream");
    checkSignal(options.signal);
    this.reset();
    const ended = this.#ended.signal;
    const signal = options.signal ? AbortSignal.any([options.signal, ended]) : ended;
    for await (const block of untilAborted(iterated(blocks), signal)) yield await this.push(block);
    yield await this.flush();
  }

  /** Fires when it is closed. */
  readonly #ended = new AbortController();

  /** Forgets the signal so far, and begins another; gains stay, and the status begins anew. @throws as {@link push} */
  reset(): void {
    if (this.#busy) this.#refuse();
    this.#checkOpen();
    this.#failure = undefined;
    this.#samples = this.#hopsDone = this.#seconds = this.#slowest = this.#overruns = 0;
    this.#restart();
  }

  /** Frees everything, after what it is at. Harmless to repeat. */
  close(): Promise<void> {
    this.#ended.abort(closed());
    this.#closing ??= this.#setup.engine.close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #restart(): void {
    const { sampleRate } = this.#setup;
    this.#hops.reset();
    this.#gains.settle();
    this.#waiting.clear();
    this.#waiting.pushZeros(this.latency);
    if (sampleRate === SAMPLE_RATE) return;
    this.#there.flush();
    this.#back.flush();
  }

  #checkOpen(): void {
    if (this.#closing) throw closed();
  }

  #checkIdle(): void {
    this.#checkOpen();
    if (this.#busy) this.#refuse();
    if (this.#failure !== undefined) throw this.#failure;
  }

  #refuse(): never {
    this.#overruns++;
    throw new LiveError(
      "overrun",
      "The block before is not separated yet.",
      "Wait for it; where blocks come too fast, a smaller model or a faster machine is needed.",
    );
  }

  /** The block's channels, if they are what was asked for. */
  #checked(block: Channels): Channels {
    const { channels, sampleRate } = this.#setup;
    const given = isPlain(block, channels)
      ? block
      : checkAudio(block, { sampleRate }, "block").channels;
    if (given.length !== channels) {
      throw new ArgumentError(
        `block has ${given.length} channels, not ${channels}.`,
        "Say the number of channels when opening: openLive({ channels: 1 }).",
      );
    }
    for (const channel of given) {
      const at = firstUnusable(channel);
      if (at < 0) continue;
      throw new AudioError(
        "non-finite-samples",
        `Sample ${this.#samples + at} is ${channel[at]}.`,
        repairOf(channel[at]),
      );
    }
    return given;
  }

  async #separate(stereo: StereoBlock, taken: number, frames: number): Promise<LiveBlock> {
    await this.#busily(async () => {
      for (let at = taken; ; at = this.#hops.take(stereo, at)) {
        while (this.#hops.ready > 0) await this.#hops.separate();
        if (at === stereo[0].length) return;
      }
    });
    return this.#next(frames);
  }

  /** Does work that takes its time, and measures it. */
  async #busily(work: () => Promise<void>): Promise<void> {
    this.#busy = true;
    const before = this.#hops.slice;
    const start = performance.now();
    try {
      await work();
    } catch (error) {
      this.#failure = error;
      throw this.#closing ? closed() : error;
    } finally {
      this.#busy = false;
      const seconds = (performance.now() - start) / 1e3;
      const slices = this.#hops.slice - before;
      this.#hopsDone += slices;
      this.#seconds += seconds;
      this.#slowest = Math.max(this.#slowest, seconds);
      if (seconds > (slices * this.hop) / SAMPLE_RATE) this.#overruns++;
    }
  }

  /** Takes final stems of both channels at 44.1 kHz. */
  #finish(rows: readonly Float32Array[], from: number, to: number): void {
    const { channels, sampleRate } = this.#setup;
    const own = channels === 2 ? rows : inMono(rows, from, to);
    if (sampleRate === SAMPLE_RATE) this.#waiting.push(own, from, to);
    else this.#wait(this.#back.push(own.map((row) => row.subarray(from, to))));
  }

  #wait(rows: readonly Float32Array[]): void {
    this.#waiting.push(rows, 0, rows[0].length);
  }

  /** The next `frames` samples. */
  #next(frames: number): LiveBlock {
    const { channels } = this.#setup;
    if (!this.#block || this.#block.mix[0].length !== frames) {
      const room = { length: (targets.length + 1) * channels };
      const all = Array.from(room, () => new Float32Array(frames));
      this.#rows = all.slice(channels);
      const stems = perTarget((_, j) => this.#rows.slice(j * channels, (j + 1) * channels));
      this.#block = { stems, mix: all.slice(0, channels) };
    }
    this.#waiting.take(this.#rows);
    this.#gains.mix(this.#rows, this.#block.mix);
    return this.#block;
  }
}

function closed(): ClosedError {
  return new ClosedError("The live separator was closed.", "Open another one.");
}

/** Whether a block is what it should be at first sight; all else is looked into. */
function isPlain(block: Channels, channels: number): boolean {
  if (!Array.isArray(block) || block.length !== channels) return false;
  const [first, second = first] = block;
  return (
    first instanceof Float32Array &&
    second instanceof Float32Array &&
    first.length === second.length &&
    first.length > 0
  );
}

function inStereo([first, second = first]: Channels): StereoBlock {
  return [first, second];
}

/** The means of pairs of rows, in the first of each. */
function inMono(rows: readonly Float32Array[], from: number, to: number): readonly Float32Array[] {
  return Array.from({ length: rows.length / 2 }, (_, j) => {
    const left = rows[2 * j];
    const right = rows[2 * j + 1];
    for (let i = from; i < to; i++) left[i] = (left[i] + right[i]) / 2;
    return left;
  });
}
