/** A ZIP archive, written as its files come. Audio does not shrink: they are stored as they are. */
import { Zip, ZipPassThrough } from "fflate";
import { AudioError, type StreamWrite } from "xumx-slicq";

/** What the format's fields of 32 bits hold. */
const MOST_BYTES = 0xffffffff;

export class Archive {
  readonly #writer: WritableStreamDefaultWriter<StreamWrite>;
  readonly #zip: Zip;
  #made: Uint8Array[] = [];
  #bytes = 0;

  /** @param stream is closed by {@link close}. */
  constructor(stream: WritableStream<StreamWrite>) {
    this.#writer = stream.getWriter();
    this.#zip = new Zip((error, chunk) => {
      if (error) throw error;
      this.#made.push(chunk);
    });
  }

  /** Adds a file. @throws {AudioError} "too-large" */
  async add(name: string, content: Blob): Promise<void> {
    this.#bytes += content.size;
    if (this.#bytes > MOST_BYTES - (1 << 16)) {
      throw new AudioError(
        "too-large",
        "The stems are more than 4 GB, which a ZIP archive cannot hold.",
        "Export them one by one, or as FLAC.",
      );
    }
    const entry = new ZipPassThrough(name);
    this.#zip.add(entry);
    const reader = content.stream().getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      entry.push(next.value);
      await this.#write();
    }
    entry.push(new Uint8Array(0), true);
    await this.#write();
  }

  async close(): Promise<void> {
    this.#zip.end();
    await this.#write();
    await this.#writer.close();
  }

  async abort(): Promise<void> {
    this.#zip.terminate();
    await this.#writer.abort();
  }

  async #write(): Promise<void> {
    const made = this.#made;
    this.#made = [];
    for (const chunk of made) if (chunk.length > 0) await this.#writer.write(chunk);
  }
}
