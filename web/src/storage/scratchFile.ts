/** A file that is written once and then read: in the origin's private files, or in memory where there are none. */
import type { StreamWrite } from "xumx-slicq";

/** A file on its way. */
export interface ScratchFile {
  /** Takes the bytes, and at last perhaps others in place of the first ones. */
  open(): Promise<WritableStream<StreamWrite>>;
  /** What was written, once the stream was closed. */
  content(): Promise<Blob>;
  /** Gives the room back. */
  remove(): Promise<void>;
}

/** @param folder of private files; left out: memory. */
export async function makeScratchFile(
  name: string,
  folder: FileSystemDirectoryHandle | undefined,
): Promise<ScratchFile> {
  if (!folder) return inMemory();
  const file = await folder.getFileHandle(name, { create: true });
  return {
    open: () => fileStream(file),
    content: () => file.getFile(),
    remove: () => folder.removeEntry(name),
  };
}

/** A stream into a file, in the form that audio writers want. */
export async function fileStream(file: FileSystemFileHandle): Promise<WritableStream<StreamWrite>> {
  const stream = await file.createWritable();
  return new WritableStream({
    write: (chunk) => stream.write(writable(chunk)),
    close: () => stream.close(),
    abort: (reason) => stream.abort(reason),
  });
}

function writable(chunk: StreamWrite): FileSystemWriteChunkType {
  // Chunks are overwritten when the next ones come, and files read theirs in another process.
  if (chunk instanceof Uint8Array) return new Uint8Array(chunk);
  return { type: "write", position: chunk.position, data: new Uint8Array(chunk.data) };
}

function inMemory(): ScratchFile {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  return {
    async open() {
      return new WritableStream<StreamWrite>({
        write(chunk) {
          if (chunk instanceof Uint8Array) parts.push(new Uint8Array(chunk));
          // Heads come first, whole.
          else parts[0].set(chunk.data, chunk.position);
        },
      });
    },
    content: async () => new Blob(parts),
    async remove() {
      parts.length = 0;
    },
  };
}
