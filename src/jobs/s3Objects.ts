/** Objects of an S3 store, by any client's usual settings; what goes wrong is told in errors of ours. */
import type { S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { AudioError, JobError, throwIfAborted, XumxError } from "../errors.ts";
import { importS3 } from "./packages.ts";

/** How the store is reached. All else is as `AWS_*` and the files of the AWS tools have it. */
export interface S3Options {
  /** Address of the store, if it is not Amazon's; `AWS_ENDPOINT_URL` by default. */
  readonly endpoint?: string;
  /** Requests that are tried again before a song fails; 4 by default. */
  readonly requestAttempts?: number;
}

/** Where an object is. */
export interface S3Address {
  readonly bucket: string;
  readonly key: string;
}

/** What a listing tells of an object. */
export interface S3Listed {
  readonly key: string;
  readonly etag: string;
  readonly bytes: number;
}

type Sdk = typeof import("@aws-sdk/client-s3");

/** Milliseconds until a connection stands, and without a byte of an answer. */
const CONNECTING = 10_000;
const SILENCE = 60_000;

export class S3Objects {
  readonly #sdk: Sdk;
  readonly #client: S3Client;

  /** @throws {JobError} "package-missing". */
  static async open(options: S3Options = {}): Promise<S3Objects> {
    return new S3Objects(await importS3(), options);
  }

  private constructor(sdk: Sdk, { endpoint, requestAttempts = 4 }: S3Options) {
    const { env } = process;
    const elsewhere = endpoint ?? env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL;
    const region = env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
    this.#sdk = sdk;
    this.#client = new sdk.S3Client({
      maxAttempts: requestAttempts,
      requestHandler: { connectionTimeout: CONNECTING, requestTimeout: SILENCE },
      ...(endpoint !== undefined && { endpoint }),
      // Other stores have no region, and no names of hosts for buckets.
      ...(elsewhere && {
        forcePathStyle: true,
        ...(region === undefined && { region: "us-east-1" }),
      }),
    });
  }

  close(): void {
    this.#client.destroy();
  }

  /** What is there; undefined if nothing is. @throws {JobError}; {@link AbortError}. */
  async head(at: S3Address, signal?: AbortSignal): Promise<Omit<S3Listed, "key"> | undefined> {
    const command = new this.#sdk.HeadObjectCommand(named(at));
    try {
      const { ETag = "", ContentLength = 0 } = await this.#client.send(command, ending(signal));
      return { etag: ETag, bytes: ContentLength };
    } catch (cause) {
      throwIfAborted(signal);
      if (statusOf(cause) === 404) return undefined;
      throw failed(at, "be looked at", cause);
    }
  }

  /** All objects whose keys begin so, in their order. @throws {JobError}; {@link AbortError}. */
  async *list({ bucket, key }: S3Address, signal?: AbortSignal): AsyncGenerator<S3Listed> {
    let ContinuationToken: string | undefined;
    do {
      const page = await this.#told({ bucket, key }, "be listed", signal, () =>
        this.#client.send(
          new this.#sdk.ListObjectsV2Command({
            ...{ Bucket: bucket, Prefix: key },
            ...(ContinuationToken !== undefined && { ContinuationToken }),
          }),
          ending(signal),
        ),
      );
      for (const { Key = "", ETag = "", Size = 0 } of page.Contents ?? []) {
        yield { key: Key, etag: ETag, bytes: Size };
      }
      ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (ContinuationToken !== undefined);
  }

  /**
   * The bytes of an object from one on.
   * @param etag if given, of no other version.
   * @throws {AudioError} "not-found"; {@link JobError} "changed", "store-failed"; {@link AbortError}.
   */
  async read(
    at: S3Address,
    { from = 0, etag, signal }: { from?: number; etag?: string; signal?: AbortSignal } = {},
  ): Promise<AsyncIterable<Uint8Array>> {
    const { Body } = await this.#told(at, "be read", signal, () =>
      this.#client.send(
        new this.#sdk.GetObjectCommand({
          ...named(at),
          ...(from > 0 && { Range: `bytes=${from}-` }),
          ...(etag !== undefined && { IfMatch: etag }),
        }),
        ending(signal),
      ),
    );
    // In Node it is a stream of Node's.
    if (Body && Symbol.asyncIterator in Body) return Body;
    throw failed(at, "be read", new Error("the answer has no body"));
  }

  /** @throws {JobError}; {@link AbortError}. */
  async put(at: S3Address, bytes: Uint8Array, type: string, signal?: AbortSignal): Promise<void> {
    await this.#told(at, "be written", signal, () =>
      this.#client.send(
        new this.#sdk.PutObjectCommand({ ...named(at), Body: bytes, ContentType: type }),
        ending(signal),
      ),
    );
  }

  /** Begins an upload in parts, and names it. @throws {JobError}. */
  async begin(at: S3Address, type: string): Promise<string> {
    const { UploadId } = await this.#told(at, "be written", undefined, () =>
      this.#client.send(
        new this.#sdk.CreateMultipartUploadCommand({ ...named(at), ContentType: type }),
      ),
    );
    if (UploadId === undefined) throw failed(at, "be written", new Error("the upload has no name"));
    return UploadId;
  }

  /** Uploads a part, numbered from 1 on, and returns its ETag. @throws {JobError}. */
  async part(at: S3Address, upload: string, number: number, bytes: Uint8Array): Promise<string> {
    const { ETag = "" } = await this.#told(at, "be written", undefined, () =>
      this.#client.send(
        new this.#sdk.UploadPartCommand({
          ...{ ...named(at), UploadId: upload, PartNumber: number, Body: bytes },
        }),
      ),
    );
    return ETag;
  }

  /** Joins all parts, given by their ETags in order: now the object is there. @throws {JobError}. */
  async complete(at: S3Address, upload: string, etags: readonly string[]): Promise<void> {
    const Parts = etags.map((ETag, i) => ({ ETag, PartNumber: i + 1 }));
    await this.#told(at, "be written", undefined, () =>
      this.#client.send(
        new this.#sdk.CompleteMultipartUploadCommand({
          ...{ ...named(at), UploadId: upload, MultipartUpload: { Parts } },
        }),
      ),
    );
  }

  /** Gives an upload up; harmless where there is none. @throws {JobError}. */
  async abandon(at: S3Address, upload: string): Promise<void> {
    try {
      await this.#client.send(
        new this.#sdk.AbortMultipartUploadCommand({ ...named(at), UploadId: upload }),
      );
    } catch (cause) {
      if (statusOf(cause) !== 404) throw failed(at, "be tidied up", cause);
    }
  }

  /** Gives up all uploads of keys that begin so. @throws {JobError}. */
  async abandonAll({ bucket, key }: S3Address): Promise<void> {
    const { Uploads = [] } = await this.#told({ bucket, key }, "be tidied up", undefined, () =>
      this.#client.send(new this.#sdk.ListMultipartUploadsCommand({ Bucket: bucket, Prefix: key })),
    );
    for (const { Key, UploadId } of Uploads) {
      if (Key !== undefined && UploadId !== undefined) {
        await this.abandon({ bucket, key: Key }, UploadId);
      }
    }
  }

  async #told<T>(
    at: S3Address,
    what: string,
    signal: AbortSignal | undefined,
    ask: () => Promise<T>,
  ): Promise<T> {
    try {
      return await ask();
    } catch (cause) {
      throwIfAborted(signal);
      throw failed(at, what, cause);
    }
  }
}

