/** Fetches published models: resumed where it stopped, tried again where that helps, and kept only if it is right. */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { ArgumentError, FileError, throwIfAborted, WeightsError, XumxError } from "../errors.ts";
import { systemCode, unwritable } from "../files/index.ts";
import { cachedPath, isCached, modelCache } from "./cache.ts";
import { FileClient, RangeFailure, TransferFailure } from "./fileRequest.ts";
import type { FileCheck } from "./originals.ts";
import { PartialDownload } from "./partialDownload.ts";
import { type PublishedModel, publishedHost } from "./registry.ts";

/** What a download tells of itself, in this order but for tries and progress, which alternate. */
export type DownloadProgress =
  | {
      readonly kind: "start";
      readonly model: string;
      readonly url: string;
      /** Bytes that an earlier download left. */
      readonly received: number;
      /** Bytes in all. */
      readonly total: number;
    }
  /** Bytes at hand, of those in all. */
  | { readonly kind: "progress"; readonly received: number; readonly total: number }
  /** The connection failed; the next try begins in so many seconds. */
  | { readonly kind: "retry"; readonly reason: string; readonly seconds: number }
  /** All bytes are at hand, their checksum is computed. */
  | { readonly kind: "verify" }
  | { readonly kind: "done"; readonly path: string };

