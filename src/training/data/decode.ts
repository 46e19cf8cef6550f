/** Decodes a source into its cached form, at 44.1 kHz. */
import { Resampler } from "../../audio/index.ts";
import { readStereo, sampleRateOf } from "../../datasets/files.ts";
import { openDataset, type Part, parts, type Song, type Stereo } from "../../datasets/index.ts";
import { AudioError } from "../../errors.ts";
import { SAMPLE_RATE } from "../../transforms/slicqt/index.ts";
import { type CachedSong, writeCachedSong } from "./cachedSong.ts";
import type { Source } from "./sources.ts";

/** Decodes sources; keeps the data sets it has opened. */
export class Decoder {
  readonly #datasets = new Map<string, Promise<ReadonlyMap<string, Song>>>();

  /**
   * Decodes a source to a file.
   *
   * @throws AudioError naming the file at fault, or "corrupt-audio" when the parts are not equally long;
   *   FileError; AbortError
   */
  async decode(source: Source, path: string, signal?: AbortSignal): Promise<CachedSong> {
    const decoded = new Map<Part, Stereo>();
    if (source.kind === "sound") {
      const [file] = source.files;
      const samples = await readStereo(file, signal);
      decoded.set(source.target, toSampleRate(samples, await sampleRateOf(file)));
    } else {
      const song = await this.#song(source.dataset, source.name);
      for (const part of parts) {
        // A mixture that is not on disk is the sum of the stems, which costs no room.
        if (part === "mixture" && !song.present.has(part)) continue;
        decoded.set(part, toSampleRate(await song.read(part, signal), song.sampleRate));
      }
    }
    const lengths = new Map([...decoded].map(([part, [left]]) => [part, left.length]));
    if (new Set(lengths.values()).size > 1) {
      const list = [...lengths].map(([part, length]) => `${part} ${length}`).join(", ");
      throw new AudioError(
        "corrupt-audio",
        `The parts of ${source.name} differ in length: ${list} samples.`,
        "Cut or pad them to one length.",
      );
    }
    return writeCachedSong(path, decoded);
  }

  async #song(folder: string, name: string): Promise<Song> {
    const known =
      this.#datasets.get(folder) ??
      openDataset(folder).then(({ songs }) => new Map(songs.map((song) => [song.name, song])));
    this.#datasets.set(folder, known);
    const song = (await known).get(name);
    if (!song) throw new AudioError("not-found", `${folder} no longer has the song ${name}.`);
    return song;
  }
}

function toSampleRate(samples: Stereo, rate: number): Stereo {
  if (rate === SAMPLE_RATE) return samples;
  const resampler = new Resampler(rate, SAMPLE_RATE, 2);
  const [left, right] = resampler.push(samples);
  const [leftEnd, rightEnd] = resampler.flush();
  return [joined(left, leftEnd), joined(right, rightEnd)];
}

function joined(a: Float32Array, b: Float32Array): Float32Array {
  const out = new Float32Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
