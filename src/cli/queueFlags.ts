/** Options of all commands that have to do with queues of songs. */
import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import type { QueueOptions, S3Options } from "../jobs/index.ts";

export interface QueueFlags {
  readonly redis?: string;
  readonly queue: string;
}

export interface StoreFlags {
  readonly endpoint?: string;
}

/** Adds the options of {@link QueueFlags}. */
export function addQueueFlags(command: Command): Command {
  return command
    .optionsGroup("Queue:")
    .option(
      "--redis <url>",
      "redis://[user:password@]host[:port][/db], or rediss:// for TLS (default: $XUMX_SLICQ_REDIS, else this machine)",
    )
    .option("--queue <name>", "several queues may lie on one Redis", "songs");
}

/** Adds the options of {@link StoreFlags}. */
export function addStoreFlags(command: Command): Command {
  return command
    .optionsGroup("Store:")
    .option(
      "--endpoint <url>",
      "of an S3 store that is not Amazon's (default: $AWS_ENDPOINT_URL); all else as AWS_* have it",
    );
}

/** What the options mean to the library. */
export function queueOptions({ redis, queue }: QueueFlags): QueueOptions {
  return { queue, ...(redis !== undefined && { redis }) };
}

/** What the options mean to the library. */
export function storeOptions({ endpoint }: StoreFlags): S3Options {
  return endpoint === undefined ? {} : { endpoint };
}

/** Gathers the values of an option that may be given several times, or once with commas. */
export function listed(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(",").map((entry) => entry.trim())];
}

/** A size: a number of MiB, or one with a unit (K, M, G). */
export function byteSize(text: string): number {
  const [, amount, unit = "M"] = /^(\d+(?:\.\d+)?)\s*([KMG])?i?B?$/i.exec(text.trim()) ?? [];
  const scale = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }[unit.toUpperCase()] ?? 0;
  const bytes = Math.round(Number(amount) * scale);
  if (bytes > 0) return bytes;
  throw new InvalidArgumentError("a size is expected: 5 (MiB), 512K, 4G");
}

/** Where something listens: a port, or host:port. */
export function listenPlace(text: string): { readonly host: string; readonly port: number } {
  const [, host = "127.0.0.1", port] = /^(?:(.+):)?(\d{1,5})$/.exec(text.trim()) ?? [];
  if (port !== undefined && Number(port) < 65536) {
    return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
  }
  throw new InvalidArgumentError("a port is expected, or host:port");
}
