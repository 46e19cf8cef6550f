/** Room for samples: in memory for as long as that is little, else in the origin's private files. */
import { MemorySamples } from "./memorySamples.ts";
import type { Samples } from "./samples.ts";

/** Makes room for a track: of so many channels, and about so many frames. */
export type MakeRoom = (channels: number, frames: number) => Promise<Samples>;

export class Rooms {
  /** @param tracks that will be asked for, all of a length. */
  async forSong(_tracks: number): Promise<MakeRoom> {
    return async (channels) => new MemorySamples(channels);
  }

  /** The folder of private files of this page; undefined where the browser has none. */
  async folder(): Promise<FileSystemDirectoryHandle | undefined> {
    return undefined;
  }
}
