/** A song opened to be separated: the stretch that the separator is given, and the wanted part of it once more. */
import type { DecodeOptions } from "../audio/decode.ts";
import { inStereo, stereoDownmix } from "../audio/downmix.ts";
import { type AudioNotice, noticeText } from "../audio/notices.ts";
import type { AudioShape } from "../audio/outputFormat.ts";
import type { AudioFormat, AudioSource } from "../audio/source.ts";
import type { AudioTags } from "../audio/tags.ts";
import { type Part, type PartFrames, partFrames, type SliceGrid } from "./part.ts";
import type { Song } from "./song.ts";
import type { Stretch } from "./songRate.ts";
import { SongReader } from "./songReader.ts";
import { inMono, stretchOf } from "./sourceView.ts";
import { StepReader } from "./stepReader.ts";

/** What of a song is separated. */
export interface SongView extends Part, DecodeOptions {
  /** Whether the song is mixed down to one channel. */
  readonly mono?: boolean;
}

export class OpenSong implements AsyncDisposable {
  /** Of the song's file. */
  readonly format: AudioFormat;
  readonly tags: AudioTags;
  /** Gives the separator its samples. */
  readonly reader: SongReader;
  /** Which of the samples that were separated are wanted. */
  readonly stretch: Stretch;
  readonly #song: Song;
  readonly #view: SongView;
  readonly #part: PartFrames | undefined;
  readonly #source: AudioSource;

  /**
   * @param grid of the separator's slices.
   * @throws {AudioError}; {@link ArgumentError} for an impossible part.
   */
  static async open(
    song: Song,
    view: SongView,
    grid: SliceGrid,
    signal?: AbortSignal,
  ): Promise<OpenSong> {
    const source = await song.open(signal, view);
    try {
      return new OpenSong(song, view, grid, source);
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  private constructor(song: Song, view: SongView, grid: SliceGrid, source: AudioSource) {
    const { start, duration } = view;
    const whole = start === undefined && duration === undefined;
    const part = whole ? undefined : partFrames(view, source.format.sampleRate, grid);
    const heard = viewed(source, view);
    const separated = part && {
      ...{ from: part.separatedFrom, to: part.separatedTo, least: part.from },
    };
    const reader = new SongReader(
      separated ? stretchOf(heard, separated, song.name) : heard,
      song.name,
      grid.sampleRate,
    );
    this.format = source.format;
    this.tags = source.tags;
    this.reader = reader;
    this.stretch = {
      skip: part ? part.from - part.separatedFrom : 0,
      frames: part ? part.to - part.from : Number.POSITIVE_INFINITY,
      separated: () => reader.frames,
    };
    this.#song = song;
    this.#view = view;
    this.#part = part;
    this.#source = source;
  }

  /** What is worth knowing of the song's file, and what is wrong with it: all, once its samples have been read. */
  get sourceNotices(): readonly AudioNotice[] {
    return this.#source.notices;
  }

  /** The same for people, and what was done to the song on the way. */
  get notices(): readonly string[] {
    const { name } = this.#song;
    const mixed =
      this.format.channels > 2 ? [`${name} is ${stereoDownmix(this.format).description}.`] : [];
    return [...mixed, ...this.sourceNotices.map((notice) => `${name}: ${noticeText(notice)}`)];
  }

  /** Rate and channels of the outputs. */
  get shape(): AudioShape {
    const { sampleRate, channels } = this.reader.format;
    return { sampleRate, channels };
  }

  /** Samples per channel of the outputs, if the song's head tells. */
  get frames(): number | undefined {
    const { frames } = this.reader.format;
    return frames === undefined ? undefined : this.#wanted(frames);
  }

  /** Opens the song once more: its samples as they are separated, from the beginning of the wanted part on. */
  async again(signal?: AbortSignal): Promise<StepReader> {
    const source = await this.#song.open(signal, this.#view);
    const heard = viewed(source, this.#view);
    const part = this.#part;
    const wanted = part ? stretchOf(heard, { ...part, least: part.from }, this.#song.name) : heard;
    return new StepReader(wanted.blocks(signal), this.shape.channels, () => source.close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source.close();
  }

  #wanted(separated: number): number {
    return Math.min(this.stretch.frames, Math.max(0, separated - this.stretch.skip));
  }
}

function viewed(source: AudioSource, { mono }: SongView): AudioSource {
  return mono ? inMono(inStereo(source)) : inStereo(source);
}
