/** What passes between the page and the thread of the sound, in a node's processor. */
import type { StemGains } from "../live/gainMixer.ts";
import type { FeedLink } from "../live/liveLink.ts";

/** The name by which the worklet's module registers the processor, and the page asks for it. */
export const PROCESSOR = "xumx-slicq-live";

/** What a processor is told when it is made. */
export interface SoundSetup {
  readonly channels: number;
  /** Frames by which stems are given later than they could be known. */
  readonly buffering: number;
  readonly gains: StemGains;
}

/** What the page says. The scope of a worklet lacks what the protocol of threads needs: of all this, "status" is answered. */
export type SoundMessage =
  /** The first one; until then there is silence. */
  | { readonly kind: "link"; readonly link: FeedLink }
  /** The mix goes to these gains along a line of so many frames. */
  | { readonly kind: "gains"; readonly gains: StemGains; readonly frames: number }
  /** The status begins anew. */
  | { readonly kind: "restart" }
  /** Answered by a `SoundStatus`. */
  | { readonly kind: "status" }
  | { readonly kind: "end" };
