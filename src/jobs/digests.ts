/** What was written, in size and SHA-256, told by the bytes as they pass. */
import { createHash, type Hash } from "node:crypto";
import type { StreamWrite } from "../audio/index.ts";
import type { OutputSet, Store } from "../stems/index.ts";
import type { SongPlace } from "./songPlace.ts";

/** Size and checksum of a file or an object. */
export interface Digest {
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** Bytes that are counted on their way. */
export class DigestedBytes {
  readonly #hash: Hash = createHash("sha256");
  #bytes = 0;

  add(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** To be called once, at the end. */
  end(): Digest {
    return { bytes: this.#bytes, sha256: this.#hash.digest("hex") };
  }
}

/** The digest of all that a source gives. @throws what the source throws. */
export async function digestOf(source: AsyncIterable<Uint8Array>): Promise<Digest> {
  const digested = new DigestedBytes();
  for await (const chunk of source) digested.add(chunk);
  return digested.end();
}

/** A place as a store that keeps the digests of what goes there. */
export class DigestingStore implements Store {
  readonly seekable: boolean;
  readonly folder?: string;
  readonly #place: SongPlace;
  /** Undefined where a head was made right at the end: those bytes are read once more. */
  readonly #digests = new Map<string, Digest | undefined>();

  constructor(place: SongPlace) {
    this.seekable = place.seekable;
    if (place.folder !== undefined) this.folder = place.folder;
    this.#place = place;
  }

  locate(key: string): string | undefined {
    return this.#place.locate(key);
  }

  has(key: string): Promise<boolean> {
    return this.#place.has(key);
  }

  begin(): OutputSet {
    const set = this.#place.begin();
    return {
      create: async (key) => this.#digesting(key, await set.create(key)),
      scratch: (key) => set.scratch(key),
      commit: () => set.commit(),
      abort: () => set.abort(),
      [Symbol.asyncDispose]: () => set[Symbol.asyncDispose](),
    };
  }

  /** Of all outputs, by their keys. @throws {XumxError} if one has to be read once more, and cannot. */
  async digests(): Promise<ReadonlyMap<string, Digest>> {
    const all = new Map<string, Digest>();
    for (const [key, known] of this.#digests) {
      all.set(key, known ?? (await digestOf(await this.#place.read(key))));
    }
    return all;
  }

  #digesting(key: string, to: WritableStream<StreamWrite>): WritableStream<StreamWrite> {
    const writer = to.getWriter();
    for (const end of [writer.ready, writer.closed]) end.catch(() => {});
    const digested = new DigestedBytes();
    let head: Uint8Array | undefined;
    let known = true;
    return new WritableStream({
      write: async (chunk) => {
        if (chunk instanceof Uint8Array) {
          head ??= chunk.slice();
          digested.add(chunk);
        } else if (Buffer.compare(chunk.data, head ?? new Uint8Array()) !== 0) known = false;
        await writer.write(chunk);
      },
      close: async () => {
        await writer.close();
        this.#digests.set(key, known ? digested.end() : undefined);
      },
      abort: (reason) => writer.abort(reason),
    });
  }
}
