/** A server of songs by https on loopback, whose certificate this process trusts while it runs. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { RequestListener } from "node:http";
import { createServer, globalAgent, type Server } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whether certificates can be made here. */
export const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

export class WebServer implements AsyncDisposable {
  readonly #server: Server;

  static async start(answer: RequestListener): Promise<WebServer> {
    const { key, cert } = certificate();
    globalAgent.options.ca = cert;
    const server = createServer({ key, cert }, answer).listen(0, "127.0.0.1");
    await once(server, "listening");
    return new WebServer(server);
  }

  private constructor(server: Server) {
    this.#server = server;
  }

  get origin(): string {
    const address = this.#server.address();
    return `https://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    delete globalAgent.options.ca;
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

function certificate(): { readonly key: string; readonly cert: string } {
  const folder = mkdtempSync(join(tmpdir(), "xumx-web-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  spawnSync("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
    ...["-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost"],
    ...["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
  ]);
  const made = { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
  rmSync(folder, { recursive: true });
  return made;
}
