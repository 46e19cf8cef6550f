/** A worker's state over HTTP, for those who watch over it: `/health`, and `/metrics` for Prometheus. */
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import { ArgumentError, JobError } from "../errors.ts";
import { systemCode } from "../files/index.ts";
import type { SongWorker, WorkerEvent } from "./worker.ts";
import { WorkerMetrics } from "./workerMetrics.ts";

/** Where the pages are. */
export interface StatusOptions {
  /** This machine alone by default: "127.0.0.1". */
  readonly host?: string;
  /** 9464 by default; 0: any that is free. */
  readonly port?: number;
}

/** The pages of one worker. `/health` says 200 while the queue answers, and 503 while it does not. */
export class StatusServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #metrics: WorkerMetrics;
  #worker: SongWorker | undefined;

  /**
   * Begins to listen. The worker comes later ({@link watch}); its events are told by {@link note}.
   * @throws {JobError} "package-missing"; {@link ArgumentError} if the port is taken or may not be had.
   */
  static async start({
    host = "127.0.0.1",
    port = 9464,
  }: StatusOptions = {}): Promise<StatusServer> {
    const status = new StatusServer(await WorkerMetrics.create());
    const server = status.#server;
    server.listen(port, host);
    try {
      await once(server, "listening");
    } catch (cause) {
      throw new ArgumentError(
        `${host}:${port} cannot be listened at (${systemCode(cause) ?? String(cause)}).`,
        "Name another place by --http, or leave the pages out by --no-http.",
      );
    }
    return status;
  }

  private constructor(metrics: WorkerMetrics) {
    this.#metrics = metrics;
    this.#server = createServer(({ url = "/" }, response) => {
      this.#answer(url.split("?")[0], response).catch(() => response.destroy());
    });
  }

  /** `http://host:port`. */
  get address(): string {
    const bound = this.#server.address();
    if (typeof bound !== "object" || bound === null) return "";
    const host = bound.family === "IPv6" ? `[${bound.address}]` : bound.address;
    return `http://${host}:${bound.port}`;
  }

  /** The worker whose state is told. */
  watch(worker: SongWorker): void {
    this.#worker = worker;
  }

  /** Counts what happens at the worker. */
  note(event: WorkerEvent): void {
    this.#metrics.note(event);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(path: string, response: ServerResponse): Promise<void> {
    const worker = this.#worker;
    if (path === "/health") {
      const connected = worker?.isConnected === true;
      const state = { connected, worker: worker?.name, songs: worker?.atWork ?? [] };
      return send(response, connected ? 200 : 503, "application/json", JSON.stringify(state));
    }
    if (path === "/metrics") {
      // What the queue cannot tell now is left out: that is what the alert is for.
      const counts = worker?.isConnected ? await worker.counts().catch(failed) : undefined;
      const { type, text } = await this.#metrics.page(counts, worker?.atWork.length ?? 0);
      return send(response, 200, type, text);
    }
    send(response, 404, "text/plain", "/health and /metrics are here.\n");
  }
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(text);
}

function failed(error: unknown): undefined {
  if (error instanceof JobError) return undefined;
  throw error;
}
