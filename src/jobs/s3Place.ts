/** Outputs of a song under a prefix of an S3 store. */
import { tmpdir } from "node:os";
import { StagedFiles } from "../demix/index.ts";
import type { OutputSet } from "../stems/index.ts";
import type { S3Address, S3Objects } from "./s3Objects.ts";
import { S3Upload } from "./s3Upload.ts";
import type { SongPlace } from "./songPlace.ts";

/** Media types by ending, for those who fetch outputs from there. */
const types: Readonly<Record<string, string>> = {
  wav: "audio/wav",
  flac: "audio/flac",
  mp3: "audio/mpeg",
  opus: "audio/ogg",
  json: "application/json",
};

/** Bytes of a part by default: the least that S3 takes. Ten thousand parts are 52 GB. */
export const PART_BYTES = 5 * 2 ** 20;

/**
 * A prefix of a bucket as a {@link SongPlace}. Outputs leave in parts while they are written, and appear one after the
 * other when all are whole; each is there wholly or not at all. What a song needs meanwhile lies in the folder of temporary
 * files.
 */
export class S3Place implements SongPlace {
  readonly seekable = true;
  readonly #objects: S3Objects;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #partBytes: number;

  /** @param prefix without a "/" at its end; of one song alone. */
  constructor(objects: S3Objects, { bucket, key: prefix }: S3Address, partBytes = PART_BYTES) {
    this.#objects = objects;
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#partBytes = partBytes;
  }

  locate(key: string): string {
    return `s3://${this.#bucket}/${this.#prefix}/${key}`;
  }

  async has(key: string): Promise<boolean> {
    return ((await this.sizeOf(key)) ?? 0) > 0;
  }

  async sizeOf(key: string): Promise<number | undefined> {
    return (await this.#objects.head(this.#at(key)))?.bytes;
  }

  read(key: string): Promise<AsyncIterable<Uint8Array>> {
    return this.#objects.read(this.#at(key));
  }

  put(key: string, text: string): Promise<void> {
    return this.#objects.put(this.#at(key), new TextEncoder().encode(text), typeOf(key));
  }

  clear(): Promise<void> {
    return this.#objects.abandonAll({ bucket: this.#bucket, key: `${this.#prefix}/` });
  }

  begin(): OutputSet {
    const uploads: S3Upload[] = [];
    const scratch = new StagedFiles();
    const abort = async () => {
      await scratch.abort();
      for (const upload of uploads) await upload.abort().catch(() => {});
    };
    return {
      create: async (key) => {
        const upload = new S3Upload(this.#objects, this.#at(key), typeOf(key), this.#partBytes);
        uploads.push(upload);
        return upload.writable;
      },
      scratch: (key) => scratch.scratch(key, tmpdir()),
      commit: async () => {
        for (const upload of uploads) await upload.commit();
        // An upload that a store began without its answer getting here is known to the store alone.
        if (uploads.some(({ inParts }) => inParts)) await this.clear();
      },
      abort,
      [Symbol.asyncDispose]: abort,
    };
  }

  #at(key: string): S3Address {
    return { bucket: this.#bucket, key: `${this.#prefix}/${key}` };
  }
}

function typeOf(key: string): string {
  return types[key.slice(key.lastIndexOf(".") + 1)] ?? "application/octet-stream";
}
