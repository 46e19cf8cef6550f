/** Songs from the web: https alone, from allowed hosts, and never where a redirect leads inwards. */
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { AudioError, JobError, throwIfAborted, XumxError } from "../errors.ts";
import { type Access, checkHost } from "./access.ts";
import { checkLiteral, publicLookup } from "./addresses.ts";

/** Redirects that are followed. */
const MOST_REDIRECTS = 5;
/** Milliseconds without a byte. */
const SILENCE = 60_000;

/** What a server tells of a song, and the song itself where it was asked for. */
export interface WebSong {
  /** Its ETag, or its time and size. */
  readonly version: string;
  /** 0 if that is not told. */
  readonly bytes: number;
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Asks for a song.
 * @param method "HEAD" to hear only what it is.
 * @throws {AudioError} "not-found"; {@link JobError} "not-allowed", "store-failed"; {@link AbortError}.
 */
export async function askWeb(
  url: URL,
  method: "GET" | "HEAD",
  access: Access,
  signal?: AbortSignal,
): Promise<WebSong> {
  let at = url;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    throwIfAborted(signal);
    if (at.protocol !== "https:") {
      throw new JobError(
        "not-allowed",
        `${shown(url)} leads to ${at.protocol}// without encryption.`,
        "Give the address that it leads to, if it has one with https.",
      );
    }
    checkHost(at, access);
    const inner = access.privateHosts === true && redirects === 0;
    const answer = await answerOf(at, method, inner, signal);
    const { statusCode = 0, headers } = answer;
    if ([301, 302, 303, 307, 308].includes(statusCode) && headers.location !== undefined) {
      answer.destroy();
      at = new URL(headers.location, at);
      continue;
    }
    if (statusCode === 200) {
      const { etag, "last-modified": time = "" } = headers;
      const bytes = Number(headers["content-length"] ?? 0);
      return { version: etag ?? `${bytes} ${time}`, bytes, body: answer };
    }
    answer.destroy();
    if (statusCode === 404 || statusCode === 410) {
      throw new AudioError("not-found", `${shown(url)} does not exist.`, "Check the address.");
    }
    throw unreachable(url, `the server answers ${statusCode}`);
  }
  throw unreachable(url, `it redirects more than ${MOST_REDIRECTS} times`);
}

function answerOf(
  url: URL,
  method: string,
  inner: boolean,
  signal: AbortSignal | undefined,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    try {
      if (!inner) checkLiteral(url);
    } catch (error) {
      return reject(error);
    }
    const fail = (cause: unknown) => {
      if (signal?.aborted) return reject(cause);
      reject(cause instanceof XumxError ? cause : unreachable(url, String(cause)));
    };
    const asked = request(
      url,
      {
        method,
        headers: { "accept-encoding": "identity", "user-agent": "xumx-slicq" },
        timeout: SILENCE,
        ...(!inner && { lookup: publicLookup }),
        ...(signal && { signal }),
      },
      resolve,
    );
    asked.on("timeout", () => asked.destroy(new Error("the server is silent")));
    asked.on("error", fail);
    asked.end();
  });
}

function unreachable(url: URL, reason: string): JobError {
  return new JobError(
    "store-failed",
    `${shown(url)} cannot be fetched: ${reason}.`,
    "It is tried again. If that goes on, check the address and the network.",
  );
}

/** Without what may be secret: a name and a password, and signed queries. */
function shown({ origin, pathname }: URL): string {
  return origin + pathname;
}
