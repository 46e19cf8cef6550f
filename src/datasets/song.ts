/** What a data set is made of: songs whose mixture and stems can be read one at a time. */
import { DataError } from "../errors.ts";
import { perTargetInTurn, type Target, targets } from "../networks/index.ts";

/** The parts of a song. */
export type Part = "mixture" | Target;

/** All parts, the mixture first. */
export const parts: readonly Part[] = ["mixture", ...targets];

/** Left and right, equally long. */
export type Stereo = readonly [Float32Array, Float32Array];

/** The splits of MUSDB18: the training songs without the 14 validation songs, those, and the test songs. */
export const splits = ["train", "valid", "test"] as const;

/** What a song of a data set is for. */
export type Split = (typeof splits)[number];

/** One song of a data set. Nothing is decoded before {@link Song.read}. */
export interface Song {
  /** "Artist - Title", or the folder's name. Unique in its data set. */
  readonly name: string;
  /** Undefined where the data set has no splits. */
  readonly split: Split | undefined;
  /** Hz, of everything {@link read} gives. */
  readonly sampleRate: number;
  /** The parts that lie on disk. */
  readonly present: ReadonlySet<Part>;
  /**
   * Decodes a part: left and right, float32, nominally within ±1; mono is given to both channels. All parts of a song
   * are equally long.
   *
   * A mixture that is not on disk is the sum of the stems. Where there is no mixture, a missing stem is silence; where
   * there is one, a missing stem is an error.
   * @throws AudioError naming the file: "not-found", "corrupt-audio", "unsupported-audio" (more than two channels, or
   * ffmpeg is needed and missing), "non-finite-samples", …; AbortError.
   */
  read(part: Part, signal?: AbortSignal): Promise<Stereo>;
}

/** The four stems of a song. */
export type SongStems = Readonly<Record<Target, Stereo>>;

/**
 * Reads all four stems.
 * @throws DataError if they differ in length, and what {@link Song.read} throws.
 */
export async function readStems(song: Song, signal?: AbortSignal): Promise<SongStems> {
  const stems = await perTargetInTurn((target) => song.read(target, signal));
  if (targets.some((target) => stems[target][0].length !== stems.bass[0].length)) {
    const lengths = targets.map((target) => `${target} ${stems[target][0].length}`);
    throw new DataError(
      `The stems of ${song.name} differ in length: ${lengths.join(", ")} samples.`,
      "Cut or pad them to one length.",
    );
  }
  return stems;
}

/** The sum of four stems of equal length. */
export function sumOfStems(stems: SongStems): Stereo {
  const sum = (channel: 0 | 1) => {
    const out = new Float32Array(stems.bass[channel].length);
    // In double, rounded once.
    for (let i = 0; i < out.length; i++) {
      out[i] =
        stems.bass[channel][i] +
        stems.vocals[channel][i] +
        stems.other[channel][i] +
        stems.drums[channel][i];
    }
    return out;
  };
  return [sum(0), sum(1)];
}
