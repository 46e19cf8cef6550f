/** What the page is about at the moment: the song, its player, what is open, what there is to say. */
import {
  computed,
  effect,
  type ReadonlySignal,
  type Signal,
  signal,
  untracked,
} from "@preact/signals";
import type { Exporter } from "../exporting/exporter.ts";
import type { ModelShelf, ShelfModel } from "../models/modelShelf.ts";
import type { SpectrogramArtist } from "../pictures/spectrogram.ts";
import { Player } from "../player/player.ts";
import type { Offline } from "../serviceWorker/offline.ts";
import type { Settings } from "../settings/settings.ts";
import type { Song, SongQueue } from "../songs/song.ts";
import type { Capabilities } from "../studio/capabilities.ts";
import { english } from "../text/english.ts";
import type { Track } from "../tracks/track.ts";
import { isWeights } from "./droppedFiles.ts";
import { type Explanation, explained } from "./explained.ts";
import { Timeline } from "./timeline.ts";

/** What the app is given. */
export interface Services {
  readonly queue: SongQueue;
  readonly shelf: ModelShelf;
  /** The weights of a model of the package's, fetched first if they are away. */
  readonly bringWeights: (model: ShelfModel) => Promise<Blob>;
  readonly exporter: Exporter;
  readonly drawSpectrogram: SpectrogramArtist;
  readonly settings: Settings;
  readonly capabilities: Capabilities;
  readonly offline: Offline;
}

/** Dialogs, of which one is open at most. */
export type DialogName = "export" | "models" | "settings" | "keys";

/** Something to say that stays until it is dismissed. */
export interface Notice extends Explanation {
  readonly id: number;
  readonly kind: "error" | "info";
  /** What can be done about it at once. */
  readonly action?: { readonly title: string; readonly act: () => void } | undefined;
}

/** A song with what it is played by. */
export interface OpenSong {
  readonly song: Song;
  readonly player: Player;
  readonly timeline: Timeline;
}

/** The page's state. */
export class Workspace {
  readonly services: Services;
  readonly page: Signal<"songs" | "live"> = signal("songs");
  readonly dialog: Signal<DialogName | undefined> = signal(undefined);
  /** On narrow screens: whether the list is shown, or the song. */
  readonly listShown = signal(true);
  readonly picture: Signal<"waveform" | "spectrogram"> = signal("waveform");
  readonly notices: Signal<readonly Notice[]> = signal([]);
  /** Said by screen readers. */
  readonly announcement = signal("");
  readonly selected: ReadonlySignal<Song | undefined>;
  /** The selected song, once its facts and a track are known. */
  readonly open: ReadonlySignal<OpenSong | undefined>;

  readonly #selectedId = signal<string | undefined>(undefined);
  readonly #opened = new Map<string, OpenSong>();
  readonly #states = new Map<string, string>();
  #noticed = 0;

