/** A separator in a browser, whose engines run in Web Workers: the page stays free, isolated from other origins or not. */
import { orAborted } from "../abort.ts";
import { shown } from "../arguments.ts";
import { ArgumentError, RuntimeError, WeightsError } from "../errors.ts";
import { defaultModel } from "../models/defaultModel.ts";
import { engineThread, inThreads } from "../separation/engineThreads.ts";
import {
  checkOpenOptions,
  type ModelSource,
  type OpenSeparatorOptions,
} from "../separation/openOptions.ts";
import { type PreparedModel, prepareModel } from "../separation/preparedModel.ts";
import { Separator } from "../separation/separator.ts";
import type { Client } from "../threads/index.ts";
import { askWorker } from "../threads/web.ts";
import { type AssetAddresses, absolute, assetAddresses, modelNames } from "./assets.ts";
import { fetchBytes } from "./fetchBytes.ts";
import type { BrowserProtocol } from "./protocol.ts";

type Loading = NonNullable<OpenSeparatorOptions["loading"]>;

/** More workers than this only cost memory. */
const MOST_WORKERS = 4;

const assetHint =
  'Put the package\'s folder dist/browser/assets on your site and name it: openSeparator({ assets: "/assets/" }).';

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
  const start = () => startWorker(addresses.worker);
  const again = preparer(model, addresses, loading?.onProgress, start);
  const [wasm, prepared] = await Promise.all([fetchWasm(addresses.wasm, signal), again(signal)]);
  const factory = inThreads(() => {
    const client = start();
    // Whatever fails here fails the engine's start, too.
    client.ask("runtime", wasm).catch(() => undefined);
    return client;
  });
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

/** What prepares a model, once and again if a worker dies. Bytes are kept as a Blob, outside of the page's memory. */
function preparer(
  model: ModelSource,
  addresses: AssetAddresses,
  onProgress: Loading["onProgress"],
  start: () => Client<BrowserProtocol>,
): (signal?: AbortSignal) => Promise<PreparedModel> {
  if (typeof model === "object" && "config" in model) return async () => prepareModel(model);
  let kept: Blob | undefined =
    model instanceof Uint8Array ? new Blob([new Uint8Array(model)]) : undefined;
  if (model instanceof Blob) kept = model;
  return async (signal) => {
    if (!kept) {
      if (typeof model !== "string" && !(model instanceof URL)) throw noModel(model);
      kept = new Blob([await fetchModel(addressOf(model, addresses), signal, onProgress)]);
    }
    const bytes = new Uint8Array(await kept.arrayBuffer());
    await using client = start();
    return await client.ask("prepare", bytes, { move: [bytes], signal });
  };
}

/** The address of a model by its name, or as it is given. */
function addressOf(model: string | URL, addresses: AssetAddresses): URL {
  if (model instanceof URL) return model;
  const address = addresses.model(model);
  if (address) return address;
  if (model.includes("/")) return absolute(model);
  throw new WeightsError(
    "weights-missing",
    `There is no model ${JSON.stringify(model)} by name.`,
    `Give an address, bytes, or one of the models: ${modelNames.join(", ")}.`,
  );
}

function noModel(model: unknown): ArgumentError {
  return new ArgumentError(
    `model must be a name, an address, bytes or a Model, not ${shown(model)}.`,
  );
}

function fetchModel(
  url: URL,
  signal: AbortSignal | undefined,
  onProgress: Loading["onProgress"],
): Promise<Uint8Array<ArrayBuffer>> {
  const failed = (reason: string, cause?: unknown) =>
    new WeightsError(
      "download-failed",
      `The model cannot be fetched from ${url.href}: ${reason}.`,
      'Put the models on your site and name their folder, openSeparator({ assets: "/assets/" }), or give one\'s address.',
      { cause },
    );
  return fetchBytes(url, {
    ...{ signal, failed },
    onProgress: ({ received, total }) => {
      if (total) onProgress?.({ kind: "progress", received, total });
    },
  });
}

async function fetchWasm(url: URL, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const failed = (reason: string, cause?: unknown) =>
    new RuntimeError(
      "runtime-unavailable",
      `ONNX Runtime's WebAssembly cannot be fetched from ${url.href}: ${reason}.`,
      assetHint,
      { cause },
    );
  const bytes = await fetchBytes(url, { signal, failed });
  // Servers of single pages answer with the page whatever they are asked for.
  if (bytes[0] !== 0 || bytes[1] !== 0x61) throw failed("what lies there is no WebAssembly");
  return bytes;
}

function startWorker(url: URL): Client<BrowserProtocol> {
  const worker = new Worker(moduleOf(url), { type: "module", name: "xumx-slicq" });
  return askWorker<BrowserProtocol>(worker, { ...engineThread, ending: "at once" });
}

/** Workers start from their page's own origin only; from there they may import others. */
function moduleOf(url: URL): URL {
  if (url.origin === globalThis.location?.origin) return url;
  const text = `import ${JSON.stringify(url.href)};`;
  return new URL(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
}
