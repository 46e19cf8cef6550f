/** What a worker may touch: the queue tells it what to read and write, and others write into the queue. */
import { realpath } from "node:fs/promises";
import { dirname, resolve, sep } from "node:path";
import { JobError } from "../errors.ts";
import { systemCode } from "../files/index.ts";

/** What jobs may lead a worker to. By default nothing but S3, where its credentials decide. */
export interface Access {
  /** Folders that songs may be read from, and outputs written to. */
  readonly folders?: readonly string[];
  /** Hosts that songs may be fetched from: names, also as `*.example.com`, or addresses. */
  readonly hosts?: readonly string[];
  /** Whether these hosts may have private addresses; where they redirect to never may. */
  readonly privateHosts?: boolean;
}

/**
 * The path with its links resolved, as far as it exists.
 * @throws {JobError} "not-allowed" if it lies outside of all folders.
 */
export async function allowedPath(path: string, { folders = [] }: Access): Promise<string> {
  const end = await realEnd(path);
  for (const folder of folders) {
    const around = await realEnd(folder);
    const inside = around.endsWith(sep) ? around : around + sep;
    if (end === around || end.startsWith(inside)) return end;
  }
  throw new JobError(
    "not-allowed",
    `${path} lies outside of what this worker may touch.`,
    `Start workers with --allow-folder ${dirname(path)}, or a folder around it.`,
  );
}

/** @throws {JobError} "not-allowed" unless the host of an address is among the allowed ones. */
export function checkHost({ hostname, port }: URL, { hosts = [] }: Access): void {
  const name = hostname.toLowerCase();
  const allowed = hosts.some((entry) => {
    const host = entry.toLowerCase();
    return host.startsWith("*.") ? name.endsWith(host.slice(1)) : name === host;
  });
  if (allowed) return;
  throw new JobError(
    "not-allowed",
    `${hostname}${port && `:${port}`} is no host that this worker may fetch songs from.`,
    `Start workers with --allow-host ${hostname}.`,
  );
}

async function realEnd(given: string): Promise<string> {
  const path = resolve(given);
  try {
    return await realpath(path);
  } catch (error) {
    const around = dirname(path);
    if (systemCode(error) !== "ENOENT" || around === path) throw error;
    const end = await realEnd(around);
    return (end.endsWith(sep) ? end : end + sep) + path.slice(around.length).replace(/^[\\/]/, "");
  }
}
