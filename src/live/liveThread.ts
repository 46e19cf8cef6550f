/** Live separation in a thread of its own, asked from another one. */
import { ClosedError } from "../errors.ts";
import { perTarget, type Target } from "../networks/index.ts";
import { type AudioBlocks, type Channels, checkAudio } from "../separation/audioInput.ts";
import type { PreparedModel } from "../separation/preparedModel.ts";
import type { Client } from "../threads/index.ts";
import { SAMPLE_RATE } from "../transforms/slicqt/index.ts";
import { checkGains, checkRamp, RAMP, type StemGains } from "./gainMixer.ts";
import type { LiveAnswer, LiveFacts, LiveProtocol } from "./liveProtocol.ts";
import type {
  LiveBlock,
  LiveRuntimeReport,
  LiveStatus,
  LiveStreamOptions,
} from "./liveSeparator.ts";
import { liveStream } from "./liveStream.ts";
import type { LiveOptions } from "./openOptions.ts";
import { closed, overrun } from "./refusals.ts";

const idle: LiveStatus = { samples: 0, hops: 0, load: 0, slowest: 0, overruns: 0 };

/**
 * One live signal on one processor core, in a thread of its own: what `openLive` gives in browsers. As
 * {@link LiveSeparator}, except that every block is waited for, and that its arrays are the caller's to keep.
 *
 * ```ts
 * await using live = await openLive({ sampleRate: 48000 });
 * const { mix } = await live.push([left, right]);
 * ```
 */
export class LiveThread implements AsyncDisposable {
  readonly #client: Client<LiveProtocol>;
  readonly #facts: LiveFacts;
  readonly #ended = new AbortController();
  /** Hz of the signal. */
  readonly sampleRate: number;
  /** Channels of the signal, and of every stem. */
  readonly channels: 1 | 2;
  #gains: Readonly<Record<Target, number>>;
  #busy = false;
  #status = idle;
  #refused = 0;

  private constructor(client: Client<LiveProtocol>, facts: LiveFacts, options: LiveOptions) {
    const { sampleRate = SAMPLE_RATE, channels = 2, gains = {} } = options;
    this.#client = client;
    this.#facts = facts;
    this.sampleRate = sampleRate;
    this.channels = channels;
    this.#gains = perTarget((target) => gains[target] ?? 1);
  }

  /**
   * Opens live separation by a thread that serves it, which is closed with it; takes the model's weights away.
   * @internal
   */
  static async open(
    client: Client<LiveProtocol>,
    model: PreparedModel,
    options: LiveOptions,
  ): Promise<LiveThread> {
    const move = [model.weights.data];
    const facts = await client.ask("openLive", { model, options }, { move });
    return new LiveThread(client, facts, options);
  }

  /** Samples per channel, at the signal's rate, between an input and its output. */
  get latency(): number {
    return this.#facts.latency;
  }

  /** The same in seconds. */
  get latencySeconds(): number {
    return this.latency / this.sampleRate;
  }

  /** Samples, at 44.1 kHz, that are separated at once. */
  get hop(): number {
    return this.#facts.hop;
  }

  /** Name of the model. */
  get modelName(): string {
    return this.#facts.modelName;
  }

  /** Terms of use of the model's weights, if they are known. */
  get licence(): string | undefined {
    return this.#facts.licence;
  }

  /** What computes the network. */
  get runtime(): LiveRuntimeReport {
    return this.#facts.runtime;
  }

  /** The gains of the mix that are set. */
  get gains(): Readonly<Record<Target, number>> {
    return this.#gains;
  }

  /** Changes gains of the mix, from the next block on along a line of so many seconds (0.02). @throws {ArgumentError} */
  setGains(gains: StemGains, seconds = RAMP): void {
    checkGains(gains);
    checkRamp(seconds);
    this.#gains = perTarget((target) => gains[target] ?? this.#gains[target]);
    // A thread that has failed says so to whoever pushes the next block.
    this.#client.ask("setGains", { gains, seconds }).catch(() => undefined);
  }

  /** How it got on until the last block. */
  status(): LiveStatus {
    return { ...this.#status, overruns: this.#status.overruns + this.#refused };
  }

  /**
   * Takes a block and gives the next one, as long. One call must have ended before the next. The given arrays are not kept.
   *
   * @param block as many channels as were asked for, equally long, any number of samples.
   * @throws {LiveError} "overrun" before the call before has ended: nothing was taken.
   * @throws {AudioError} "non-finite-samples": nothing was taken.
   * @throws {ArgumentError} for another kind of block; {@link ClosedError}; {@link RuntimeError}, after which it must be
   * reset.
   */
  async push(block: Channels): Promise<LiveBlock> {
    this.#checkIdle();
    const { channels } = checkAudio(block, { sampleRate: this.sampleRate }, "block");
    const copies = channels.map((channel) => channel.slice());
    return this.#take(() => this.#client.ask("push", copies, { move: copies }));
  }

  /**
   * Ends the signal: gives the last {@link latency} samples, and is ready for another one.
   * @throws as {@link push}
   */
  async flush(): Promise<LiveBlock> {
    this.#checkIdle();
    return this.#take(() => this.#client.ask("flush", undefined));
  }

  /**
   * Separates a signal from its begin to its end: a block for every one that comes, and one more with the rest. Whatever
   * it was at before is forgotten.
   * @throws as {@link push}; {@link AbortError}; what the source throws.
   */
  stream(
    blocks: AudioBlocks<Channels>,
    options: LiveStreamOptions = {},
  ): AsyncGenerator<LiveBlock> {
    return liveStream(this, blocks, options, this.#ended.signal);
  }

  /** Forgets the signal so far, and begins another; gains stay, and the status begins anew. @throws as {@link push} */
  async reset(): Promise<void> {
    this.#checkIdle();
    await this.#client.ask("restart", undefined);
    this.#status = idle;
    this.#refused = 0;
  }

  /** Ends the thread. Harmless to repeat. */
  close(): Promise<void> {
    this.#ended.abort(closed());
    return this.#client.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #checkIdle(): void {
    if (this.#ended.signal.aborted) throw closed();
    if (!this.#busy) return;
    this.#refused++;
    throw overrun();
  }

  async #take(ask: () => Promise<LiveAnswer>): Promise<LiveBlock> {
    this.#busy = true;
    try {
      const { block, status } = await ask();
      this.#status = status;
      return block;
    } catch (error) {
      // The client speaks of its thread; the caller has closed something else.
      throw error instanceof ClosedError ? closed() : error;
    } finally {
      this.#busy = false;
    }
  }
}
