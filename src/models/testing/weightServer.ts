/** A server of one file that misbehaves on demand, and a published model that lies on it. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { formulaModel } from "../../testing/formulaModel.ts";
import type { PublishedModel } from "../registry.ts";

/** How a request is answered. */
export type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

/** Bytes without a pattern, the same in every run. */
export function someBytes(length: number, seed = 1): Buffer {
  let state = seed;
  return Buffer.from(
    Uint8Array.from({ length }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    }),
  );
}

/** A model of that name whose weights are these bytes. */
export function publishedAs(name: string, content: Uint8Array): PublishedModel {
  const sha256 = createHash("sha256").update(content).digest("hex");
  const { config } = formulaModel("mel-32", true);
  return {
    name,
    config: { ...config, name },
    weights: { path: `a folder/${name}.pth`, size: content.length, sha256 },
  };
}

export interface RangeOptions {
  readonly etag?: string;
  /** Closes the connection after so many bytes of the body. */
  readonly cutAfter?: number;
  /** Falls silent after so many bytes of the body. */
  readonly silentAfter?: number;
  /** Says nothing of the body's length. */
  readonly unsized?: boolean;
}

/** Serves a file as servers do, ranges included. */
export function serving(content: Buffer, options: RangeOptions = {}): Behaviour {
  const { etag, cutAfter, silentAfter, unsized } = options;
  return (request, response) => {
    const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? "");
    const condition = request.headers["if-range"];
    const partial = range !== null && (condition === undefined || condition === etag);
    const from = partial ? Number(range[1]) : 0;
    if (partial && from >= content.length) {
      response.writeHead(416, { "content-range": `bytes */${content.length}` }).end();
      return;
    }
    const body = content.subarray(from);
    response.writeHead(partial ? 206 : 200, {
      ...(unsized ? {} : { "content-length": body.length }),
      ...(etag && { etag }),
      ...(partial && {
        "content-range": `bytes ${from}-${content.length - 1}/${content.length}`,
      }),
    });
    const end = cutAfter ?? silentAfter;
    if (end === undefined) response.end(body);
    else {
      response.write(body.subarray(0, end), () => {
        // What was written must have left before the connection breaks.
        if (cutAfter !== undefined) setTimeout(() => response.destroy(), 20);
      });
    }
  };
}

export const answering =
  (status: number, headers: Record<string, string> = {}): Behaviour =>
  (_, response) => {
    response.writeHead(status, headers).end("<html>Not what you wanted</html>");
  };

/** Answers each request by the next behaviour, further ones by the last. */
export class WeightServer implements AsyncDisposable {
  readonly #server = createServer((request, response) => {
    this.requests.push(request);
    const behaviour = this.#behaviours[Math.min(this.requests.length, this.#behaviours.length) - 1];
    behaviour?.(request, response);
  });
  readonly #behaviours: readonly Behaviour[];
  /** All requests so far. */
  readonly requests: IncomingMessage[] = [];

  static async start(...behaviours: readonly Behaviour[]): Promise<WeightServer> {
    const server = new WeightServer(behaviours);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  private constructor(behaviours: readonly Behaviour[]) {
    this.#behaviours = behaviours;
  }

  /** Its address, without a slash at the end. */
  get host(): string {
    const address = this.#server.address();
    const { port }: AddressInfo =
      typeof address === "object" && address ? address : { port: 0, address: "", family: "" };
    return `http://127.0.0.1:${port}`;
  }

  /** The `Range` of every request. */
  get ranges(): (string | undefined)[] {
    return this.requests.map((request) => request.headers.range);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