/** How a published model is fetched. */
export interface DownloadOptions {
  /** Folder of fetched models; {@link modelCache} by default. */
  readonly cache?: string;
  /**
   * A mirror to fetch from: an http or https address with the same files below it as {@link publishedHost}, which it
   * stands for. By default the environment variable XUMX_SLICQ_MODEL_HOST, else the publisher's own.
   */
  readonly host?: string;
  /** Seconds without a byte after which a connection is given up, at most 120; 30 by default. */
  readonly stallSeconds?: number;
  /**
   * Seconds that the whole download may take, pauses included; 3600 by default. A server that sends a byte now and then
   * never stalls, and would hold the program for ever.
   */
  readonly totalSeconds?: number;
  /** Connections that are tried in all; 5 by default. */
  readonly tries?: number;
  /** Seconds before the second try, doubled before each further one; 1 by default. */
  readonly pauseSeconds?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/** Longest time for a download, in seconds: a week. */
const LONGEST_TOTAL = 7 * 24 * 3600;

/** Most bytes of a file whose size nobody tells: 2 GB. */
const LARGEST = 2 ** 31;

/** Longest time to wait between tries, in seconds. */
const longestPause = 30;

/**
 * Makes sure that a published model is in the cache: fetches it if it is not. The file appears there whole, with the
 * right checksum, or not at all. May run any number of times at once, in any number of programs.
 *
 * @returns the path of the weights
 * @throws WeightsError `download-failed` (the network or the server), `checksum-mismatch` (another file lies at the
 * address); FileError `unwritable` (the cache); AbortError; ArgumentError. What has arrived is kept for the next call, but for
 * a wrong file and on a full disk.
 */
export async function downloadModel(
  model: PublishedModel,
  options: DownloadOptions = {},
): Promise<string> {
  const { cache = modelCache() } = options;
  checkDownloadOptions(options);
  const url = addressOf(model, options.host);
  throwIfAborted(options.signal);
  const path = cachedPath(model, cache);
  if (await isCached(model, cache)) return path;
  const { size, sha256 } = model.weights;
  const check: FileCheck = { kind: "sha256", begin: sha256 };
  await downloadFile({ model: model.name, url, path, size, about: size, check }, options);
  return path;
}

/** A file to fetch. */
export interface RemoteFile {
  /** The model that it is of, for messages. */
  readonly model: string;
  readonly url: URL;
  /** Where it goes. */
  readonly path: string;
  /** Bytes, if they are known. */
  readonly size: number | undefined;
  /** Bytes to expect. */
  readonly about: number;
  readonly check: FileCheck;
}

/** Fetches one file, as {@link downloadModel} does, whether or not it is there. Options must have been checked. */
export async function downloadFile(file: RemoteFile, options: DownloadOptions): Promise<void> {
  const { signal, onProgress } = options;
  const { stallSeconds = 30, totalSeconds = 3600, tries = 5, pauseSeconds = 1 } = options;
  const { path, model, url, about } = file;
  const part = await onDisk(path, () => PartialDownload.claim(path));
  onProgress?.({
    kind: "start",
    model,
    url: withoutPassword(url),
    received: part.size,
    total: about,
  });
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), totalSeconds * 1e3);
  const conduct = {
    ...{ stallSeconds, totalSeconds, onProgress },
    signal: signal ? AbortSignal.any([signal, limit.signal]) : limit.signal,
  };
  const download = new Download(file, part, conduct);
  try {
    await download.run(tries, pauseSeconds).catch((error: unknown) => {
      if (!limit.signal.aborted || signal?.aborted) throw error;
      throw download.tooSlow();
    });
    onProgress?.({ kind: "done", path });
  } catch (error) {
    const kept = error instanceof XumxError && error.code === "download-failed";
    await (kept || signal?.aborted ? part.leave() : part.discard());
    throwIfAborted(signal);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** @throws ArgumentError if one is out of its range */
export function checkDownloadOptions(options: DownloadOptions): void {
  const { stallSeconds = 30, totalSeconds = 3600, tries = 5 } = options;
  if (!(stallSeconds > 0 && stallSeconds <= 120)) {
    throw new ArgumentError(`stallSeconds must be above 0 and at most 120, not ${stallSeconds}.`);
  }
  if (!(totalSeconds > 0 && totalSeconds <= LONGEST_TOTAL)) {
    throw new ArgumentError(
      `totalSeconds must be above 0 and at most ${LONGEST_TOTAL}, not ${totalSeconds}.`,
    );
  }
  if (!Number.isInteger(tries) || tries < 1) {
    throw new ArgumentError(`tries must be a whole number from 1, not ${tries}.`);
  }
}

/** Whether the environment forbids to fetch: whether XUMX_SLICQ_OFFLINE is set to anything but 0. */
export function isOffline(
  env: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  return !["", "0", undefined].includes(env.XUMX_SLICQ_OFFLINE);
}

/** The address of a model's weights at a host, by default the one of XUMX_SLICQ_MODEL_HOST or else the publisher's. */
export function addressOf(model: PublishedModel, host?: string): URL {
  return new URL(model.weights.path, mirrorOf(host) ?? new URL(publishedHost));
}

/** The mirror to fetch from: the one given, else that of XUMX_SLICQ_MODEL_HOST, if any. @throws ArgumentError */
export function mirrorOf(host?: string): URL | undefined {
  const base = host || process.env.XUMX_SLICQ_MODEL_HOST;
  if (!base) return undefined;
  const url = URL.canParse(base) ? new URL(base) : undefined;
  if (url?.protocol !== "https:" && url?.protocol !== "http:") {
    throw new ArgumentError(
      // The value itself may hold a password.
      `The host of models${host ? "" : " in XUMX_SLICQ_MODEL_HOST"} is no http or https address.`,
      "Set XUMX_SLICQ_MODEL_HOST to an address with the published files below it, or unset it.",
    );
  }
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}

/** An address as it may be shown: names and passwords in it are for its host alone. */
export function withoutPassword(url: URL): string {
  const shown = new URL(url);
  shown.username = "";
  shown.password = "";
  return shown.href;
}

interface Conduct {
  readonly stallSeconds: number;
  readonly totalSeconds: number;
  /** Fires when the caller no longer wants the file, or the time is up. */
  readonly signal: AbortSignal;
  readonly onProgress: ((progress: DownloadProgress) => void) | undefined;
}

class Download {
  readonly #file: RemoteFile;
  readonly #part: PartialDownload;
  readonly #conduct: Conduct;
  /** The version that the part's bytes are of, if this download fetched them all. */
  #etag: string | undefined;
  /** Whether the part's bytes came over several connections, and so perhaps from several files. */
  #joined: boolean;
  /** Bytes of the file, once they are known; whether the server has sent all that it has of a file of unknown size. */
  #size: number | undefined;
  #ended = false;

  constructor(file: RemoteFile, part: PartialDownload, conduct: Conduct) {
    this.#file = file;
    this.#part = part;
    this.#conduct = conduct;
    this.#joined = part.size > 0;
    this.#size = file.size;
  }

  async run(tries: number, pauseSeconds: number): Promise<void> {
    if (this.#size !== undefined && this.#part.size > this.#size) await this.#clear();
    await this.#fetch(tries, pauseSeconds);
    let right = await this.#isRight();
    if (!right && this.#joined) {
      await this.#clear();
      await this.#fetch(tries, pauseSeconds);
      right = await this.#isRight();
    }
    if (!right) throw this.#wrong("its checksum is not the published one");
    await onDisk(this.#part.target, () => this.#part.finish());
  }

  get #isWhole(): boolean {
    return this.#size === undefined ? this.#ended : this.#part.size >= this.#size;
  }

  /** Fetches what is missing, over as many connections as it takes and are allowed. */
  async #fetch(tries: number, pauseSeconds: number): Promise<void> {
    const { signal, onProgress } = this.#conduct;
    for (let tried = 1; !this.#isWhole; tried++) {
      try {
        await this.#connect();
      } catch (error) {
        if (!(error instanceof TransferFailure)) throw error;
        if (error instanceof RangeFailure) await this.#clear();
        if (!error.again || tried === tries) throw this.#failed(error, tried);
        const pause = error.wait ?? pauseSeconds * 2 ** (tried - 1);
        const seconds = Math.min(longestPause, Math.max(0, pause));
        onProgress?.({ kind: "retry", reason: error.message, seconds });
        await sleep(seconds * 1e3, undefined, { signal });
      }
    }
  }

  /** One connection, to its end. */
  async #connect(): Promise<void> {
    const { stallSeconds, signal, onProgress } = this.#conduct;
    const { url, about } = this.#file;
    await using client = await FileClient.open();
    const from = this.#part.size;
    const etag = this.#etag;
    const reply = await client.get({ url, from, etag, stallSeconds, signal });
    const known = this.#file.size;
    if (known !== undefined && reply.total !== undefined && reply.total !== known) {
      throw this.#wrong(`it has ${reply.total} bytes, the published one ${known}`);
    }
    const size = known ?? reply.total;
    this.#size = size;
    if (reply.from === 0) {
      if (from > 0) await this.#clear();
      this.#etag = reply.etag;
    } else this.#joined = true;
    for await (const chunk of reply.body) {
      if (this.#part.size + chunk.length > (size ?? LARGEST)) {
        throw this.#wrong(`it has more than the ${size ?? LARGEST} bytes of the published one`);
      }
      await onDisk(this.#part.target, () => this.#part.append(chunk));
      onProgress?.({ kind: "progress", received: this.#part.size, total: size ?? about });
    }
    if (size !== undefined && this.#part.size < size) {
      throw new TransferFailure(
        `the connection ended after ${this.#part.size} of ${size} bytes`,
        true,
      );
    }
    this.#ended = true;
  }

  async #isRight(): Promise<boolean> {
    const { signal, onProgress } = this.#conduct;
    const { check } = this.#file;
    onProgress?.({ kind: "verify" });
    if (check.kind === "none") return true;
    const hash = createHash(check.kind === "sha256" ? "sha256" : "sha1");
    if (check.kind === "git blob") hash.update(`blob ${this.#part.size}\0`);
    await onDisk(this.#part.target, async () => {
      for await (const chunk of this.#part.content()) {
        throwIfAborted(signal);
        hash.update(chunk);
      }
    });
    const found = hash.digest("hex");
    return check.kind === "sha256" ? found.startsWith(check.begin) : found === check.sha1;
  }

  async #clear(): Promise<void> {
    this.#etag = undefined;
    this.#joined = false;
    this.#ended = false;
    await onDisk(this.#part.target, () => this.#part.clear());
  }

  /** The error for a download whose time is up. */
  tooSlow(): WeightsError {
    const { totalSeconds } = this.#conduct;
    return this.#failed(new TransferFailure(`it was not whole after ${totalSeconds} s`, false), 1);
  }

  #failed(failure: TransferFailure, tried: number): WeightsError {
    const times = tried === 1 ? "" : ` after ${tried} tries`;
    const kept = this.#part.size > 0 ? " What has arrived is kept for the next try." : "";
    return new WeightsError(
      "download-failed",
      `The model ${this.#file.model} could not be fetched from ${withoutPassword(this.#file.url)}${times}: ${failure.message}.`,
      `Check the network (and HTTPS_PROXY, XUMX_SLICQ_MODEL_HOST, if you use them), or get the file another way ` +
        `and save it as ${this.#part.target}.${kept}`,
      { cause: failure },
    );
  }

  #wrong(what: string): WeightsError {
    return new WeightsError(
      "checksum-mismatch",
      `What lies at ${withoutPassword(this.#file.url)} is not the model ${this.#file.model}: ${what}. It was thrown away.`,
      "A login page or a broken mirror may have answered: try another network, or another XUMX_SLICQ_MODEL_HOST.",
    );
  }
}

/** Runs what touches the cache; system errors then say so. */
async function onDisk<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (!(cause instanceof FileError) && systemCode(cause) === undefined) throw cause;
    throw new FileError(
      "unwritable",
      unwritable(path, cause).message,
      "Make room or check the permissions, or set XUMX_SLICQ_CACHE to another folder.",
      { cause },
    );
  }
}
