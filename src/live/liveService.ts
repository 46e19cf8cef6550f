/** The serving side of {@link LiveProtocol}: one live separator, in whatever kind of thread. */
import { RuntimeError } from "../errors.ts";
import { type Importer, loadRuntime } from "../runtime/index.ts";
import type { Service } from "../threads/index.ts";
import { LiveFeed } from "./liveFeed.ts";
import { feedEnd } from "./liveLink.ts";
import type { LiveAnswer, LiveProtocol } from "./liveProtocol.ts";
import type { LiveBlock, LiveSeparator } from "./liveSeparator.ts";
import { startLive } from "./openOptions.ts";

/**
 * Live separation that is still to be opened.
 * @param importer finds the runtime where packages cannot be imported by their names.
 */
export function liveService(importer?: Importer): Service<LiveProtocol> {
  let live: LiveSeparator | undefined;
  let feed: LiveFeed | undefined;
  const opened = () => {
    if (!live) throw new RuntimeError("runtime-failed", "Live separation was not opened.");
    return live;
  };
  const fed = () => {
    if (!feed) throw new RuntimeError("runtime-failed", "Live separation is not fed.");
    return feed;
  };
  const answer = (block: LiveBlock): LiveAnswer => ({ block, status: opened().status() });
  return {
    handlers: {
      async openLive({ model, options }) {
        live = await startLive(model, options, () => loadRuntime(options.runtime, importer));
        const { latency, hop, modelName, licence } = live;
        return { latency, hop, modelName, licence, runtime: live.runtime };
      },
      push: async (block) => answer(await opened().push(block)),
      flush: async () => answer(await opened().flush()),
      setGains({ gains, seconds }) {
        opened().setGains(gains, seconds);
        return undefined;
      },
      async restart() {
        if (feed) await feed.reset();
        else opened().reset();
        return undefined;
      },
      feed(link) {
        feed = new LiveFeed(opened(), feedEnd(link));
        return undefined;
      },
      feedStatus: () => fed().status(),
    },
    async close() {
      await feed?.close();
      await live?.close();
    },
  };
}