function named({ bucket, key }: S3Address) {
  return { Bucket: bucket, Key: key };
}

function ending(signal: AbortSignal | undefined) {
  return signal ? { abortSignal: signal } : {};
}

function statusOf(cause: unknown): number | undefined {
  return isServiceError(cause) ? cause.$metadata.httpStatusCode : undefined;
}

function isServiceError(cause: unknown): cause is S3ServiceException {
  return cause instanceof Error && "$metadata" in cause && "$fault" in cause;
}

/** What the store refused, or why it was not reached. */
export function failed({ bucket, key }: S3Address, what: string, cause: unknown): XumxError {
  if (cause instanceof XumxError) return cause;
  const place = `s3://${bucket}/${key}`;
  const status = statusOf(cause);
  const name = cause instanceof Error ? cause.name : "";
  if (name === "NoSuchKey" || (status === 404 && name === "NotFound")) {
    return new AudioError("not-found", `${place} does not exist.`, "Check the address.", { cause });
  }
  if (status === 412) {
    return new JobError(
      "changed",
      `${place} has changed since it was submitted.`,
      "Submit it again.",
      { cause },
    );
  }
  const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
  const [says, hint] =
    status === 403 || status === 401 || /credential|token/i.test(name)
      ? [`access is denied (${name})`, "Check the credentials (AWS_*), and what they may do."]
      : name === "NoSuchBucket"
        ? ["there is no such bucket", "Check its name, and --endpoint."]
        : [reason, "It is tried again. If that goes on, check the store and the network."];
  return new JobError("store-failed", `${place} cannot ${what}: ${says}.`, hint, { cause });
}
