/** From a song's samples to its stems, which can be read while they grow. */
import type { Separator } from "xumx-slicq";
import type { MakeRoom } from "../storage/rooms.ts";
import { type KeptSong, KeptTrack } from "./keptSong.ts";
import type { SeparationEvent } from "./protocol.ts";

/** Frames that are handed to the separator at once. */
const STEP = 1 << 16;

/** Share of the work that is done when samples have been taken; the rest is done when their stems are there. */
const TAKEN = 0.7;

/** @throws what {@link Separator.stream} throws; {@link XumxError} "unwritable" */
export async function separateSong(
  song: KeptSong,
  separator: Separator,
  makeRoom: MakeRoom,
  tell: (event: SeparationEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const { sampleRate, channels, frames } = song.facts;
  const tracks = new Map<string, KeptTrack>();
  for (const stem of separator.stems) {
    tracks.set(stem, new KeptTrack(await makeRoom(channels, frames)));
  }
  await song.begin(tracks);
  tell({ kind: "begun", stems: separator.stems, device: separator.runtime.device });
  let taken = 0;
  let ready = 0;
  const progress = () => {
    const fraction = (TAKEN * taken + (1 - TAKEN) * ready) / frames;
    tell({ kind: "progress", fraction });
  };
  const { samples } = song.original;
  // The separator copies what it is given.
  const room = Array.from({ length: channels }, () => new Float32Array(STEP));
  async function* blocks() {
    for (; taken < frames; progress()) {
      const block = room.map((channel) => channel.subarray(0, Math.min(STEP, frames - taken)));
      samples.read(taken, block);
      taken += block[0].length;
      yield { channels: block, sampleRate };
    }
  }
  const stems = separator.stream(blocks(), { signal, reuseBlocks: true, readAhead: Infinity });
  for await (const block of stems) {
    const peaks = separator.stems.map((stem) => song.track(stem).append(block[stem]));
    ready += block[separator.stems[0]][0].length;
    tell({ kind: "grown", ready, peaks });
    progress();
  }
}
