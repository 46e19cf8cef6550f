/** Where songs and stems are: a file, an object of an S3 store, a page of the web. */
import { isAbsolute, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ArgumentError } from "../errors.ts";

/** One place. A folder's path, or an S3 key as a prefix, has no "/" at its end. */
export type Location =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "s3"; readonly bucket: string; readonly key: string }
  | { readonly kind: "https"; readonly url: URL };

/**
 * Reads `s3://bucket/key`, `https://…`, `file:///…` or a path, which is taken from the working folder.
 * @throws {ArgumentError} for other kinds of addresses.
 */
export function parseLocation(text: string): Location {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text)?.[1].toLowerCase();
  if (scheme === undefined) return { kind: "file", path: resolve(text) };
  if (scheme === "s3") {
    const [, bucket, key = ""] = /^s3:\/\/([^/]+)(?:\/(.*))?$/is.exec(text) ?? [];
    if (bucket === undefined) throw malformed(text, "s3://bucket/key is expected.");
    return { kind: "s3", bucket, key: key.replace(/\/+$/, "") };
  }
  try {
    const url = new URL(text);
    if (scheme === "file") return { kind: "file", path: resolve(fileURLToPath(url)) };
    if (scheme === "https") return { kind: "https", url };
  } catch {
    throw malformed(text, "Check how it is written.");
  }
  throw new ArgumentError(
    `${text}: songs are not fetched by ${scheme}.`,
    "Songs may be files, s3:// or https://.",
  );
}

/** The address of a place, the same for the same place however it was written. */
export function locationUrl(location: Location): string {
  if (location.kind === "s3") return `s3://${location.bucket}/${location.key}`;
  if (location.kind === "https") return location.url.href;
  return pathToFileURL(location.path).href;
}

/** For people: the path of a file, the address of all else, without a name and a password in it. */
export function shownLocation(location: Location): string {
  if (location.kind === "file") return location.path;
  if (location.kind === "s3") return locationUrl(location);
  const { origin, pathname } = location.url;
  return origin + pathname;
}

/** The place below another one, by a name with "/" between folders. */
export function below(location: Location, name: string): Location {
  if (name === "") return location;
  if (location.kind === "s3") {
    const { bucket, key } = location;
    return { kind: "s3", bucket, key: key === "" ? name : `${key}/${name}` };
  }
  if (location.kind === "file") return { kind: "file", path: resolve(location.path, name) };
  throw new ArgumentError(
    `${location.url.href}: nothing can be written there.`,
    "Outputs go into folders or s3://.",
  );
}

/** Whether a text is an address, rather than a path or a pattern of paths. */
export function isAddress(text: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(text) && !isAbsolute(text);
}

function malformed(text: string, hint: string): ArgumentError {
  return new ArgumentError(`${text} is no address of a place.`, hint);
}
