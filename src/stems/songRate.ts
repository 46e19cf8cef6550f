/** Stems on their way back: to the song's rate and channels, cut to the wanted part, exactly as long as it. */
import type { AudioShape } from "../audio/outputFormat.ts";
import { Resampler } from "../audio/resampler.ts";
import type { StereoBlock } from "../separation/sampleQueue.ts";
import type { Stems } from "../separation/separator.ts";

/** The next samples of every stem: one array per channel of the song, all of the same length. */
export type StemChannels = Readonly<Record<string, readonly Float32Array[]>>;

/** The wanted stretch of what is separated, in frames of the song. */
export interface Stretch {
  /** Frames that do not come out. */
  readonly skip: number;
  /** Most frames that come out; may be Infinity. */
  readonly frames: number;
  /** Frames that went into the separation so far; all of them once the stems have ended. */
  separated(): number;
}

/**
 * Blocks of stems of the song's rate and channels (1 or 2), which together are exactly the stretch: there and back,
 * resampling may leave a frame more than the song has, or none of a few. Arrays hold until the next block is asked for.
 *
 * @param names of the stems
 * @param rate of the stems, Hz
 */
export async function* atSongRate(
  stems: AsyncIterable<Stems>,
  names: readonly string[],
  rate: number,
  shape: AudioShape,
  stretch: Stretch,
): AsyncGenerator<StemChannels> {
  const { sampleRate, channels } = shape;
  const count = channels * names.length;
  // At the model's own rate there is nothing to do, not even to copy.
  const resampler = sampleRate === rate ? undefined : new Resampler(rate, sampleRate, count);
  let position = 0;
  let given = 0;
  const wanted = () => Math.min(stretch.frames, stretch.separated() - stretch.skip);
  const cut = (block: readonly Float32Array[]) => {
    const begin = Math.max(0, stretch.skip - position);
    const length = Math.max(0, Math.min(block[0].length - begin, wanted() - given));
    position += block[0].length;
    given += length;
    return block.map((row) => row.subarray(begin, begin + length));
  };
  const byName = (rows: readonly Float32Array[]): StemChannels =>
    Object.fromEntries(
      names.map((name, j) => [name, rows.slice(j * channels, (j + 1) * channels)]),
    );
  for await (const block of stems) {
    const rows = names.flatMap((name) => (channels === 1 ? [mean(block[name])] : block[name]));
    const out = cut(resampler?.push(rows) ?? rows);
    if (out[0].length > 0) yield byName(out);
  }
  const none = Array.from({ length: count }, () => new Float32Array(0));
  const rest = cut(resampler?.flush() ?? none);
  if (rest[0].length > 0) yield byName(rest);
  const missing = wanted() - given;
  if (missing > 0) yield byName(rest.map(() => new Float32Array(missing)));
}

/** The stem of a mono song: the mean of the network's two channels. */
function mean([left, right]: StereoBlock): Float32Array {
  const out = new Float32Array(left.length);
  for (let i = 0; i < out.length; i++) out[i] = (left[i] + right[i]) / 2;
  return out;
}
