/** One request for a file over HTTP, from a byte on: redirects and proxies followed, refusals and stalls told apart. */
import type { Dispatcher } from "undici";

/** Why a file did not come, and whether the same request may succeed later. */
export class TransferFailure extends Error {
  readonly again: boolean;
  /** How long the server asks to wait, in seconds. */
  readonly wait: number | undefined;

  constructor(message: string, again: boolean, options: ErrorOptions & { wait?: number } = {}) {
    super(message, options);
    this.again = again;
    this.wait = options.wait;
  }
}

/** The server has no such rest of the file as was asked for: it must come whole. */
export class RangeFailure extends TransferFailure {}

export interface FileRequest {
  readonly url: URL;
  /** First byte wanted. */
  readonly from: number;
  /** The version of which bytes are at hand: if it is known and not the server's, the whole file comes. */
  readonly etag: string | undefined;
  /** Seconds without a byte, or an answer, after which the connection is given up. */
  readonly stallSeconds: number;
  readonly signal: AbortSignal | undefined;
}

/** A file on its way. */
export interface FileReply {
  /** Position of the first byte that comes: the one asked for, or 0. */
  readonly from: number;
  /** Size of the whole file, if the server says it. */
  readonly total: number | undefined;
  /** The file's version, if the server tells versions apart. */
  readonly etag: string | undefined;
  /** The bytes. @throws TransferFailure */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Redirects that are followed. */
const mostRedirects = 10;
/** What a busy or broken server answers. */
const passing: readonly number[] = [408, 425, 429, 500, 502, 503, 504];
/** What will not change within seconds: names, addresses, ports. Other failures of a connection may. */
const lasting = ["ENOTFOUND", "ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH"];

/** Asks for files, through the proxies that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name. Close it when done. */
export class FileClient implements AsyncDisposable {
  readonly #request: typeof import("undici").request;
  readonly #dispatcher: Dispatcher;

  /** @throws TransferFailure if a proxy's address is none. */
  static async open(): Promise<FileClient> {
    // Loaded when something is fetched, which is rare.
    const { EnvHttpProxyAgent, request } = await import("undici");
    try {
      return new FileClient(request, new EnvHttpProxyAgent());
    } catch (cause) {
      throw new TransferFailure(
        "HTTP_PROXY or HTTPS_PROXY is no address such as http://proxy:3128",
        false,
        { cause },
      );
    }
  }

  private constructor(request: typeof import("undici").request, dispatcher: Dispatcher) {
    this.#request = request;
    this.#dispatcher = dispatcher;
  }

  /**
   * Asks for a file and waits for the answer's head.
   * @throws TransferFailure; the signal's reason if it fires.
   */
  async get({ url, from, etag, stallSeconds, signal }: FileRequest): Promise<FileReply> {
    const watch = new StallWatch(stallSeconds, signal);
    try {
      const headers = {
        "accept-encoding": "identity",
        "user-agent": "xumx-slicq",
        ...(from > 0 && { range: `bytes=${from}-` }),
        ...(from > 0 && etag && { "if-range": etag }),
      };
      const { headers: found, statusCode, body } = await this.#follow(url, headers, watch);
      const head = readHead(statusCode, found);
      if (text(found["content-type"])?.startsWith("text/html")) {
        await body.dump();
        throw new TransferFailure("a web page came instead of a file, perhaps to log in", false);
      }
      if (head.from !== 0 && head.from !== from) {
        await body.dump();
        throw new RangeFailure("the server sends another part than was asked for", true);
      }
      return { ...head, body: watch.over(body) };
    } catch (error) {
      watch.end();
      throw watch.failure(error);
    }
  }

  async #follow(url: URL, headers: Record<string, string>, watch: StallWatch) {
    let at = url;
    for (let hops = 0; hops <= mostRedirects; hops++) {
      const answer = await this.#request(at, {
        dispatcher: this.#dispatcher,
        headers,
        signal: watch.signal,
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      const { statusCode, body } = answer;
      if (statusCode === 200 || statusCode === 206) return answer;
      const { location, "retry-after": retryAfter } = answer.headers;
      await body.dump();
      if (statusCode < 300 || statusCode >= 400 || location === undefined) {
        throw refusal(statusCode, at, text(retryAfter));
      }
      at = nextAddress(at, text(location));
    }
    throw new TransferFailure(`more than ${mostRedirects} redirects`, false);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dispatcher.destroy();
  }
}

/** Where a redirect leads. @throws TransferFailure */
export function nextAddress(at: URL, location: string | undefined): URL {
  const next = URL.canParse(location ?? "", at) ? new URL(location ?? "", at) : undefined;
  if (next?.protocol !== "https:" && next?.protocol !== "http:") {
    throw new TransferFailure(`a redirect to ${JSON.stringify(location)}`, false);
  }
  if (at.protocol === "https:" && next.protocol === "http:") {
    throw new TransferFailure(`a redirect from https to ${next.origin}, which is not safe`, false);
  }
  return next;
}

function refusal(status: number, url: URL, retryAfter: string | undefined): TransferFailure {
  if (status === 416) return new RangeFailure(`${url.host} has no such part of the file`, true);
  const seconds = Number(retryAfter);
  return new TransferFailure(`${url.host} answers ${status}`, passing.includes(status), {
    ...(retryAfter && Number.isFinite(seconds) && { wait: seconds }),
  });
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

function readHead(status: number, headers: Headers): Omit<FileReply, "body"> {
  const version = text(headers.etag);
  // Weak ones do not promise the same bytes.
  const etag = version?.startsWith("W/") ? undefined : version;
  if (status === 206) {
    const [, from, total] =
      /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(text(headers["content-range"]) ?? "") ?? [];
    return { from: Number(from), total: total === "*" ? undefined : Number(total), etag };
  }
  const length = text(headers["content-length"]);
  return { from: 0, total: length === undefined ? undefined : Number(length), etag };
}

function text(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

/** Ends a connection on which nothing comes, or when the caller's signal fires. */
class StallWatch {
  readonly signal: AbortSignal;
  readonly #stall = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #seconds: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(seconds: number, outer: AbortSignal | undefined) {
    this.#seconds = seconds;
    this.#outer = outer;
    this.signal = outer ? AbortSignal.any([outer, this.#stall.signal]) : this.#stall.signal;
    this.#restart();
  }

  #restart(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#stall.abort(), this.#seconds * 1e3);
  }

  /** The chunks of a body, each of which starts the wait anew. */
  async *over(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of body) {
        this.#restart();
        yield chunk;
      }
    } catch (error) {
      throw this.failure(error);
    } finally {
      this.end();
    }
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  /** What an error means, which may have come of the stall or of the caller's signal. */
  failure(error: unknown): unknown {
    if (error instanceof TransferFailure) return error;
    if (this.#outer?.aborted) return this.#outer.reason;
    if (this.#stall.signal.aborted) {
      return new TransferFailure(`nothing came for ${this.#seconds} s`, true, { cause: error });
    }
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const untrusted = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/.test(code);
    // Some errors have no message but their code.
    const reason = message || code || "the connection failed";
    return new TransferFailure(reason, !lasting.includes(code) && !untrusted, { cause: error });
  }
}
