/** Live separation in a browser: one Web Worker, which also hears from the thread of the sound, if there is to be one. */
import { orAborted } from "../abort.ts";
import { LiveThread } from "../live/liveThread.ts";
import { checkLiveOptions, defaultLiveModel, type OpenLiveOptions } from "../live/openOptions.ts";
import type { Client } from "../threads/index.ts";
import { assetAddresses } from "./assets.ts";
import { preparer } from "./modelSource.ts";
import type { BrowserProtocol } from "./protocol.ts";
import { startWorker } from "./runtimeWorker.ts";

/** A worker that separates live, and the page's hold of it. */
export interface LiveWorker {
  readonly client: Client<BrowserProtocol>;
  readonly live: LiveThread;
}

/**
 * Loads a model for live separation in a Web Worker.
 *
 * @example
 * await using live = await openLive({ sampleRate: 48000, gains: { vocals: 0 } });
 * const { mix, stems } = await live.push([left, right]); // as many samples as came
 * @throws {LiveError} "not-live" for a model that sees too far ahead; as {@link openSeparator}.
 */
export async function openLive(options: OpenLiveOptions = {}): Promise<LiveThread> {
  checkLiveOptions(options);
  const { live } = await startLiveWorker(options);
  return live;
}

/** As {@link openLive}, of options that have been checked. */
export async function startLiveWorker(options: OpenLiveOptions): Promise<LiveWorker> {
  const { model = defaultLiveModel, loading, assets, ...others } = options;
  const signal = loading?.signal;
  const addresses = assetAddresses(assets);
  const prepare = preparer(model, addresses, loading?.onProgress);
  const prepared = await prepare(signal);
  // Live networks do without ONNX Runtime: it is fetched by whoever does not.
  const client = startWorker(addresses.worker, addresses.wasm.href);
  try {
    const opening = LiveThread.open(client, prepared, others);
    return { client, live: await orAborted(opening, signal) };
  } catch (error) {
    await client.close();
    throw error;
  }
}
