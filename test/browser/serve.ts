/** Serves folders to a browser on this machine, as a strict site would. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const types: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

export interface Site extends AsyncDisposable {
  readonly origin: string;
}

/**
 * @param folders what lies below which path; the longest path that fits is taken.
 * @param isolated whether pages are isolated from other origins, so that memory may be shared.
 */
export async function serve(
  folders: Readonly<Record<string, string>>,
  isolated: boolean,
): Promise<Site> {
  const prefixes = Object.keys(folders).sort((a, b) => b.length - a.length);
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://site").pathname);
    const prefix = prefixes.find((start) => path.startsWith(start)) ?? "/";
    const file = join(folders[prefix], path === "/" ? "index.html" : path.slice(prefix.length));
    response.setHeader(
      "content-security-policy",
      "default-src 'self'; img-src 'self' data:; script-src 'self' 'wasm-unsafe-eval'",
    );
    if (isolated) {
      response.setHeader("cross-origin-opener-policy", "same-origin");
      response.setHeader("cross-origin-embedder-policy", "require-corp");
    }
    try {
      const bytes = await readFile(file);
      response.setHeader("content-type", types[extname(file)] ?? "application/octet-stream");
      response.end(bytes);
    } catch {
      response.statusCode = 404;
      response.end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port }: AddressInfo = Object(server.address());
  return {
    origin: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
