/** A song as MUSDB18's `.stem.mp4`: five AAC streams in one file. */
import { openWithFfmpeg } from "../audio/index.ts";
import { collect } from "./files.ts";
import { type Part, parts, type Song, type Split, type Stereo } from "./song.ts";

export const CONTAINER_ENDING = ".stem.mp4";

/** Number of the audio stream of every part. */
const STREAM = { mixture: 0, drums: 1, bass: 2, other: 3, vocals: 4 } as const;
/** Hz, of all parts, whatever the file's own. */
const RATE = 44100;

export class StemContainer implements Song {
  readonly name: string;
  readonly split: Split | undefined;
  readonly sampleRate = RATE;
  readonly present: ReadonlySet<Part> = new Set(parts);
  readonly #path: string;

  constructor(name: string, split: Split | undefined, path: string) {
    this.name = name;
    this.split = split;
    this.#path = path;
  }

  async read(part: Part, signal?: AbortSignal): Promise<Stereo> {
    const options = { stream: STREAM[part], sampleRate: RATE, channels: 2, format: "a stem file" };
    const strictly = { ...options, tolerance: "none" } as const;
    await using source = await openWithFfmpeg(this.#path, strictly, signal);
    return await collect(this.#path, source, signal);
  }
}
