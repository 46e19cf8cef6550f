/** A separator in a browser, whose engines run in Web Workers: the page stays free, isolated from other origins or not. */
import { orAborted } from "../abort.ts";
import { defaultModel } from "../models/defaultModel.ts";
import { inThreads } from "../separation/engineThreads.ts";
import { checkOpenOptions, type OpenSeparatorOptions } from "../separation/openOptions.ts";
import { Separator } from "../separation/separator.ts";
import { assetAddresses } from "./assets.ts";
import { preparer } from "./modelSource.ts";
import { fetchWasm, startWorker } from "./runtimeWorker.ts";

/** More workers than this only cost memory. */
const MOST_WORKERS = 4;

/**
 * Loads a model and starts a separator whose engines run in Web Workers, up to four, on the processor.
 *
 * @example
 * const separator = await openSeparator({ model: "xumx-slicq-realtime" });
 * const { vocals } = await separator.separate(await new AudioContext().decodeAudioData(bytes));
 * @throws {WeightsError} if the model cannot be fetched or is not what it should be; {@link RuntimeError} if workers or
 * WebAssembly cannot; {@link ArgumentError}; {@link AbortError}.
 */
export async function openSeparator(options: OpenSeparatorOptions = {}): Promise<Separator> {
  const { model = defaultModel, loading, assets, threads, ...others } = checkOpenOptions(options);
  const signal = loading?.signal;
  const addresses = assetAddresses(assets);
  const again = preparer(model, addresses, loading?.onProgress);
  const [wasm, prepared] = await Promise.all([fetchWasm(addresses.wasm, signal), again(signal)]);
  const factory = inThreads(() => startWorker(addresses.worker, wasm));
  const workers = Math.min(MOST_WORKERS, threads ?? MOST_WORKERS);
  const setup = { runtime: "wasm", ...others, threads: workers } as const;
  const starting = Separator.start(prepared, () => again(), setup, factory);
  try {
    return await orAborted(starting, signal);
  } catch (error) {
    void starting.then((separator) => separator.close()).catch(() => undefined);
    throw error;
  }
}
