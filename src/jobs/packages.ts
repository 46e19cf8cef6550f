/** The packages that queues of songs need and single songs do not: optional, loaded when they are first used. */
import { JobError } from "../errors.ts";

type Bullmq = Pick<
  typeof import("bullmq"),
  "Queue" | "Worker" | "WaitingError" | "UnrecoverableError"
>;

/** The queue. @throws {JobError} "package-missing". */
export function importBullmq(): Promise<Bullmq> {
  return loaded(import("bullmq"), "bullmq", "The queue of songs");
}

/** Redis. @throws {JobError} "package-missing". */
export function importIoredis(): Promise<Pick<typeof import("ioredis"), "Redis">> {
  return loaded(import("ioredis"), "ioredis", "The queue of songs");
}

/** S3. @throws {JobError} "package-missing". */
export function importS3(): Promise<typeof import("@aws-sdk/client-s3")> {
  return loaded(import("@aws-sdk/client-s3"), "@aws-sdk/client-s3", "A place in S3");
}

/** Metrics. @throws {JobError} "package-missing". */
export function importPromClient(): Promise<
  Pick<
    typeof import("prom-client"),
    "Registry" | "Gauge" | "Counter" | "Histogram" | "collectDefaultMetrics"
  >
> {
  return loaded(import("prom-client"), "prom-client", "The page of metrics");
}

/** @internal */
export async function loaded<T>(loading: Promise<T>, name: string, what: string): Promise<T> {
  try {
    return await loading;
  } catch (cause) {
    throw new JobError(
      "package-missing",
      `${what} needs the package ${name}, which is not installed.`,
      `Install it: npm install ${name}`,
      { cause },
    );
  }
}
