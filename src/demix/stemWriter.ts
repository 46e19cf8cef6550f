/** One stem on its way to a file: back to the song's rate and channels, exactly as long as the song. */
import { Resampler, WavWriter } from "../audio/index.ts";
import type { StereoBlock } from "../separation/index.ts";
import { SAMPLE_RATE } from "../slicqt/index.ts";

export class StemWriter implements AsyncDisposable {
  readonly #writer: WavWriter;
  readonly #resampler: Resampler;
  #written = 0;

  /** Opens a float32 WAV file of the song's rate and channels (1 or 2). */
  static async create(
    path: string,
    shape: { readonly sampleRate: number; readonly channels: number },
  ): Promise<StemWriter> {
    return new StemWriter(await WavWriter.create(path, shape));
  }

  private constructor(writer: WavWriter) {
    this.#writer = writer;
    this.#resampler = new Resampler(SAMPLE_RATE, writer.sampleRate, writer.channels);
  }

  get path(): string {
    return this.#writer.path;
  }

  /** Takes the stem's next samples at 44.1 kHz. */
  async write(block: StereoBlock): Promise<void> {
    await this.#put(this.#resampler.push(this.#writer.channels === 1 ? [mono(block)] : block));
  }

  /**
   * Writes what is left, so that the stem has exactly `frames` frames: there and back, resampling may leave a frame
   * more than the song has, or none of a few.
   */
  async finish(frames: number): Promise<void> {
    const rest = this.#resampler.flush();
    await this.#put(
      rest.map((channel) => channel.subarray(0, Math.max(0, frames - this.#written))),
    );
    if (this.#written < frames) {
      await this.#put(rest.map(() => new Float32Array(frames - this.#written)));
    }
  }

  async #put(block: readonly Float32Array[]): Promise<void> {
    if (block[0].length === 0) return;
    this.#written += block[0].length;
    await this.#writer.write(block);
  }

  /** Gives the file its name. */
  async close(): Promise<void> {
    await this.#writer.close();
  }

  /** Removes what was written unless {@link close} was called. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer[Symbol.asyncDispose]();
  }
}

/** The stem of a mono song: the mean of the network's two channels. */
function mono([left, right]: StereoBlock): Float32Array {
  const out = new Float32Array(left.length);
  for (let i = 0; i < out.length; i++) out[i] = (left[i] + right[i]) / 2;
  return out;
}