  constructor(services: Services) {
    this.services = services;
    const { songs } = services.queue;
    this.selected = computed(
      () => songs.value.find(({ id }) => id === this.#selectedId.value) ?? songs.value[0],
    );
    this.open = computed(() => {
      const song = this.selected.value;
      const facts = song?.facts.value;
      if (!song || !facts || song.tracks.value.length === 0) return undefined;
      return this.#openSong(song, facts.sampleRate);
    });
    effect(() => this.#rest(this.open.value?.song, songs.value));
    effect(() => this.#announceStates(songs.value));
    effect(() => {
      const { updateWaits, update } = services.offline;
      const { update: message, updateHint: hint, updateNow: title } = english.notices;
      if (!updateWaits.value) return;
      untracked(() => this.notice({ message, hint }, "info", { title, act: update }));
    });
  }

  select(song: Song): void {
    this.#selectedId.value = song.id;
    this.page.value = "songs";
    this.listShown.value = false;
  }

  /** Adds songs, and shows the first of them. Weights among the files go onto the shelf. */
  add(files: readonly File[]): void {
    const weights = files.filter(isWeights);
    const others = files.filter((file) => !isWeights(file));
    if (weights.length > 0) void this.addWeights(weights);
    if (others.length > 0) this.#addSongs(others);
    if (files.length === 0) this.notice({ message: english.drop.none }, "info");
  }

  /** Puts weights onto the shelf, and chooses them. What is wrong with them is shown. */
  async addWeights(files: readonly File[]): Promise<void> {
    const { shelf } = this.services;
    try {
      const model = await shelf.addOwn(files);
      shelf.choose(model);
      this.notice({ message: english.models.added(model.title) }, "info");
    } catch (error) {
      this.fail(error);
    }
  }

  #addSongs(files: readonly File[]): void {
    const { queue } = this.services;
    const before = new Set(queue.songs.value);
    queue.add(files);
    const first = queue.songs.value.find((song) => !before.has(song));
    if (first) this.select(first);
    this.announce(english.queue.announceAdded(files.length));
  }

  async remove(song: Song): Promise<void> {
    const title = titleOf(song);
    try {
      await this.#close(song.id);
      await this.services.queue.remove(song);
      this.announce(english.queue.announceRemoved(title));
    } catch (error) {
      this.fail(error);
    }
  }

  announce(text: string): void {
    this.announcement.value = text;
  }

  /** Shows why something did not work. */
  fail(error: unknown): void {
    this.notice(explained(error), "error");
  }

  notice(explanation: Explanation, kind: Notice["kind"], action?: Notice["action"]): void {
    const id = ++this.#noticed;
    const same = this.notices.value.filter(({ message }) => message !== explanation.message);
    this.notices.value = [...same, { ...explanation, id, kind, action }].slice(-4);
  }

  dismiss({ id }: Notice): void {
    this.notices.value = this.notices.value.filter((notice) => notice.id !== id);
  }

  #openSong(song: Song, sampleRate: number): OpenSong {
    const opened = this.#opened.get(song.id);
    if (opened?.player.sampleRate === sampleRate) return opened;
    void opened?.player.close();
    const player = new Player({ sampleRate, tracks: song.tracks });
    effect(() => {
      if (player.failure.value !== undefined) this.fail(player.failure.value);
    });
    const made = { song, player, timeline: new Timeline(player.frames, sampleRate) };
    this.#opened.set(song.id, made);
    return made;
  }

  /** One song sounds at a time, and songs that are gone keep nothing. */
  #rest(shown: Song | undefined, songs: readonly Song[]): void {
    for (const [id, { player }] of this.#opened) {
      if (id !== shown?.id) void player.rest();
      if (!songs.some((song) => song.id === id)) void this.#close(id);
    }
  }

  async #close(id: string): Promise<void> {
    const opened = this.#opened.get(id);
    this.#opened.delete(id);
    await opened?.player.close();
  }

  #announceStates(songs: readonly Song[]): void {
    for (const song of songs) {
      const state = song.state.value;
      const before = this.#states.get(song.id);
      this.#states.set(song.id, state.kind);
      if (before === undefined || before === state.kind) continue;
      if (state.kind === "done") this.announce(english.queue.announceDone(titleOf(song)));
      if (state.kind === "failed") {
        this.announce(english.queue.announceFailed(titleOf(song), state.message));
      }
    }
  }
}

/** The title by the tags, or else the file's name without its ending. */
export function titleOf(song: Song): string {
  const title = song.facts.value?.title.trim();
  return title || song.fileName.replace(/\.[^.]+$/, "") || song.fileName;
}

/** The order in which stems are shown. */
const usual = ["original", "vocals", "drums", "bass", "other"];

/** Tracks in the order in which they are shown, whatever the model's. */
export function inOrder<T extends Pick<Track, "name">>(tracks: readonly T[]): readonly T[] {
  const place = ({ name }: T) => {
    const at = usual.indexOf(name);
    return at < 0 ? usual.length : at;
  };
  return tracks.toSorted((a, b) => place(a) - place(b));
}

/** A track's name for people. */
export function trackTitle(name: string): string {
  return english.lanes.names[name] ?? name;
}
