/** Serves the web app to browsers of this machine, and to no one else. */
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { ArgumentError } from "../errors.ts";
import { systemCode } from "../files/index.ts";
import { type AppFiles, appFiles, contentType } from "./appFiles.ts";

/** This machine's own address: others cannot reach it. */
const HOST = "127.0.0.1";

/** Names in which only the file's content stands: what is kept under them never changes. */
const hashed = /^\/assets\/.*-[\w-]{8}\.\w+$/;

/** The app's site. */
export class AppServer implements AsyncDisposable {
  readonly #app: AppFiles;
  readonly #server: Server;

  /**
   * Begins to listen.
   * @param port 0: any that is free
   * @throws {FileError} "not-found" if the app has not been built; {@link ArgumentError} if the port is taken or may not be
   * had.
   */
  static async start(port: number): Promise<AppServer> {
    const app = new AppServer(appFiles());
    app.#server.listen(port, HOST);
    try {
      await once(app.#server, "listening");
    } catch (cause) {
      const code = systemCode(cause) ?? String(cause);
      const taken =
        code === "EADDRINUSE" ? "is taken by another program" : `cannot be had (${code})`;
      throw new ArgumentError(`Port ${port} ${taken}.`, "Name another one: --port 0 takes any.");
    }
    return app;
  }

  private constructor(app: AppFiles) {
    this.#app = app;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  /** `http://127.0.0.1:port/`. */
  get address(): string {
    const bound = this.#server.address();
    return typeof bound === "object" && bound !== null ? `http://${HOST}:${bound.port}/` : "";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(this.#app.headers)) response.setHeader(name, value);
    // A name that leads here from elsewhere is another site's, which could look at what pages of this one may.
    if (!isOwnName(request.headers.host)) return refuse(response, 421);
    if (request.method !== "GET" && request.method !== "HEAD") return refuse(response, 405);
    const path = (request.url ?? "/").split(/[?#]/, 1)[0];
    const file = this.#app.files.get(path);
    if (file === undefined) return refuse(response, 404);
    const { size, mtimeMs } = await stat(file);
    const tag = `"${size.toString(36)}-${Math.floor(mtimeMs).toString(36)}"`;
    response.setHeader("etag", tag);
    response.setHeader(
      "cache-control",
      hashed.test(path) ? "max-age=31536000, immutable" : "no-cache",
    );
    if (request.headers["if-none-match"] === tag) {
      response.writeHead(304).end();
      return;
    }
    response.setHeader("content-type", contentType(file));
    response.setHeader("content-length", size);
    if (request.method === "HEAD") response.end();
    else await pipeline(createReadStream(file), response);
  }
}

function isOwnName(host: string | undefined): boolean {
  return /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host ?? "");
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { "content-type": "text/plain" }).end(`${status}\n`);
}
