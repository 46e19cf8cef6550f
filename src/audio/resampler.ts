/** Streaming conversion of the sample rate, with the filter's delay compensated to the sample. */
import { ArgumentError } from "../errors.ts";
import { createKernels, type KernelInstance } from "../kernels/instance.ts";
import { type SincTable, sincTable } from "./sincTable.ts";
import { MAX_CHANNELS, MAX_SAMPLE_RATE } from "./source.ts";

/** Input frames taken into the kernels' memory at a time. */
const CHUNK = 8192;
/** Below this, filters and outputs grow without sense. */
const MIN_RATE = 1000;

/** Length of `frames` samples after resampling: ceil(frames · toRate / fromRate). */
export function resampleLength(frames: number, fromRate: number, toRate: number): number {
  // In integers: frames · toRate may exceed 2^53.
  const exact = BigInt(frames) * BigInt(toRate);
  return Number((exact + BigInt(fromRate - 1)) / BigInt(fromRate));
}

/** Where the next output lies relative to the history, and the history itself. */
interface Filter {
  readonly table: SincTable;
  readonly kernels: KernelInstance;
  readonly tablePointer: number;
  /** Per channel: the history, `capacity` floats apart. */
  readonly input: number;
  readonly capacity: number;
  readonly output: number;
}

/**
 * Polyphase resampler with a Kaiser-windowed sinc: linear phase, flat to 0.92 of the lower Nyquist frequency,
 * at least 110 dB down above it. (Crochiere & Rabiner, Multirate Digital Signal Processing, 1983.)
 *
 * Output sample n is the signal at time n/toRate; outside of the pushed samples the signal is zero. N pushed
 * samples give exactly {@link resampleLength} samples. How the input is cut into blocks does not change a bit.
 * Equal rates pass samples through unchanged.
 *
 * ```ts
 * const resampler = new Resampler(48000, 44100, 2);
 * for await (const block of source.blocks()) consume(resampler.push(block));
 * consume(resampler.flush());
 * ```
 */
export class Resampler {
  readonly fromRate: number;
  readonly toRate: number;
  readonly channels: number;
  readonly #filter: Filter | undefined;
  /** Frames in the history, of which the outputs to come need those from #first on. */
  #filled = 0;
  #first = 0;
  /** Fraction of the next output's time, in 1/phases. */
  #remainder = 0;

  /**
   * @param fromRate Hz, an integer of 1000 to 768000.
   * @param toRate Hz, likewise.
   * @param channels 1 to 255.
   * @param kernels an instance of its own (the arena keeps the table and the history).
   * @throws ArgumentError for rates or channel counts out of range.
   */
  constructor(fromRate: number, toRate: number, channels: number, kernels?: KernelInstance) {
    for (const rate of [fromRate, toRate]) {
      if (!Number.isInteger(rate) || rate < MIN_RATE || rate > MAX_SAMPLE_RATE) {
        throw new ArgumentError(
          `Cannot resample from ${fromRate} Hz to ${toRate} Hz.`,
          `Sample rates are whole numbers of ${MIN_RATE} to ${MAX_SAMPLE_RATE} Hz.`,
        );
      }
    }
    if (!Number.isInteger(channels) || channels < 1 || channels > MAX_CHANNELS) {
      throw new ArgumentError(
        `Cannot resample ${channels} channels.`,
        `Give 1 to ${MAX_CHANNELS}.`,
      );
    }
    this.fromRate = fromRate;
    this.toRate = toRate;
    this.channels = channels;
    if (fromRate !== toRate) {
      this.#filter = makeFilter(sincTable(fromRate, toRate), channels, kernels ?? createKernels());
      this.#reset(this.#filter);
    }
  }

  /** Input samples after an output's own time that must have come before it can be given. */
  get lookahead(): number {
    return this.#filter ? this.#filter.table.tapsPerRow / 2 : 0;
  }

