/** Live separation as a node of a page's audio graph. */
import { ClosedError } from "../errors.ts";
import { checkGains, checkRamp, RAMP, type StemGains } from "../live/gainMixer.ts";
import type { FeedLink } from "../live/liveLink.ts";
import type { FeedStatus } from "../live/liveProtocol.ts";
import type { LiveRuntimeReport } from "../live/liveSeparator.ts";
import type { LiveThread } from "../live/liveThread.ts";
import type { SoundStatus } from "../live/soundThread.ts";
import { perTarget, type Target } from "../networks/index.ts";
import type { Client } from "../threads/index.ts";
import type { BrowserProtocol } from "./protocol.ts";
import { SoundPort } from "./soundPort.ts";

/** How a live node gets on. */
export interface LiveNodeStatus extends FeedStatus, SoundStatus {}

/** What a live node is made of. */
interface Parts {
  readonly client: Client<BrowserProtocol>;
  readonly live: LiveThread;
  /** Samples by which the stems are given later than they could be known. */
  readonly buffering: number;
  readonly gains: StemGains;
}

/**
 * Sound goes into {@link node}, and comes out exactly {@link latency} samples later: as a mix of its stems, and as each of
 * them. What is not computed in time is silence, and counted; the time stays exact.
 *
 * ```ts
 * const live = await openLiveNode(context);
 * source.connect(live.node).connect(context.destination); // the mix
 * live.node.connect(analyser, live.outputs.vocals);
 * live.setGains({ vocals: 0 });
 * ```
 */
export class LiveNode implements AsyncDisposable {
  /** The node, to be connected. Its output 0 is the mix. */
  readonly node: AudioWorkletNode;
  /** Numbers of the node's outputs with the stems, as they are. */
  readonly outputs: Readonly<Record<Target, number>> = perTarget((_, index) => index + 1);
  /** Whether samples pass to the thread that separates in shared memory, or as messages. */
  readonly link: "shared memory" | "messages";
  readonly #live: LiveThread;
  readonly #buffering: number;
  readonly #worker: Client<BrowserProtocol>;
  readonly #sound: SoundPort;
  #gains: Readonly<Record<Target, number>>;
  #closing: Promise<void> | undefined;

  private constructor(node: AudioWorkletNode, parts: Parts, kind: FeedLink["kind"]) {
    const { client, live, buffering, gains } = parts;
    this.node = node;
    this.link = kind;
    this.#worker = client;
    this.#live = live;
    this.#buffering = buffering;
    this.#gains = perTarget((target) => gains[target] ?? 1);
    this.#sound = new SoundPort(node);
    const { context } = node;
    context.addEventListener("statechange", () => {
      if (context.state === "closed") void this.close();
    });
  }

  /** Links the threads of a node's sound and of its separation. @internal */
  static async link(
    node: AudioWorkletNode,
    parts: Parts,
    [sound, feed]: readonly [sound: FeedLink, feed: FeedLink],
  ): Promise<LiveNode> {
    const made = new LiveNode(node, parts, sound.kind);
    made.#sound.say({ kind: "link", link: sound }, portOf(sound));
    await made.#worker.ask("feed", feed, { move: portOf(feed) });
    return made;
  }

  /** Samples, at the context's rate, between an input and its output: those of the model and those of the buffer. */
  get latency(): number {
    return this.modelLatency + this.buffering;
  }

  /** The same in seconds. What the context says of its own latency comes to it. */
  get latencySeconds(): number {
    return this.latency / this.sampleRate;
  }

  /** Samples that the model needs to know its output. */
  get modelLatency(): number {
    return this.#live.latency;
  }

  /** The same in seconds. */
  get modelLatencySeconds(): number {
    return this.modelLatency / this.sampleRate;
  }

  /** Samples by which output is given later than it could be known: the time to compute it. */
  get buffering(): number {
    return this.#buffering;
  }

  /** The same in seconds. */
  get bufferingSeconds(): number {
    return this.buffering / this.sampleRate;
  }

  /** Hz of the context. */
  get sampleRate(): number {
    return this.#live.sampleRate;
  }

  /** Channels of the signal, and of every stem. */
  get channels(): 1 | 2 {
    return this.#live.channels;
  }

  /** Samples, at 44.1 kHz, that are separated at once. */
  get hop(): number {
    return this.#live.hop;
  }

  /** Name of the model. */
  get modelName(): string {
    return this.#live.modelName;
  }

  /** Terms of use of the model's weights, if they are known. */
  get licence(): string | undefined {
    return this.#live.licence;
  }

  /** What computes the network. */
  get runtime(): LiveRuntimeReport {
    return this.#live.runtime;
  }

  /** The gains of the mix that are set. */
  get gains(): Readonly<Record<Target, number>> {
    return this.#gains;
  }

  /** Changes gains of the mix, from now on along a line of so many seconds (0.02). @throws {ArgumentError} */
  setGains(gains: StemGains, seconds = RAMP): void {
    checkGains(gains);
    checkRamp(seconds);
    this.#gains = perTarget((target) => gains[target] ?? this.#gains[target]);
    const frames = Math.round(seconds * this.sampleRate);
    this.#sound.say({ kind: "gains", gains, frames });
  }

  /**
   * How it gets on.
   * @throws {RuntimeError} if the separation has failed: all is silence until it is reset; {@link ThreadError} if a thread
   * has died; {@link ClosedError}
   */
  async status(): Promise<LiveNodeStatus> {
    const [feed, sound] = await this.#asked(() =>
      Promise.all([this.#worker.ask("feedStatus", undefined), this.#sound.status()]),
    );
    return { ...feed, ...sound };
  }

  /** Forgets the signal so far, and begins another; gains stay, and the status begins anew. @throws as {@link status} */
  async reset(): Promise<void> {
    await this.#asked(() => this.#worker.ask("restart", undefined));
    this.#sound.say({ kind: "restart" });
  }

  /** Disconnects the node and ends its threads, as the end of its context does. Harmless to repeat. */
  close(): Promise<void> {
    if (!this.#closing) {
      this.#sound.close(closed());
      this.#closing = this.#live.close();
    }
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #asked<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw error instanceof ClosedError ? closed() : error;
    }
  }
}

function closed(): ClosedError {
  return new ClosedError("The live node was closed.", "Open another one.");
}

function portOf(link: FeedLink): MessagePort[] {
  return link.kind === "messages" ? [link.port] : [];
}
