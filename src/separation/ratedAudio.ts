/** Audio of any rate, in one channel or two, on its way to the model's rate and stereo, and its stems on their way back. */
import { Resampler } from "../audio/resampler.ts";
import { ArgumentError, AudioError } from "../errors.ts";
import {
  type AudioBlocks,
  type Channels,
  type CheckedAudio,
  checkAudio,
  type InputOptions,
  iterated,
  viewOf,
} from "./audioInput.ts";
import type { StemSamples } from "./conductor.ts";
import { firstUnusable, repairOf, type StereoBlock } from "./sampleQueue.ts";

/** Frames that are worked on at once. */
const BLOCK = 65536;

/** Whether a block's arrays are copied at once, or stay as they are until the next block is asked for. */
export type BlockTerms = "copied" | "lent";

/**
 * One signal, there and back. Its rate and channels are those of its first block. The arrays that are given are copied
 * and neither kept nor changed.
 */
export class RatedAudio {
  readonly #rate: number;
  readonly #options: InputOptions;
  readonly #nameOf: (block: number) => string;
  readonly #terms: BlockTerms;
  #shape: { readonly sampleRate: number; readonly channels: 1 | 2 } | undefined;
  #frames = 0;

  /**
   * @param rate of the model, Hz
   * @param nameOf what messages call the block of a number.
   */
  constructor(
    rate: number,
    options: InputOptions,
    nameOf: (block: number) => string,
    terms: BlockTerms,
  ) {
    this.#rate = rate;
    this.#options = options;
    this.#nameOf = nameOf;
    this.#terms = terms;
  }

  /**
   * The blocks in stereo at the model's rate; mono is on both sides. May be called once.
   * @throws {ArgumentError} as {@link checkAudio}, or where the rate or number of channels changes.
   * @throws {AudioError} "non-finite-samples" for NaN or infinity, with its place.
   */
  async *toModel(blocks: AudioBlocks): AsyncGenerator<StereoBlock> {
    let resampler: Resampler | undefined;
    let count = 0;
    for await (const block of iterated(blocks)) {
      const name = this.#nameOf(count++);
      const checked = checkAudio(block, this.#options, name);
      this.#agree(checked, name);
      const { sampleRate } = checked;
      // A block of one part is copied by the resampler.
      const isCopied = this.#terms === "copied" && checked.channels[0].length > BLOCK;
      const channels = isCopied ? checked.channels.map((c) => c.slice()) : checked.channels;
      resampler ??= new Resampler(sampleRate, this.#rate, channels.length);
      const frames = channels[0].length;
      for (let from = 0; from < frames; from += BLOCK) {
        const to = Math.min(frames, from + BLOCK);
        const part = channels.map((channel, c) => viewOf(channel, from, to, `${name}[${c}]`));
        this.#checkFinite(part, sampleRate);
        this.#frames += to - from;
        yield inStereo(resampler.push(part));
      }
    }
    if (resampler) yield inStereo(resampler.flush());
  }

  /**
   * Stems at the signal's rate and in its channels, together exactly as long as the signal. For each block an array of
   * channels per target.
   *
   * @param stems left and right of every target, in turn.
   * @param reuse whether the arrays may be overwritten when the next block is asked for.
   */
  async *fromModel(
    stems: AsyncIterable<StemSamples>,
    reuse: boolean,
  ): AsyncGenerator<readonly Channels[]> {
    let back: Resampler | undefined;
    let given = 0;
    let rows = 0;
    const cut = (block: readonly Float32Array[]) => {
      const length = Math.min(block[0].length, this.#frames - given);
      given += length;
      return block.map((row) => row.subarray(0, length));
    };
    for await (const block of stems) {
      if (block[0].length === 0) continue;
      const { channels, sampleRate } = this.#known();
      const own = channels === 1 ? inMono(block) : block;
      rows = own.length;
      if (sampleRate === this.#rate) {
        given += own[0].length;
        yield byTarget(reuse || channels === 1 ? own : own.map((row) => row.slice()), channels);
        continue;
      }
      back ??= new Resampler(this.#rate, sampleRate, rows);
      const out = cut(back.push(own));
      if (out[0].length > 0) yield byTarget(out, channels);
    }
    if (!back) return;
    const { channels } = this.#known();
    const rest = cut(back.flush());
    if (rest[0].length > 0) yield byTarget(rest, channels);
    const missing = this.#frames - given;
    if (missing > 0) {
      const zeros = Array.from({ length: rows }, () => new Float32Array(missing));
      yield byTarget(zeros, channels);
    }
  }

  #known() {
    if (!this.#shape) throw new RangeError("stems before any block");
    return this.#shape;
  }

  #agree({ channels, sampleRate }: CheckedAudio, name: string): void {
    this.#shape ??= { sampleRate, channels: channels.length };
    const { sampleRate: rate, channels: count } = this.#shape;
    if (sampleRate === rate && channels.length === count) return;
    throw new ArgumentError(
      `${name} has ${channels.length} channels of ${sampleRate} Hz; those before had ${count} of ${rate} Hz.`,
      "The blocks of a signal have one rate and one number of channels.",
    );
  }

  #checkFinite(channels: Channels, sampleRate: number): void {
    for (const channel of channels) {
      const at = firstUnusable(channel);
      if (at < 0) continue;
      const place = this.#frames + at;
      throw new AudioError(
        "non-finite-samples",
        `Sample ${place} (${(place / sampleRate).toFixed(3)} s) is ${channel[at]}.`,
        repairOf(channel[at]),
      );
    }
  }
}

function inStereo([first, second = first]: readonly Float32Array[]): StereoBlock {
  return [first, second];
}

/** The means of pairs of rows: what a network of two channels makes of one. */
function inMono(rows: StemSamples): Float32Array[] {
  return Array.from({ length: rows.length / 2 }, (_, target) => {
    const left = rows[2 * target];
    const right = rows[2 * target + 1];
    return left.map((sample, i) => (sample + right[i]) / 2);
  });
}

function byTarget(rows: readonly Float32Array[], channels: number): Channels[] {
  return Array.from({ length: rows.length / channels }, (_, target) =>
    rows.slice(target * channels, (target + 1) * channels),
  );
}
