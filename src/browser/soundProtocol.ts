/** What passes between the page and the thread of the sound, in a node's processor. */
import type { StemGains } from "../live/gainMixer.ts";
import type { FeedLink } from "../live/liveLink.ts";
import type { SoundStatus } from "../live/soundThread.ts";

/** The name by which the worklet's module registers the processor, and the page asks for it. */
export const PROCESSOR = "xumx-slicq-live";

/** What a processor is told when it is made. */
export interface SoundSetup {
  readonly channels: number;
  /** Frames by which stems are given later than they could be known. */
  readonly buffering: number;
  readonly gains: StemGains;
}

/** It is silent until it is linked. */
export interface SoundProtocol {
  readonly link: { readonly request: FeedLink; readonly answer: undefined };
  /** Changes gains of the mix along a line of so many frames. */
  readonly setGains: {
    readonly request: { readonly gains: StemGains; readonly frames: number };
    readonly answer: undefined;
  };
  readonly status: { readonly request: undefined; readonly answer: SoundStatus };
  /** Has the status begin anew. */
  readonly restart: { readonly request: undefined; readonly answer: undefined };
}
