/** The song of a job, brought where it can be opened as often as it takes. */
import { createReadStream } from "node:fs";
import { type HeldSong, songFile, songStream } from "../demix/index.ts";
import { AudioError, JobError, throwIfAborted, XumxError } from "../errors.ts";
import { systemCode } from "../files/index.ts";
import { type Access, allowedPath } from "./access.ts";
import { type Digest, DigestedBytes, digestOf } from "./digests.ts";
import { fileVersion } from "./findInputs.ts";
import { parseLocation, shownLocation } from "./location.ts";
import type { S3Address, S3Objects } from "./s3Objects.ts";
import type { SongJob } from "./songJob.ts";
import { askWeb } from "./webSong.ts";

/** A song at hand, and what it is. Files are read where they are; all else is spooled to disk once. */
export interface FetchedSong extends HeldSong {
  readonly digest: Digest;
}

/** How songs are fetched. */
export interface FetchOptions {
  readonly access: Access;
  /** Larger songs are refused, bytes. */
  readonly mostBytes: number;
  readonly s3: () => Promise<S3Objects>;
  readonly signal?: AbortSignal;
}

/** Times that a broken transfer from S3 goes on from where it was. */
const RESUMES = 5;

/**
 * Brings the song here.
 * @throws {AudioError} "not-found", "unreadable"; {@link JobError} "changed", "too-large", "not-allowed", "store-failed";
 * {@link FileError} "unwritable" if there is no room for it; {@link AbortError}.
 */
export async function fetchSong(job: SongJob, options: FetchOptions): Promise<FetchedSong> {
  const location = parseLocation(job.input);
  const name = shownLocation(location);
  const { signal, access } = options;
  if (location.kind === "file") return localSong(job, location.path, options);
  if (location.kind === "s3") {
    checkSize(name, job.bytes, options);
    return spooled(name, whole(await options.s3(), location, job.version, signal), options);
  }
  const { version, bytes, body } = await askWeb(location.url, "GET", access, signal);
  if (version !== job.version) throw changed(name);
  checkSize(name, bytes, options);
  return spooled(name, exactly(name, bytes, body), options);
}

async function localSong(
  { input, version }: SongJob,
  path: string,
  { access, mostBytes }: FetchOptions,
): Promise<FetchedSong> {
  try {
    const real = await allowedPath(path, access);
    if ((await fileVersion(real)) !== version) throw changed(path);
    const digest = await digestOf(createReadStream(real, { highWaterMark: 1 << 20 }));
    if (digest.bytes > mostBytes) throw tooLarge(path, mostBytes);
    return { ...songFile(real), name: path, digest, [Symbol.asyncDispose]: async () => {} };
  } catch (cause) {
    if (cause instanceof XumxError) throw cause;
    const missing = systemCode(cause) === "ENOENT" || systemCode(cause) === "ENOTDIR";
    throw missing
      ? new AudioError("not-found", `${path} does not exist.`, "Check the path.", { cause })
      : new AudioError(
          "unreadable",
          `${input} cannot be read: ${String(cause)}`,
          "Check the path and its permissions.",
          { cause },
        );
  }
}

async function spooled(
  name: string,
  body: AsyncIterable<Uint8Array>,
  { mostBytes, signal }: FetchOptions,
): Promise<FetchedSong> {
  const digested = new DigestedBytes();
  // What is wrong with the source is told as it is, not as a failure to copy.
  const source: { failure?: unknown } = {};
  async function* counted() {
    try {
      for await (const chunk of body) {
        digested.add(chunk);
        if (digested.bytes > mostBytes) throw tooLarge(name, mostBytes);
        yield chunk;
      }
    } catch (error) {
      source.failure = error;
      throw error;
    }
  }
  try {
    const song = await songStream(counted(), name, signal);
    return { ...song, digest: digested.end() };
  } catch (error) {
    throwIfAborted(signal);
    if (source.failure instanceof XumxError) throw source.failure;
    throw source.failure === undefined ? error : broken(name, source.failure);
  }
}

/** An object from its first byte to its last; a transfer that breaks goes on from where it was. */
async function* whole(
  objects: S3Objects,
  at: S3Address,
  etag: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (let resumes = 0; ; resumes++) {
    const body = await objects.read(at, { from, etag, ...(signal && { signal }) });
    try {
      for await (const chunk of body) {
        from += chunk.length;
        yield chunk;
      }
      return;
    } catch (cause) {
      throwIfAborted(signal);
      if (resumes === RESUMES) throw broken(`s3://${at.bucket}/${at.key}`, cause);
    }
  }
}

/** Bytes that must be as many as were told. */
async function* exactly(
  name: string,
  bytes: number,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let count = 0;
  for await (const chunk of body) {
    count += chunk.length;
    yield chunk;
  }
  if (bytes > 0 && count !== bytes) throw broken(name, `${count} of ${bytes} bytes came`);
}

function checkSize(name: string, bytes: number, { mostBytes }: FetchOptions): void {
  if (bytes > mostBytes) throw tooLarge(name, mostBytes);
}

function tooLarge(name: string, mostBytes: number): JobError {
  return new JobError(
    "too-large",
    `${name} is larger than ${Math.round(mostBytes / 2 ** 20)} MiB.`,
    "Start workers with a larger --max-input, if they have room for it.",
  );
}

function changed(name: string): JobError {
  const hint = "Submit it again.";
  return new JobError("changed", `${name} has changed since it was submitted.`, hint);
}

function broken(name: string, cause: unknown): JobError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new JobError(
    "store-failed",
    `${name} came here only in part: ${reason}.`,
    "It is tried again. If that goes on, check the store and the network.",
    { cause },
  );
}
