/** The queue: one song at a time is separated, and meanwhile the next one decoded. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { ModelStock } from "../models/shelf.ts";
import { usefulThreads } from "../studio/capabilities.ts";
import type { DeviceChoice, SeparatorMeans } from "../studio/protocol.ts";
import type { Studio } from "../studio/studio.ts";
import { QueuedSong, type SongModel } from "./queuedSong.ts";
import type { Song, SongQueue } from "./song.ts";

/** What a queue works with. */
export interface QueueParts {
  readonly studio: Studio;
  readonly shelf: ModelStock;
  /** By default "auto". */
  readonly device?: ReadonlySignal<DeviceChoice>;
  /** Workers side by side; 0, the default, is as many as are of use. */
  readonly threads?: ReadonlySignal<number>;
  /** Passes over each song; 1 by default. */
  readonly passes?: ReadonlySignal<number>;
}

/** A queue without songs. Each song is separated with the model that is chosen when its turn comes. */
export function createQueue({ studio, shelf, ...wishes }: QueueParts): SongQueue {
  const songs = signal<readonly QueuedSong[]>([]);
  let closed = false;
  let count = 0;
  const at = (step: QueuedSong["step"]) => songs.value.find((song) => song.step === step);
  /** Starts what can be done now; called whenever that may have changed. */
  const goOn = () => {
    if (closed) return;
    const decoded = at("to be separated");
    if (decoded && !at("separating")) {
      void decoded.separate(chosenModel(shelf), meansOf(wishes));
    }
    // One song is decoded ahead, no more: each takes memory.
    const next = at("to be decoded");
    if (next && !at("decoding") && !at("to be separated")) void next.decode();
  };
  return {
    songs,
    add(files) {
      const added = Array.from(
        files,
        (file) => new QueuedSong(`song ${++count}`, file, studio, goOn),
      );
      songs.value = [...songs.value, ...added];
      goOn();
    },
    async remove(song: Song) {
      const own = songs.value.find(({ id }) => id === song.id);
      songs.value = songs.value.filter(({ id }) => id !== song.id);
      await own?.drop();
      goOn();
    },
    async close() {
      closed = true;
      for (const song of songs.value) song.cancel();
      songs.value = [];
      studio.close();
    },
  };
}

function meansOf({
  device,
  threads,
  passes,
}: Omit<QueueParts, "studio" | "shelf">): SeparatorMeans {
  return {
    device: device?.value ?? "auto",
    threads: threads?.value || usefulThreads(),
    passes: passes?.value ?? 1,
  };
}

function chosenModel(shelf: ModelStock): SongModel {
  const model = shelf.chosen.value;
  return { id: model.id, title: model.title, files: (signal) => shelf.bring(model, signal) };
}
