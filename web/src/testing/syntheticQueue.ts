/** A queue, a shelf and an exporter without a separator: songs by formula in whatever state a test wants. */
import { type Signal, signal } from "@preact/signals";
import type { ExportRequest } from "../exporting/exporter.ts";
import type { ModelPresence, ModelShelf, ShelfModel } from "../models/modelShelf.ts";
import type { Song, SongFacts, SongQueue, SongState } from "../songs/song.ts";
import type { Track } from "../tracks/track.ts";
import { FormulaTrack } from "./formulaTrack.ts";

const RATE = 44100;
const STEMS = ["bass", "vocals", "other", "drums"] as const;

/** A song whose state, facts and tracks a test sets. */
export class SyntheticSong implements Song {
  readonly id: string;
  readonly fileName: string;
  readonly state: Signal<SongState> = signal({ kind: "waiting" });
  readonly facts: Signal<SongFacts | undefined> = signal(undefined);
  readonly model: Signal<string | undefined> = signal(undefined);
  readonly tracks: Signal<readonly Track[]> = signal([]);

  constructor(id: string, fileName: string) {
    this.id = id;
    this.fileName = fileName;
  }

  cancel(): void {
    this.state.value = { kind: "cancelled" };
  }

  again(): void {
    this.state.value = { kind: "waiting" };
  }

  /** Decoded, and its stems separated to a fraction; 1 is done. */
  separate(seconds: number, fraction: number, artist = "The Formulas"): this {
    const frames = Math.round(seconds * RATE);
    const title = this.fileName.replace(/\.[^.]+$/, "");
    const stems = STEMS.map((name) => new FormulaTrack(name, frames, sounds[name]));
    const original = new FormulaTrack("original", frames, (channel, frame) =>
      STEMS.reduce((sum, name) => sum + sounds[name](channel, frame), 0),
    );
    for (const { ready } of stems) ready.value = Math.round(fraction * frames);
    this.facts.value = {
      ...{ title, artist, album: "Closed Forms", sampleRate: RATE, channels: 2, frames },
      notices: ["The tags name a length of 3:10; there are 3:00 of samples."],
    };
    this.model.value = "xumx-slicq";
    this.tracks.value = [original, ...stems];
    this.state.value =
      fraction < 1
        ? { kind: "separating", fraction, secondsLeft: 9 }
        : { kind: "done", seconds: 8.4 };
    return this;
  }
}

const turn = (frame: number, hertz: number) => Math.sin((2 * Math.PI * hertz * frame) / RATE);
/** 0 to 1 within each stretch of so many seconds. */
const saw = (frame: number, seconds: number) => (frame / RATE / seconds) % 1;
/** A wave that is the same for the same frame, and like noise. */
const noise = (frame: number) => {
  const mixed = Math.imul(frame ^ (frame >>> 13), 0x5bd1e995);
  return ((mixed ^ (mixed >>> 15)) & 0xffff) / 0x8000 - 1;
};
const scale = [0, 3, 5, 7, 10, 12, 10, 7];
const note = (frame: number, seconds: number, base: number) => {
  const at = Math.floor(frame / RATE / seconds);
  return base * 2 ** (scale[(at * 5) % scale.length] / 12);
};
/** Loud and quiet parts of the song. */
const part = (frame: number, from: number, to: number) => {
  const at = (frame / RATE / 48) % 1;
  return at >= from && at < to ? 1 : 0.12;
};

/** What the stems sound like. */
const sounds: Readonly<Record<(typeof STEMS)[number], (channel: number, frame: number) => number>> =
  {
    bass: (_, frame) =>
      0.22 *
      part(frame, 0.1, 0.95) *
      turn(frame, note(frame, 0.5, 55)) *
      (1 - 0.7 * saw(frame, 0.5)),
    vocals: (channel, frame) => {
      const swell = Math.sin(Math.PI * saw(frame, 3.2)) ** 2;
      const hertz = note(frame, 0.8, 330);
      const voice = [1, 2, 3, 4].reduce((v, n) => v + turn(frame, n * hertz) / n, 0);
      return (0.14 - 0.02 * channel) * part(frame, 0.2, 0.8) * swell * voice;
    },
    other: (channel, frame) =>
      0.08 *
      (1 + 0.4 * turn(frame, 0.2 + 0.1 * channel)) *
      [4, 5, 6].reduce((v, n) => v + turn(frame, (note(frame, 2, 110) * n) / 2), 0),
    drums: (_, frame) => {
      const kick = turn(frame, 60) * Math.exp(-18 * saw(frame, 0.5));
      const hat = noise(frame) * Math.exp(-60 * saw(frame, 0.25));
      return part(frame, 0.05, 0.9) * (0.4 * kick + 0.16 * hat);
    },
  };

/** A queue to which files are added as songs that wait. */
export class SyntheticQueue implements SongQueue {
  readonly songs: Signal<readonly SyntheticSong[]> = signal([]);
  #count = 0;

  add(files: Iterable<File>): void {
    for (const { name } of files) this.put(name);
  }

  /** Adds a song by its file's name. */
  put(fileName: string): SyntheticSong {
    const song = new SyntheticSong(`song ${++this.#count}`, fileName);
    this.songs.value = [...this.songs.value, song];
    return song;
  }

  async remove(song: Song): Promise<void> {
    this.songs.value = this.songs.value.filter(({ id }) => id !== song.id);
  }

  async close(): Promise<void> {
    this.songs.value = [];
  }
}

/** A shelf of models, among them one that is being fetched and one of the user's own. */
export function syntheticShelf(): ModelShelf {
  const model = (
    id: string,
    bytes: number,
    presence: ModelPresence,
    more: Partial<ShelfModel> = {},
  ): ShelfModel => ({
    ...{ id, title: id, bytes, terms: "non-commercial", targets: STEMS, own: false },
    ...more,
    presence: signal(presence),
  });
  const models = signal<readonly ShelfModel[]>([
    model("xumx-slicq", 14_600_000, { kind: "here" }),
    model("xumx-slicq-live", 1_100_000, { kind: "away" }, { liveDelay: 0.0857 }),
    model(
      "xumx-slicq-realtime",
      9_800_000,
      { kind: "coming", fraction: 0.42 },
      { liveDelay: 0.768 },
    ),
    model("my-choir", 30_200_000, { kind: "here" }, { own: true, terms: "yours" }),
  ]);
  const chosen = signal(models.value[0]);
  return {
    models,
    chosen,
    choose(model) {
      chosen.value = model;
    },
    async addOwn([file]) {
      throw Object.assign(new Error(`${file.name} holds no weights of a known network.`), {
        hint: "Give a .safetensors file, or a .pth with its .json.",
      });
    },
    async forget(model) {
      models.value = models.value.filter(({ id }) => id !== model.id);
    },
  };
}

/** Writes nothing, and remembers what was asked for. */
export function syntheticExporter(requests: ExportRequest[]) {
  return async (request: ExportRequest): Promise<readonly string[]> => {
    requests.push(request);
    request.onProgress?.(1);
    return [request.what.kind === "mix" ? "song (mix).flac" : "song.zip"];
  };
}
