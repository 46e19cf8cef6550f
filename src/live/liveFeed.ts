/** Feeds a live separator from a link, in the thread that separates, for as long as frames come. */

import { targets } from "../networks/targets.ts";
import { firstUnusable } from "../separation/sampleQueue.ts";
import type { FeedEnd } from "./liveLink.ts";
import type { FeedStatus } from "./liveProtocol.ts";
import type { LiveSeparator } from "./liveSeparator.ts";

/** Frames of a block: as few as sound comes in, so that a slice begins as soon as it can. */
const SMALL = 128;
/** Frames of a block where many wait: several slices at once take little longer than one. */
const LARGE = 4096;
/** Milliseconds after which requests are heard, however much there is to do. */
const DEAF = 50;

/** Frame n of the stems is as late as the separator's latency says, whatever was lost on the way. */
export class LiveFeed {
  readonly #live: LiveSeparator;
  readonly #end: FeedEnd;
  readonly #blocks: Readonly<Record<typeof SMALL | typeof LARGE, readonly Float32Array[]>>;
  /** The next frame of the input. */
  #frame = 0;
  #lost = 0;
  #resetting: (() => void)[] = [];
  #closed = false;
  /** Ends a wait for frames. */
  #rouse: () => void = () => undefined;
  #failure: unknown;
  #running: Promise<void>;

  constructor(live: LiveSeparator, end: FeedEnd) {
    this.#live = live;
    this.#end = end;
    const block = (frames: number) =>
      Array.from({ length: live.channels }, () => new Float32Array(frames));
    this.#blocks = { [SMALL]: block(SMALL), [LARGE]: block(LARGE) };
    this.#running = this.#run();
  }

  /** @throws what the separator threw, after which it must be reset */
  status(): FeedStatus {
    if (this.#failure !== undefined) throw this.#failure;
    return { ...this.#live.status(), lost: this.#lost };
  }

  /** Begins another signal, with the next frame. */
  async reset(): Promise<void> {
    if (this.#failure !== undefined) {
      this.#failure = undefined;
      this.#running = this.#run();
    }
    const done = new Promise<void>((resolve) => this.#resetting.push(resolve));
    this.#rouse();
    await done;
  }

  /** Ends it, after the block that it is at. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#rouse();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { input, arrival } = this.#end;
    let heard = performance.now();
    try {
      while (!this.#closed) {
        if (this.#resetting.length > 0) this.#restart();
        const seen = input.written;
        const waiting = (seen - this.#frame) | 0;
        if (waiting < SMALL) await Promise.race([arrival(seen), this.#roused()]);
        else await this.#take(waiting < LARGE ? SMALL : LARGE);
        if (waiting < SMALL) heard = performance.now();
        if (performance.now() - heard < DEAF) continue;
        await new Promise((resolve) => setTimeout(resolve));
        heard = performance.now();
      }
    } catch (error) {
      this.#failure = error;
    }
  }

  #roused(): Promise<void> {
    return new Promise((resolve) => {
      this.#rouse = resolve;
    });
  }

  #restart(): void {
    this.#live.reset();
    this.#lost = 0;
    for (const done of this.#resetting.splice(0)) done();
  }

  async #take(frames: typeof SMALL | typeof LARGE): Promise<void> {
    const block = this.#blocks[frames];
    this.#lost += frames - this.#end.input.read(this.#frame, block);
    this.#frame = (this.#frame + frames) | 0;
    for (const row of block) {
      if (firstUnusable(row) < 0) continue;
      for (const other of block) other.fill(0);
      this.#lost += frames;
    }
    const out = this.#live.push(block);
    const { stems } = out instanceof Promise ? await out : out;
    this.#end.deliver(targets.flatMap((target) => stems[target]));
  }
}
