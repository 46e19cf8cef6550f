/** Room for samples: in memory for as long as that is little, else in the origin's private files. */
import { FileSamples } from "./fileSamples.ts";
import { MemorySamples } from "./memorySamples.ts";
import { openPrivateFolder } from "./privateFolder.ts";
import type { Samples } from "./samples.ts";

/** Makes room for a track: of so many channels, and about so many frames, 0 if that is not known. */
export type MakeRoom = (channels: number, frames: number) => Promise<Samples>;

/** Most bytes of samples in memory: the tracks of two and a half minutes. */
const MOST_IN_MEMORY = 1 << 28;

/** All room that one worker has. */
export class Rooms {
  readonly #most: number;
  readonly #opening: Promise<FileSystemDirectoryHandle | undefined>;
  #inMemory = 0;
  #files = 0;

  /**
   * @param most bytes of samples in memory
   * @param folder of private files; the origin's by default
   */
  constructor(most = MOST_IN_MEMORY, folder = openPrivateFolder()) {
    this.#most = most;
    this.#opening = folder;
  }

  /** The folder of private files; undefined where the browser has none. */
  folder(): Promise<FileSystemDirectoryHandle | undefined> {
    return this.#opening;
  }

  /** @throws {DOMException} where no file can be made. */
  async make(channels: number, frames: number): Promise<Samples> {
    const bytes = channels * frames * Float32Array.BYTES_PER_ELEMENT;
    const folder = await this.#opening;
    const fits = frames > 0 && this.#inMemory + bytes <= this.#most;
    if (folder && !fits) return this.#inFile(channels, folder);
    this.#inMemory += bytes;
    return new MemorySamples(channels, () => {
      this.#inMemory -= bytes;
    });
  }

  async #inFile(channels: number, folder: FileSystemDirectoryHandle): Promise<Samples> {
    const name = `track-${++this.#files}`;
    const file = await folder.getFileHandle(name, { create: true });
    const handle = await file.createSyncAccessHandle();
    return new FileSamples(channels, { handle, remove: () => folder.removeEntry(name) });
  }
}
