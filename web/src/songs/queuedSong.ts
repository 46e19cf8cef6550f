/** A song of the queue, as the page knows it; what takes time happens in the studio. */
import { batch, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { AbortError, type AudioTags, XumxError } from "xumx-slicq";
import type { HeadFacts, ModelFiles, SeparatorMeans } from "../studio/protocol.ts";
import type { Studio } from "../studio/studio.ts";
import { GrowingTrack } from "../tracks/growingTrack.ts";
import type { Track } from "../tracks/track.ts";
import { Pace } from "./pace.ts";
import type { Song, SongFacts, SongState } from "./song.ts";

/** What a song is separated with. */
export interface SongModel {
  readonly id: string;
  readonly title: string;
  files(signal: AbortSignal): Promise<ModelFiles>;
}

/** Where a song is on its way through the queue. */
type Step = "to be decoded" | "decoding" | "to be separated" | "separating" | "at rest";

export class QueuedSong implements Song {
  readonly id: string;
  readonly file: File;
  readonly #studio: Studio;
  readonly #changed: () => void;
  readonly #state = signal<SongState>({ kind: "waiting" });
  readonly #facts = signal<SongFacts | undefined>(undefined);
  readonly #model = signal<string | undefined>(undefined);
  readonly #tracks: Signal<readonly Track[]> = signal([]);
  #tags: AudioTags = {};
  #step: Step = "to be decoded";
  #controller = new AbortController();

  /** @param changed is called when there may be work for the queue. */
  constructor(id: string, file: File, studio: Studio, changed: () => void) {
    this.id = id;
    this.file = file;
    this.#studio = studio;
    this.#changed = changed;
  }

  get fileName(): string {
    return this.file.name;
  }

  get state(): ReadonlySignal<SongState> {
    return this.#state;
  }

  get facts(): ReadonlySignal<SongFacts | undefined> {
    return this.#facts;
  }

  get model(): ReadonlySignal<string | undefined> {
    return this.#model;
  }

  get tracks(): ReadonlySignal<readonly Track[]> {
    return this.#tracks;
  }

  get tags(): AudioTags {
    return this.#tags;
  }

  get step(): Step {
    return this.#step;
  }

  /** Reads the whole file. Failures become the song's state. */
  async decode(): Promise<void> {
    this.#step = "decoding";
    this.#state.value = { kind: "decoding", fraction: 0 };
    const { signal } = this.#controller;
    await this.#try(signal, async () => {
      const { id: song, file } = this;
      const { facts, peaks } = await this.#studio.ask(
        "decode",
        { song, file },
        {
          signal,
          onEvent: (event) => {
            if (event.kind === "head") this.#know(event.facts);
            else this.#state.value = { kind: "decoding", fraction: event.fraction };
          },
        },
      );
      const original = this.#track("original", facts);
      original.grow(peaks, facts.frames);
      batch(() => {
        this.#know(facts);
        this.#tracks.value = [original];
        this.#state.value = { kind: "waiting" };
      });
      this.#step = "to be separated";
    });
  }

  /** Separates what was decoded. Failures become the song's state. */
  async separate(model: SongModel, means: SeparatorMeans): Promise<void> {
    this.#step = "separating";
    const { signal } = this.#controller;
    await this.#try(signal, async () => {
      this.#model.value = model.title;
      const files = await model.files(signal);
      const begun = performance.now();
      const pace = new Pace();
      this.#state.value = { kind: "separating", fraction: 0 };
      const stems: GrowingTrack[] = [];
      const [original] = this.#tracks.value;
      await this.#studio.ask(
        "separate",
        { song: this.id, modelKey: model.id, model: files, means },
        {
          signal,
          onEvent: (event) => {
            if (event.kind === "begun") {
              stems.push(...event.stems.map((name) => this.#track(name, original)));
              this.#tracks.value = [original, ...stems];
            } else if (event.kind === "grown") {
              batch(() => {
                for (const [i, stem] of stems.entries()) stem.grow(event.peaks[i], event.ready);
              });
            } else this.#state.value = { kind: "separating", ...pace.at(event.fraction) };
          },
        },
      );
      this.#state.value = { kind: "done", seconds: (performance.now() - begun) / 1e3 };
      this.#step = "at rest";
    });
  }

  cancel(): void {
    if (this.#step === "at rest") return;
    this.#controller.abort();
    if (this.#step === "decoding" || this.#step === "separating") return;
    this.#rest({ kind: "cancelled" });
  }

  again(): void {
    if (this.#step !== "at rest") return;
    this.#controller = new AbortController();
    batch(() => {
      this.#tracks.value = this.#tracks.value.slice(0, 1);
      this.#state.value = { kind: "waiting" };
    });
    this.#step = this.#tracks.value.length > 0 ? "to be separated" : "to be decoded";
    this.#changed();
  }

  /** Stops the work and gives back what is kept. */
  async drop(): Promise<void> {
    this.cancel();
    this.#tracks.value = [];
    await this.#studio.ask("drop", { song: this.id, what: "all" });
  }

  #know(facts: HeadFacts): void {
    const { tags, sampleRate, channels, frames, notices } = facts;
    const { title = withoutEnding(this.fileName), artist, album } = tags;
    this.#tags = tags;
    this.#facts.value = {
      ...{ title, sampleRate, channels, frames, notices },
      ...(artist !== undefined && { artist }),
      ...(album !== undefined && { album }),
    };
  }

  #track(name: string, { channels, frames }: Pick<Track, "channels" | "frames">): GrowingTrack {
    return new GrowingTrack(name, channels, frames, (start, count, signal) =>
      this.#studio.ask("read", { song: this.id, track: name, start, frames: count }, { signal }),
    );
  }

  async #try(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const aborted = signal.aborted || error instanceof AbortError;
      this.#rest(aborted ? { kind: "cancelled" } : failure(error));
    }
    this.#changed();
  }

  /** What was made so far of the stems is gone; the original stays. */
  #rest(state: SongState): void {
    this.#step = "at rest";
    batch(() => {
      this.#tracks.value = this.#tracks.value.slice(0, 1);
      this.#state.value = state;
    });
  }
}

function failure(error: unknown): SongState {
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof XumxError ? error.hint : undefined;
  return { kind: "failed", message, ...(hint !== undefined && { hint }) };
}

/** A file's name without its ending. */
function withoutEnding(fileName: string): string {
  return fileName.replace(/(?<=.)\.[^.]+$/, "");
}
