/** A separator in a browser, whose engines run in Web Workers: the page stays free, isolated from other origins or not. */
import { orAborted } from "../abort.ts";
import { defaultModel } from "../models/defaultModel.ts";
import { chosenDevice } from "../runtime/index.ts";
import { inThreads } from "../separation/engineThreads.ts";
import { checkOpenOptions, type OpenSeparatorOptions } from "../separation/openOptions.ts";
import { Separator } from "../separation/separator.ts";
import { assetAddresses } from "./assets.ts";
import { checkGpu } from "./gpu.ts";
import { preparer } from "./modelSource.ts";
import { fetchWasm, startWorker } from "./runtimeWorker.ts";

/** More workers than this only cost memory. */
const MOST_WORKERS = 4;

/**
 * Loads a model and starts a separator whose engines run in Web Workers: up to four on the processor, or one with the
 * network on a GPU by `device: "webgpu"`. What that needs is fetched only then, and it must first compute the very model as
 * the processor does.
 *
 * @example
 * const separator = await openSeparator({ model: "xumx-slicq-realtime" });
 * const { vocals } = await separator.separate(await new AudioContext().decodeAudioData(bytes));
 * @throws {WeightsError} if the model cannot be fetched or is not what it should be; {@link RuntimeError} if workers or
 * WebAssembly cannot ("runtime-unavailable"), or the GPU cannot or computes wrongly ("device-unavailable": use the device
 * cpu); {@link ArgumentError}; {@link AbortError}.
 */
export async function openSeparator(options: OpenSeparatorOptions = {}): Promise<Separator> {
  const { model = defaultModel, loading, assets, threads, ...others } = checkOpenOptions(options);
  const signal = loading?.signal;
  const addresses = assetAddresses(assets);
  const gpu = chosenDevice(options.device) === "webgpu";
  if (gpu) await checkGpu();
  const place = gpu ? { worker: addresses.gpuWorker, wasm: addresses.gpuWasm } : addresses;
  const again = preparer(model, { ...addresses, ...place }, loading?.onProgress);
  const [wasm, prepared] = await bothInOrder(fetchWasm(place.wasm, signal), again(signal));
  const factory = inThreads(() => startWorker(place.worker, wasm));
  const workers = gpu ? 1 : Math.min(MOST_WORKERS, threads ?? MOST_WORKERS);
  const setup = { runtime: "wasm", ...others, threads: workers } as const;
  const starting = Separator.start(prepared, () => again(), setup, factory);
  try {
    return await orAborted(starting, signal);
  } catch (error) {
    void starting.then((separator) => separator.close()).catch(() => undefined);
    throw error;
  }
}

/** Both results; where both fail, always the first one's failure: of a folder that is not there, users read one thing. */
async function bothInOrder<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  second.catch(() => undefined);
  return [await first, await second];
}
