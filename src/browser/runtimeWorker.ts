/** Workers of a page, and the runtime that they are given. */
import { RuntimeError } from "../errors.ts";
import { engineThread } from "../separation/engineThreads.ts";
import type { Client } from "../threads/index.ts";
import { askWorker } from "../threads/web.ts";
import { fetchBytes } from "./fetchBytes.ts";
import type { BrowserProtocol } from "./protocol.ts";

const assetHint =
  'Put the package\'s folder dist/browser/assets on your site and name it: openSeparator({ assets: "/assets/" }).';

/** Fetches ONNX Runtime's WebAssembly. @throws {RuntimeError} "runtime-unavailable"; {@link AbortError} */
export async function fetchWasm(url: URL, signal: AbortSignal | undefined): Promise<Uint8Array> {
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

/**
 * Starts a worker of ours.
 * @param wasm ONNX Runtime's WebAssembly, if it is to run models; its address, if it perhaps needs none.
 */
export function startWorker(url: URL, wasm?: Uint8Array | string): Client<BrowserProtocol> {
  const worker = new Worker(moduleOf(url), { type: "module", name: "xumx-slicq" });
  const client = askWorker<BrowserProtocol>(worker, { ...engineThread, ending: "at once" });
  // Whatever fails here fails the start of its engine, too.
  if (wasm) client.ask("runtime", wasm).catch(() => undefined);
  return client;
}

/** Workers start from their page's own origin only; from there they may import others. */
function moduleOf(url: URL): URL {
  if (url.origin === globalThis.location?.origin) return url;
  const text = `import ${JSON.stringify(url.href)};`;
  return new URL(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
}
