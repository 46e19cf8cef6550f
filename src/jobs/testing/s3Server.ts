/**
 * An S3 server on loopback, in memory: what the AWS client asks of a store for objects, listings and uploads in parts, and
 * on demand the ways in which stores fail. The servers of the npm registry are no longer kept, or need a newer Node.
 */
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { crc32 } from "node:zlib";

/** How a request fails: refused before it was done, refused although it was done, cut off, kept waiting, not allowed. */
export type Fault = "500" | "503" | "500-after" | "cut" | "slow" | "denied";

export interface StoredObject {
  readonly body: Buffer;
  readonly etag: string;
}

interface Upload {
  readonly key: string;
  readonly parts: Map<number, StoredObject>;
}

/** A request as a fault is chosen by it. */
export interface Asked {
  readonly method: string;
  /** Bucket and key. */
  readonly path: string;
  readonly query: URLSearchParams;
}

const xml = (inner: string) => `<?xml version="1.0" encoding="UTF-8"?>\n${inner}`;
const plain = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

export class S3Server implements AsyncDisposable {
  /** By bucket and key, "bucket/key". */
  readonly objects = new Map<string, StoredObject>();
  readonly uploads = new Map<string, Upload>();
  /** Which requests fail, and how; none by default. */
  fault: (asked: Asked) => Fault | undefined = () => undefined;
  /** Requests so far, by method. */
  readonly requests = new Map<string, number>();
  /** Bytes that came and went. */
  readonly traffic = { in: 0, out: 0 };
  readonly #buckets = new Set<string>();
  readonly #server: Server;

