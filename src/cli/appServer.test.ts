/** The server of the web app: what it gives, to whom, and how. It serves what `npm run build` has built. */
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ArgumentError } from "../errors.ts";
import { AppServer } from "./appServer.ts";

let server: AppServer;
beforeAll(async () => {
  server = await AppServer.start(0);
});
afterAll(() => server[Symbol.asyncDispose]());

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The path goes out as it is: `fetch` would mend it first. */
function ask(path: string, { method = "GET", headers = {} }: Asked = {}) {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>(
    (resolve, reject) => {
      const { port } = new URL(server.address);
      const asked = request({ host: "127.0.0.1", port, path, method, headers }, (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(parts),
          }),
        );
      });
      asked.on("error", reject);
      asked.end();
    },
  );
}

describe("the server of the app", () => {
  it("gives the page, isolated and under a strict policy", async () => {
    const { status, headers, body } = await ask("/");
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
      "x-content-type-options": "nosniff",
    });
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'self'; script-src 'self' 'wasm-unsafe-eval';");
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|\*|https?:/);
    const page = body.toString();
    expect(page).not.toMatch(/<script(?![^>]*src=)|<style|\son\w+=|https?:\/\//);
  });

  it("gives what the engine needs from where it lies in the package", async () => {
    const wasm = await ask("/engine/ort-wasm-simd-threaded.wasm", { method: "HEAD" });
    expect(wasm).toMatchObject({ status: 200, headers: { "content-type": "application/wasm" } });
    const model = await ask("/engine/models/xumx-slicq-live/model.safetensors");
    expect(model.status).toBe(200);
    expect(model.body.readBigUInt64LE(0)).toBeLessThan(1_000_000n);
  });

  it("gives nothing else", async () => {
    const paths = [
      "/../package.json",
      "/..%2fpackage.json",
      "/engine/../../package.json",
      "/engine/models/SHA256SUMS",
      "//etc/passwd",
      "/%00",
    ];
    for (const path of paths) expect((await ask(path)).status, path).toBe(404);
    expect((await ask("/", { method: "POST" })).status).toBe(405);
  });

  it("speaks only to pages that know it by its own name", async () => {
    for (const host of ["evil.example", "evil.example:80", "127.0.0.1.evil.example"]) {
      expect((await ask("/", { headers: { host } })).status, host).toBe(421);
    }
    expect((await ask("/", { headers: { host: "localhost:1" } })).status).toBe(200);
  });

  it("sends nothing twice that has not changed", async () => {
    const { headers } = await ask("/");
    const again = await ask("/", { headers: { "if-none-match": String(headers.etag) } });
    expect(again).toMatchObject({ status: 304, body: Buffer.alloc(0) });
  });

  it("a port that is taken is refused in words", async () => {
    const port = Number(new URL(server.address).port);
    const taken = AppServer.start(port);
    await expect(taken).rejects.toThrow(ArgumentError);
    await expect(taken).rejects.toThrow(`Port ${port} is taken`);
  });
});