  /**
   * Takes a block (one array per channel, equal lengths, any length) and returns the output samples that it
   * completes: new arrays, equally long, possibly empty.
   * @throws ArgumentError when the block does not have the resampler's channels or its lengths differ.
   */
  push(block: readonly Float32Array[]): Float32Array[] {
    const frames = block[0]?.length ?? 0;
    if (block.length !== this.channels || block.some((channel) => channel.length !== frames)) {
      throw new ArgumentError(
        `The resampler was made for ${this.channels} channels of equal length; got lengths [${block.map((c) => c.length)}].`,
      );
    }
    const filter = this.#filter;
    if (!filter) return block.map((channel) => channel.slice());
    return this.#run(filter, frames, (channel, from, target) => {
      target.set(block[channel].subarray(from, from + target.length));
    });
  }

  /** Ends the signal and returns its last samples. Afterwards the resampler starts anew, at time zero. */
  flush(): Float32Array[] {
    const filter = this.#filter;
    if (!filter) return Array.from({ length: this.channels }, () => new Float32Array(0));
    const out = this.#run(filter, filter.table.tapsPerRow / 2, (_channel, _from, target) => {
      target.fill(0);
    });
    this.#reset(filter);
    return out;
  }

  /** Outputs that `filled` frames of history suffice for. */
  #ready(filter: Filter, filled: number): number {
    const { phases, step, tapsPerRow } = filter.table;
    const room = filled - tapsPerRow - this.#first + 1;
    return Math.max(0, Math.ceil((room * phases - this.#remainder) / step));
  }

  #run(
    filter: Filter,
    frames: number,
    fill: (channel: number, from: number, target: Float32Array) => void,
  ): Float32Array[] {
    const { kernels, table, capacity, input, output, tablePointer } = filter;
    const { phases, step, rows, tapsPerRow } = table;
    const whole = Math.floor(step / phases);
    const total = this.#ready(filter, this.#filled + frames);
    const out = Array.from({ length: this.channels }, () => new Float32Array(total));
    let done = 0;
    for (let from = 0; from < frames; ) {
      const length = Math.min(capacity - this.#filled, frames - from);
      for (let channel = 0; channel < this.channels; channel++) {
        const end = input + 4 * (channel * capacity + this.#filled);
        fill(channel, from, kernels.f32(end, length));
      }
      from += length;
      this.#filled += length;
      const count = this.#ready(filter, this.#filled);
      for (let channel = 0; channel < this.channels; channel++) {
        kernels.exports.polyphase(
          input + 4 * channel * capacity,
          tablePointer,
          tapsPerRow,
          rows,
          phases,
          whole,
          step % phases,
          this.#first,
          this.#remainder,
          output,
          count,
        );
        out[channel].set(kernels.f32(output, count), done);
      }
      done += count;
      const time = this.#remainder + count * step;
      this.#remainder = time % phases;
      this.#first += Math.floor(time / phases);
      this.#forget(filter);
    }
    return out;
  }

  /** Moves what later outputs need to the front of the history. */
  #forget({ kernels, input, capacity }: Filter): void {
    const gone = Math.min(this.#first, this.#filled);
    for (let channel = 0; channel < this.channels; channel++) {
      kernels.f32(input + 4 * channel * capacity, capacity).copyWithin(0, gone, this.#filled);
    }
    this.#filled -= gone;
    this.#first -= gone;
  }

  #reset({ kernels, input, capacity, table }: Filter): void {
    kernels.f32(input, capacity * this.channels).fill(0);
    // Tap 0 of output 0 weighs input sample 1 − tapsPerRow/2.
    this.#filled = table.tapsPerRow / 2 - 1;
    this.#first = 0;
    this.#remainder = 0;
  }
}

function makeFilter(table: SincTable, channels: number, kernels: KernelInstance): Filter {
  const capacity = table.tapsPerRow + CHUNK;
  const tablePointer = kernels.allocate(table.taps.byteLength);
  const input = kernels.allocate(4 * capacity * channels);
  const most = Math.ceil(((capacity + 1) * table.phases) / table.step) + 1;
  const output = kernels.allocate(4 * most);
  kernels.f32(tablePointer, table.taps.length).set(table.taps);
  return { table, kernels, tablePointer, input, capacity, output };
}
