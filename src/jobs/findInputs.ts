/** Which songs a submission means, and which version of each. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { findSongs, folderName, isSongName, trackName } from "../demix/index.ts";
import { AudioError, type XumxError } from "../errors.ts";
import type { Access } from "./access.ts";
import { isAddress, type Location, locationUrl, parseLocation } from "./location.ts";
import type { S3Objects } from "./s3Objects.ts";
import { askWeb } from "./webSong.ts";

/** A song that was found. */
export interface FoundInput {
  /** Its address. */
  readonly input: string;
  /** Its ETag, or its size and time. */
  readonly version: string;
  readonly bytes: number;
  /** Its track's name, fit for a folder. */
  readonly track: string;
  /** Folders between what was given and the song, "/" between them. */
  readonly folder: string;
}

/** What was given and leads to no song. */
export interface InputProblem {
  readonly input: string;
  readonly error: XumxError;
}

/** How songs are found. */
export interface FindOptions {
  /** Whether folders within folders are searched too. A prefix of S3 has no folders: all of it is searched. */
  readonly recursive?: boolean;
  readonly access?: Access;
  readonly signal?: AbortSignal;
  /** Opens the store when it is first needed. */
  readonly s3: () => Promise<S3Objects>;
}

/**
 * Finds the songs of one input: a file, a folder, a pattern, an object or a prefix of S3, an address of the web.
 * @throws {ArgumentError} for an address of another kind; {@link JobError}; {@link AbortError}.
 */
export async function* findInputs(
  input: string,
  options: FindOptions,
): AsyncGenerator<FoundInput | InputProblem> {
  const location = isAddress(input) ? parseLocation(input) : undefined;
  if (location?.kind === "s3") yield* inStore(input, location, options);
  else if (location?.kind === "https") yield await onWeb(location, options);
  else yield* onDisk(location?.path ?? input, options);
}

async function* onDisk(
  input: string,
  { recursive = false, signal }: FindOptions,
): AsyncGenerator<FoundInput | InputProblem> {
  const found = await findSongs([input], { recursive, ...(signal && { signal }) });
  for (const problem of found.problems) yield problem;
  for (const { path, folder, bytes } of found.songs) {
    const version = await fileVersion(path);
    const location: Location = { kind: "file", path: resolve(path) };
    yield {
      ...{ input: locationUrl(location), version, bytes, track: trackName(path) },
      folder: folder.split("/").map(safeFolder).join("/"),
    };
  }
}

/** Size and time of a file: another version has another one. @throws system errors. */
export async function fileVersion(path: string): Promise<string> {
  const { size, mtimeNs } = await stat(path, { bigint: true });
  return `${size} ${mtimeNs}`;
}

async function* inStore(
  input: string,
  { bucket, key }: Extract<Location, { kind: "s3" }>,
  { s3, signal }: FindOptions,
): AsyncGenerator<FoundInput | InputProblem> {
  const objects = await s3();
  const one =
    input.endsWith("/") || key === "" ? undefined : await objects.head({ bucket, key }, signal);
  if (one) {
    yield { ...inputOf({ bucket, key }, one), folder: "" };
    return;
  }
  const prefix = key === "" ? "" : `${key}/`;
  let count = 0;
  for await (const object of objects.list({ bucket, key: prefix }, signal)) {
    const inner = object.key.slice(prefix.length);
    if (!isSongName(inner) || inner.split("/").some((name) => name.startsWith("."))) continue;
    count++;
    const folder = inner.split("/").slice(0, -1).map(safeFolder).join("/");
    yield { ...inputOf({ bucket, key: object.key }, object), folder };
  }
  if (count > 0) return;
  const error = new AudioError("not-found", `${input} holds no songs.`, "Check the address.");
  yield { input, error };
}

function inputOf(at: { bucket: string; key: string }, object: { etag: string; bytes: number }) {
  return {
    input: locationUrl({ kind: "s3", ...at }),
    ...{ version: object.etag, bytes: object.bytes, track: trackName(at.key) },
  };
}

async function onWeb(
  location: Extract<Location, { kind: "https" }>,
  { access = {}, signal }: FindOptions,
): Promise<FoundInput> {
  const { version, bytes } = await askWeb(location.url, "HEAD", access, signal);
  const name = decoded(location.url.pathname);
  return { input: locationUrl(location), version, bytes, track: trackName(name), folder: "" };
}

/** The path of an address with its escapes resolved, if they are well formed. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function safeFolder(name: string): string {
  return name === "" ? "" : folderName(name);
}
