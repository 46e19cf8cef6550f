/** A song as a folder with one audio file per part. */
import { AudioError } from "../errors.ts";
import { targets } from "../networks/index.ts";
import { lengthOf, readStereo, sampleRateOf } from "./files.ts";
import { type Part, readStems, type Song, type Split, type Stereo, sumOfStems } from "./song.ts";

export interface StemFilesOptions {
  readonly name: string;
  readonly split: Split | undefined;
  /** Path of every part there is. */
  readonly files: ReadonlyMap<Part, string>;
}

export class StemFiles implements Song {
  readonly name: string;
  readonly split: Split | undefined;
  readonly sampleRate: number;
  readonly present: ReadonlySet<Part>;
  readonly #files: ReadonlyMap<Part, string>;
  /** Samples per channel, once known. */
  #frames: number | undefined;

  /**
   * Reads the headers.
   * @throws AudioError naming the file; "unsupported-audio" if the sample rates differ.
   */
  static async open(options: StemFilesOptions): Promise<StemFiles> {
    let rate: number | undefined;
    for (const path of options.files.values()) {
      const own = await sampleRateOf(path);
      if (rate !== undefined && own !== rate) {
        throw new AudioError(
          "unsupported-audio",
          `${path} has a sample rate of ${own} Hz, another part of the song ${rate} Hz.`,
          "Bring all parts of a song to one rate.",
        );
      }
      rate = own;
    }
    if (rate === undefined) {
      throw new AudioError("not-found", `${options.name} has no audio files.`);
    }
    return new StemFiles(options, rate);
  }

  private constructor(options: StemFilesOptions, sampleRate: number) {
    this.name = options.name;
    this.split = options.split;
    this.sampleRate = sampleRate;
    this.present = new Set(options.files.keys());
    this.#files = options.files;
  }

  async read(part: Part, signal?: AbortSignal): Promise<Stereo> {
    const path = this.#files.get(part);
    if (path !== undefined) {
      const samples = await readStereo(path, signal);
      this.#frames ??= samples[0].length;
      return samples;
    }
    if (part === "mixture") return sumOfStems(await readStems(this, signal));
    if (this.present.has("mixture")) {
      throw new AudioError(
        "not-found",
        `${this.name} has no file for ${part}.`,
        `Files must be named after the stems: ${targets.join(", ")}.`,
      );
    }
    const frames = await this.#length(signal);
    return [new Float32Array(frames), new Float32Array(frames)];
  }

  async #length(signal: AbortSignal | undefined): Promise<number> {
    for (const path of this.#files.values()) {
      this.#frames ??= (await lengthOf(path)) ?? (await readStereo(path, signal))[0].length;
    }
    return this.#frames ?? 0;
  }
}
