/** A song file as the separator wants it: stereo at the model's rate, block by block. */
import { inStereo } from "../audio/downmix.ts";
import { Resampler, resampleLength } from "../audio/resampler.ts";
import type { AudioFormat, AudioSource } from "../audio/source.ts";
import { AudioError } from "../errors.ts";
import { firstUnusable, repairOf, type StereoBlock } from "../separation/sampleQueue.ts";

export class SongReader {
  readonly #source: AudioSource;
  readonly #path: string;
  readonly #rate: number;
  #frames = 0;

  /**
   * @param rate of the model, Hz
   * @throws {AudioError} "unsupported-audio" for a rate outside of 8–192 kHz.
   */
  constructor(source: AudioSource, path: string, rate: number) {
    const { sampleRate } = source.format;
    if (sampleRate < 8000 || sampleRate > 192000) {
      throw new AudioError(
        "unsupported-audio",
        `${path} has a sample rate of ${sampleRate} Hz; 8 to 192 kHz can be separated.`,
        "Convert it to 44.1 kHz first.",
      );
    }
    this.#source = inStereo(source);
    this.#path = path;
    this.#rate = rate;
  }

  /** Of the samples as they are separated: more than two channels are two here. */
  get format(): AudioFormat {
    return this.#source.format;
  }

  /** Frames read so far, at the file's own rate; all of them once {@link blocks} has ended. */
  get frames(): number {
    return this.#frames;
  }

  /** Samples at the model's rate to be expected, if the header tells them or lets them be estimated. */
  get expectedSamples(): number | undefined {
    const { frames, approximateFrames, sampleRate } = this.format;
    const expected = frames ?? approximateFrames;
    return expected === undefined ? undefined : resampleLength(expected, sampleRate, this.#rate);
  }

  #checkFinite(block: readonly Float32Array[]): void {
    for (const channel of block) {
      const at = firstUnusable(channel);
      if (at < 0) continue;
      const position = this.#frames + at;
      const seconds = (position / this.format.sampleRate).toFixed(3);
      throw new AudioError(
        "non-finite-samples",
        `${this.#path}: sample ${position} (at ${seconds} s) is ${channel[at]}.`,
        repairOf(channel[at]),
      );
    }
  }

  /**
   * The samples; mono is given to both channels, more than two are mixed down. At the model's own rate they are the
   * source's arrays.
   * @throws {AudioError} "non-finite-samples", and what the decoder throws.
   */
  async *blocks(signal?: AbortSignal): AsyncGenerator<StereoBlock> {
    const { channels, sampleRate } = this.format;
    const resampler =
      sampleRate === this.#rate ? undefined : new Resampler(sampleRate, this.#rate, channels);
    for await (const block of this.#source.blocks(signal)) {
      this.#checkFinite(block);
      this.#frames += block[0].length;
      yield stereo(resampler?.push(block) ?? block);
    }
    if (resampler) yield stereo(resampler.flush());
  }
}

function stereo(channels: readonly Float32Array[]): StereoBlock {
  return [channels[0], channels[1] ?? channels[0]];
}
