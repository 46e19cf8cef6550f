/** Opens live separation as a node of a page's audio graph. */
import { checkOptions, type OptionNames, shown } from "../arguments.ts";
import { ArgumentError, RuntimeError } from "../errors.ts";
import { ringMemory } from "../live/frameRing.ts";
import type { FeedLink } from "../live/liveLink.ts";
import { checkLiveOptions, liveOptionNames, type OpenLiveOptions } from "../live/openOptions.ts";
import { targets } from "../networks/index.ts";
import { hasSharedMemory } from "../runtime/index.ts";
import { SAMPLE_RATE } from "../transforms/slicqt/index.ts";
import { assetAddresses } from "./assets.ts";
import { LiveNode } from "./liveNode.ts";
import { startLiveWorker } from "./openLive.ts";
import { PROCESSOR, type SoundSetup } from "./soundMessages.ts";

/** Options of {@link openLiveNode}: those of `openLive`, except the rate, which is the context's. */
export interface OpenLiveNodeOptions extends Omit<OpenLiveOptions, "sampleRate"> {
  /**
   * Seconds by which the stems are given later than they could be known, in which they are computed, rounded up to 128 samples.
   * By default as long as a hop lasts and 512 samples more: none is late while a hop takes less time than it lasts.
   */
  readonly buffering?: number;
}

const { sampleRate: _, ...others } = liveOptionNames;
const optionNames: OptionNames<OpenLiveNodeOptions> = { ...others, buffering: true };

/** Frames that browsers compute at a time. */
const QUANTUM = 128;
/** For whatever else the processor does. */
const SPARE = 4 * QUANTUM;
const MOST_BUFFERING = 10;

/**
 * Loads a model, and makes a node of it: sound goes in, and comes out as its stems and a mix of them,
 * {@link LiveNode.latency} samples later. It is computed in a Web Worker. On pages that are isolated from other origins the
 * samples pass in shared memory, on others as messages.
 *
 * @param context of which the node is to be.
 *
 * @example
 * const context = new AudioContext();
 * const live = await openLiveNode(context, { gains: { vocals: 0 } });
 * const microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
 * context.createMediaStreamSource(microphone).connect(live.node).connect(context.destination);
 * @throws {RuntimeError} "runtime-unavailable" where there are no audio worklets; {@link LiveError} "not-live" for a model
 * that sees too far ahead; {@link WeightsError}; {@link ArgumentError}; {@link AbortError}.
 */
export async function openLiveNode(
  context: BaseAudioContext,
  options: OpenLiveNodeOptions = {},
): Promise<LiveNode> {
  checkOptions(options, optionNames, "openLiveNode");
  const { buffering, ...opening } = options;
  checkContext(context);
  const { sampleRate } = context;
  const { channels = 2, gains = {} } = opening;
  checkLiveOptions({ ...opening, sampleRate });
  checkBuffering(buffering);
  const { worklet } = assetAddresses(opening.assets);
  const [{ client, live }] = await Promise.all([
    startLiveWorker({ ...opening, sampleRate }),
    addModule(context, worklet),
  ]);
  try {
    const seconds = buffering ?? live.hop / SAMPLE_RATE + SPARE / sampleRate;
    const frames = QUANTUM * Math.max(1, Math.ceil((seconds * sampleRate) / QUANTUM));
    const node = new AudioWorkletNode(context, PROCESSOR, {
      numberOfInputs: 1,
      numberOfOutputs: 1 + targets.length,
      outputChannelCount: Array.from({ length: 1 + targets.length }, () => channels),
      ...{ channelCount: channels, channelCountMode: "explicit" },
      processorOptions: { channels, buffering: frames, gains } satisfies SoundSetup,
    });
    return await LiveNode.link(
      node,
      { client, live, buffering: frames, gains },
      links(channels, frames),
    );
  } catch (error) {
    await live.close();
    throw error;
  }
}

/** The ends of the thread of the sound and of the one that separates. */
function links(channels: number, buffering: number): readonly [sound: FeedLink, feed: FeedLink] {
  const rows = channels * targets.length;
  // Whoever is late by more than this has long been heard to be.
  const capacity = 2 * buffering + 2 ** 15;
  if (hasSharedMemory()) {
    const input = ringMemory(channels, capacity, true);
    const stems = ringMemory(rows, capacity, true);
    const link: FeedLink = { kind: "shared memory", input, stems };
    return [link, link];
  }
  const { port1, port2 } = new MessageChannel();
  const common = { kind: "messages", channels, rows, capacity } as const;
  return [
    { ...common, port: port1 },
    { ...common, port: port2 },
  ];
}

function checkContext(context: unknown): void {
  if (typeof context === "object" && context !== null && "sampleRate" in context) return;
  throw new ArgumentError(
    `context must be an AudioContext, not ${shown(context)}.`,
    "Make one: new AudioContext().",
  );
}

function checkBuffering(seconds: number | undefined): void {
  if (seconds === undefined || (seconds > 0 && seconds <= MOST_BUFFERING)) return;
  throw new ArgumentError(
    `buffering must be seconds, more than 0 and up to ${MOST_BUFFERING}, not ${shown(seconds)}.`,
  );
}

async function addModule(context: BaseAudioContext, url: URL): Promise<void> {
  const worklet: AudioWorklet | undefined = context.audioWorklet;
  if (!worklet) {
    throw new RuntimeError(
      "runtime-unavailable",
      "There are no audio worklets here.",
      "Browsers have them on secure pages alone: https, or localhost.",
    );
  }
  try {
    await worklet.addModule(url);
  } catch (cause) {
    throw new RuntimeError(
      "runtime-unavailable",
      `The worklet's module cannot be loaded from ${url.href}.`,
      'Put the package\'s folder dist/browser/assets on your site and name it: openLiveNode(context, { assets: "/assets/" }).',
      { cause },
    );
  }
}
