/**
 * xumx-slicq as browsers get it: what runs everywhere, in workers of the page.
 *
 * ```ts
 * await using separator = await openSeparator(); // in workers of its own
 * const audio = await new AudioContext().decodeAudioData(await file.arrayBuffer());
 * const { vocals } = await separator.separate(audio); // at the buffer's rate, in its channels
 * ```
 * @module xumx-slicq
 */
/// <reference lib="esnext.disposable" preserve="true" />

export { LiveNode, type LiveNodeStatus } from "./browser/liveNode.ts";
export { openLive } from "./browser/openLive.ts";
export { type OpenLiveNodeOptions, openLiveNode } from "./browser/openLiveNode.ts";
export { openSeparator } from "./browser/openSeparator.ts";
export type { FeedStatus } from "./live/liveProtocol.ts";
export { LiveThread } from "./live/liveThread.ts";
export type { SoundStatus } from "./live/soundThread.ts";
export * from "./portable.ts";
