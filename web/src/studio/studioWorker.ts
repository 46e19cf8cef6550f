/** The worker: all that takes time happens here, so that the page stays free. */
import { ArgumentError } from "xumx-slicq";
import { type MakeRoom, Rooms } from "../storage/rooms.ts";
import { decodeSong } from "./decoding.ts";
import { describeModel } from "./describeModel.ts";
import { exportSounds } from "./exporting.ts";
import { openOutlets } from "./exportPlaces.ts";
import type { KeptSong } from "./keptSong.ts";
import type { StudioProtocol } from "./protocol.ts";
import { separateSong } from "./separating.ts";
import { SeparatorShelf } from "./separatorShelf.ts";
import { serve } from "./serving.ts";

const songs = new Map<string, KeptSong>();
const rooms = new Rooms();
const separators = new SeparatorShelf();
const makeRoom: MakeRoom = (channels, frames) => rooms.make(channels, frames);

function songOf(id: string): KeptSong {
  const song = songs.get(id);
  if (!song) throw new ArgumentError("The song was removed.");
  return song;
}

serve<StudioProtocol>({
  async decode({ song: id, file }, { signal, tell }) {
    await songs.get(id)?.drop();
    songs.delete(id);
    const { song, peaks } = await decodeSong(file, makeRoom, {
      signal,
      head: (facts) => tell({ kind: "head", facts }),
      progress: (fraction) => tell({ kind: "progress", fraction }),
    });
    songs.set(id, song);
    return { facts: song.facts, peaks };
  },

  async separate({ song: id, modelKey, model, means }, { signal, tell }) {
    const song = songOf(id);
    const separator = await separators.get(modelKey, model, means, signal);
    try {
      await separateSong(song, separator, makeRoom, tell, signal);
    } catch (error) {
      await song.dropStems();
      throw error;
    }
    return undefined;
  },

  read({ song, track, start, frames }, { move }) {
    const { samples } = songOf(song).track(track);
    const into = Array.from({ length: samples.channels }, () => new Float32Array(frames));
    samples.read(start, into);
    move(into.map(({ buffer }) => buffer));
    return into;
  },

  async drop({ song: id, what }) {
    const song = songs.get(id);
    if (what === "stems") await song?.dropStems();
    else {
      songs.delete(id);
      await song?.drop();
    }
    return undefined;
  },

  describe: (files) => describeModel(files),

  async spectrogram(request, { signal, move }) {
    const song = songOf(request.song);
    const { samples } = song.track(request.track);
    const { channels } = samples;
    const { sampleRate, frames } = song.facts;
    // Whoever looks at no spectrogram does without its code.
    const { drawSpectrogram } = await import("../pictures/drawSpectrogram.ts");
    const spectrogram = await drawSpectrogram(
      { sampleRate, channels, frames, read: (start, into) => samples.read(start, into) },
      request,
      signal,
    );
    move([spectrogram.picture]);
    return spectrogram;
  },

  async export({ song, sounds, format, archive, place }, { signal, tell }) {
    await using outlets = await openOutlets(place, archive, await rooms.folder());
    const gain = await exportSounds(
      {
        ...{ song: songOf(song), sounds, format, signal },
        progress: (fraction) => tell({ fraction }),
      },
      (fileName) => outlets.outlet(fileName),
    );
    return { ...(await outlets.end()), gain };
  },
});
