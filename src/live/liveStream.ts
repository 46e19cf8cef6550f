/** A whole signal through live separation, block by block. */
import { untilAborted } from "../abort.ts";
import { checkOptions, checkSignal, type OptionNames } from "../arguments.ts";
import { type AudioBlocks, type Channels, iterated } from "../separation/audioInput.ts";
import type { LiveBlock, LiveStreamOptions } from "./liveSeparator.ts";

const streamOptions: OptionNames<LiveStreamOptions> = { signal: true };

/** What is there of live separation in any thread. */
interface Live {
  push(block: Channels): LiveBlock | Promise<LiveBlock>;
  flush(): Promise<LiveBlock>;
  reset(): void | Promise<void>;
}

/**
 * From its begin to its end: a block for every one that comes, and one more with the rest.
 * @param ended fires when the live separation is closed.
 * @throws what the separation throws; {@link AbortError}; what the source throws.
 */
export async function* liveStream(
  live: Live,
  blocks: AudioBlocks<Channels>,
  options: LiveStreamOptions,
  ended: AbortSignal,
): AsyncGenerator<LiveBlock> {
  checkOptions(options, streamOptions, "stream");
  checkSignal(options.signal);
  await live.reset();
  const signal = options.signal ? AbortSignal.any([options.signal, ended]) : ended;
  for await (const block of untilAborted(iterated(blocks), signal)) yield await live.push(block);
  yield await live.flush();
}
