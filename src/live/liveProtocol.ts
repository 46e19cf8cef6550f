/** What passes between a program and the thread that separates live for it. */
import type { PreparedModel } from "../separation/preparedModel.ts";
import type { StemGains } from "./gainMixer.ts";
import type { FeedLink } from "./liveLink.ts";
import type { LiveBlock, LiveRuntimeReport, LiveStatus } from "./liveSeparator.ts";
import type { LiveOptions } from "./openOptions.ts";

/** What is fixed when live separation is opened. */
export interface LiveFacts {
  readonly latency: number;
  readonly hop: number;
  readonly modelName: string;
  readonly licence: string | undefined;
  readonly runtime: LiveRuntimeReport;
}

/** A block, and how it gets on. */
export interface LiveAnswer {
  readonly block: LiveBlock;
  readonly status: LiveStatus;
}

/** How a feed gets on. */
export interface FeedStatus extends LiveStatus {
  /** Frames of the input that were taken as silence: they came too fast for too long, or were no numbers. */
  readonly lost: number;
}

/** The first request is "openLive"; then the program pushes blocks, or links a feed, from which blocks are then taken. */
export interface LiveProtocol {
  readonly openLive: {
    readonly request: { readonly model: PreparedModel; readonly options: LiveOptions };
    readonly answer: LiveFacts;
  };
  readonly push: { readonly request: readonly Float32Array[]; readonly answer: LiveAnswer };
  readonly flush: { readonly request: undefined; readonly answer: LiveAnswer };
  readonly setGains: {
    readonly request: { readonly gains: StemGains; readonly seconds: number };
    readonly answer: undefined;
  };
  readonly restart: { readonly request: undefined; readonly answer: undefined };
  readonly feed: { readonly request: FeedLink; readonly answer: undefined };
  readonly feedStatus: { readonly request: undefined; readonly answer: FeedStatus };
}