  static async start(buckets: readonly string[], port = 0): Promise<S3Server> {
    const server = new S3Server(buckets);
    server.#server.listen(port, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  private constructor(buckets: readonly string[]) {
    for (const bucket of buckets) this.#buckets.add(bucket);
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        response.destroy(error instanceof Error ? error : undefined);
      });
    });
  }

  get endpoint(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${isAddress(address) ? address.port : 0}`;
  }

  /** Puts an object there, as if it had always been. */
  put(path: string, body: Buffer): void {
    this.objects.set(path, stored(body));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", headers } = request;
    const url = new URL(request.url ?? "/", "http://store");
    const path = decodeURIComponent(url.pathname).slice(1);
    this.requests.set(method, (this.requests.get(method) ?? 0) + 1);
    const parts: Buffer[] = [];
    for await (const chunk of request) parts.push(chunk);
    const body = Buffer.concat(parts);
    this.traffic.in += body.length;
    const fault = this.fault({ method, path, query: url.searchParams });
    if (fault === "slow") await new Promise((resolve) => setTimeout(resolve, 300));
    if (fault === "denied" || !headers.authorization?.startsWith("AWS4-HMAC-SHA256")) {
      return refuse(response, 403, "ExpiredToken", "The provided token has expired.");
    }
    if (fault === "500") return refuse(response, 500, "InternalError", "We made an error.");
    if (fault === "503") return refuse(response, 503, "SlowDown", "Reduce your request rate.");
    if (!this.#buckets.has(path.split("/")[0])) {
      return refuse(response, 404, "NoSuchBucket", "There is no such bucket.");
    }
    const told = headers["x-amz-checksum-crc32"];
    if (told !== undefined && told !== crcOf(body)) {
      return refuse(response, 400, "BadDigest", "The bytes are not those that were sent.");
    }
    const answer = this.#answer(method, path, url.searchParams, headers, body);
    if (fault === "500-after") return refuse(response, 500, "InternalError", "We made an error.");
    const { status, text = "" } = answer;
    const sent = answer.body ?? Buffer.from(text);
    this.traffic.out += sent.length;
    response.writeHead(status, {
      "content-type": "application/xml",
      "content-length": sent.length,
      ...answer.headers,
    });
    if (method === "HEAD") return void response.end();
    if (fault === "cut" && sent.length > 1) {
      response.write(sent.subarray(0, sent.length >> 1), () => response.destroy());
      return;
    }
    response.end(sent);
  }

  #answer(
    method: string,
    path: string,
    query: URLSearchParams,
    headers: IncomingMessage["headers"],
    body: Buffer,
  ): Answer {
    const bucket = path.split("/")[0];
    const isBucket = path === bucket || path === `${bucket}/`;
    const id = query.get("uploadId") ?? "";
    if (method === "GET" && query.has("uploads")) return this.#listUploads(bucket, query);
    if (method === "GET" && isBucket) return this.#list(bucket, query);
    if (method === "POST" && query.has("uploads")) {
      const upload = randomUUID();
      this.uploads.set(upload, { key: path, parts: new Map() });
      const inner = `<UploadId>${upload}</UploadId>`;
      return ok(`<InitiateMultipartUploadResult>${inner}</InitiateMultipartUploadResult>`);
    }
    if (id !== "") {
      const upload = this.uploads.get(id);
      if (upload?.key !== path) return error(404, "NoSuchUpload");
      if (method === "DELETE") {
        this.uploads.delete(id);
        return { status: 204 };
      }
      if (method === "PUT") {
        const part = stored(body);
        upload.parts.set(Number(query.get("partNumber")), part);
        return { status: 200, headers: { etag: part.etag } };
      }
      return this.#complete(id, upload, body.toString("utf8"));
    }
    if (method === "PUT") {
      const object = stored(body);
      this.objects.set(path, object);
      return { status: 200, headers: { etag: object.etag } };
    }
    if (method === "DELETE") {
      this.objects.delete(path);
      return { status: 204 };
    }
    return this.#read(path, headers);
  }

  #complete(id: string, upload: Upload, text: string): Answer {
    const named = [...text.matchAll(/<Part>([\s\S]*?)<\/Part>/g)].map(([, inner]) => ({
      number: Number(/<PartNumber>(\d+)</.exec(inner)?.[1]),
      etag: /<ETag>(.*?)</.exec(inner)?.[1].replaceAll("&quot;", '"'),
    }));
    const parts = named.map(({ number, etag }) => {
      const part = upload.parts.get(number);
      return part?.etag === etag ? part : undefined;
    });
    const inOrder = named.every(({ number }, i) => number === i + 1);
    const whole = parts.filter((part) => part !== undefined);
    if (!inOrder || whole.length < parts.length || whole.length === 0)
      return error(400, "InvalidPart");
    const object = stored(Buffer.concat(whole.map(({ body }) => body)));
    const etag = `${object.etag.slice(0, -1)}-${whole.length}"`;
    this.objects.set(upload.key, { body: object.body, etag });
    this.uploads.delete(id);
    const inner = `<ETag>${plain(etag)}</ETag>`;
    return ok(`<CompleteMultipartUploadResult>${inner}</CompleteMultipartUploadResult>`);
  }

  #read(path: string, headers: IncomingMessage["headers"]): Answer {
    const object = this.objects.get(path);
    if (!object) return error(404, "NoSuchKey");
    const { body, etag } = object;
    const wanted = headers["if-match"];
    if (wanted !== undefined && wanted !== etag) return error(412, "PreconditionFailed");
    const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0);
    const range = { "content-range": `bytes ${from}-${body.length - 1}/${body.length}` };
    return {
      status: from > 0 ? 206 : 200,
      headers: { etag, "content-type": "application/octet-stream", ...(from > 0 && range) },
      body: body.subarray(from),
    };
  }

  #list(bucket: string, query: URLSearchParams): Answer {
    const prefix = `${bucket}/${query.get("prefix") ?? ""}`;
    const most = Math.min(1000, Number(query.get("max-keys") ?? 1000));
    const after = query.get("continuation-token") ?? "";
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
    const left = keys.filter((key) => key > after);
    const page = left.slice(0, most);
    const contents = page.map((key) => {
      const { body, etag } = this.objects.get(key) ?? stored(Buffer.alloc(0));
      const name = plain(key.slice(bucket.length + 1));
      return `<Contents><Key>${name}</Key><ETag>${plain(etag)}</ETag><Size>${body.length}</Size></Contents>`;
    });
    const more = left.length > page.length;
    const token = more
      ? `<NextContinuationToken>${plain(page.at(-1) ?? "")}</NextContinuationToken>`
      : "";
    return ok(
      `<ListBucketResult><IsTruncated>${more}</IsTruncated>${token}${contents.join("")}</ListBucketResult>`,
    );
  }

  #listUploads(bucket: string, query: URLSearchParams): Answer {
    const prefix = `${bucket}/${query.get("prefix") ?? ""}`;
    const found = [...this.uploads].filter(([, { key }]) => key.startsWith(prefix));
    const uploads = found.map(
      ([id, { key }]) =>
        `<Upload><Key>${plain(key.slice(bucket.length + 1))}</Key><UploadId>${id}</UploadId></Upload>`,
    );
    return ok(`<ListMultipartUploadsResult>${uploads.join("")}</ListMultipartUploadsResult>`);
  }
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text?: string;
  readonly body?: Buffer;
}

function ok(inner: string): Answer {
  return { status: 200, text: xml(inner) };
}

function error(status: number, code: string): Answer {
  return { status, text: xml(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`) };
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { "content-type": "application/xml" });
  response.end(xml(`<Error><Code>${code}</Code><Message>${message}</Message></Error>`));
}

function stored(body: Buffer): StoredObject {
  return { body, etag: `"${createHash("md5").update(body).digest("hex")}"` };
}

function crcOf(body: Buffer): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString("base64");
}

function isAddress(address: string | AddressInfo | null): address is AddressInfo {
  return typeof address === "object" && address !== null;
}
