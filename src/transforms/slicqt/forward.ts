/** The forward sliCQT and the adjoint of the inverse, of whole signals and of streams. */
import { ArgumentError } from "../../errors.ts";
import { Analysis } from "./analysis.ts";
import type { Coefficients } from "./coefficients.ts";
import { sliceCount } from "./geometry.ts";
import type { SliCQTPlan } from "./plan.ts";

function checkChannels(channels: readonly Float32Array[]): number {
  const samples = channels[0]?.length ?? 0;
  if (samples === 0) throw new ArgumentError("The signal has no samples.");
  if (channels.some((c) => c.length !== samples)) {
    throw new ArgumentError("All channels must have the same number of samples.");
  }
  return samples;
}

/**
 * Forward transform of a whole signal.
 * @param channels one array of samples at 44.1 kHz per channel, any number of channels, at least one sample.
 * @returns coefficients of all S slices (docs/mathematics.md, 1.6).
 * @throws {ArgumentError} for no samples or channels of different lengths.
 */
export function forward(plan: SliCQTPlan, channels: readonly Float32Array[]): Coefficients {
  const samples = checkChannels(channels);
  return new Analysis(plan).slices("analyse", { channels, start: 0 }, 0, sliceCount(plan, samples));
}

/**
 * Adjoint of {@link inverse}: from the gradient with respect to the samples to the gradient with respect to the
 * coefficients, ∂/∂Re + i ∂/∂Im (docs/mathematics.md, 1.8).
 */
export function inverseAdjoint(plan: SliCQTPlan, gradient: readonly Float32Array[]): Coefficients {
  const samples = checkChannels(gradient);
  const signal = { channels: gradient, start: 0 };
  return new Analysis(plan).slices("adjoint", signal, 0, sliceCount(plan, samples));
}

/**
 * Forward transform of a stream: takes samples in blocks of any size and gives each slice as soon as the last
 * sample under its window is there. The same numbers as {@link forward} of the joined blocks.
 */
export class ForwardStream {
  readonly #plan: SliCQTPlan;
  readonly #analysis: Analysis;
  #pending: Float32Array[];
  /** Position of the first pending sample, and of the first not yet received one. */
  #start = 0;
  #end = 0;
  #nextSlice = 0;
  #ended = false;

  constructor(plan: SliCQTPlan, channels: number) {
    if (!Number.isInteger(channels) || channels < 1) {
      throw new ArgumentError(`A stream needs at least one channel, not ${channels}.`);
    }
    this.#plan = plan;
    this.#analysis = new Analysis(plan);
    this.#pending = Array.from({ length: channels }, () => new Float32Array(0));
  }

  /** Adds samples; returns the slices that became complete (possibly none). */
  push(block: readonly Float32Array[]): Coefficients {
    if (this.#ended) throw new ArgumentError("The stream has ended; make a new one.");
    if (block.length !== this.#pending.length) {
      throw new ArgumentError(
        `The stream has ${this.#pending.length} channels, not ${block.length}.`,
      );
    }
    if (block.some((c) => c.length !== block[0].length)) {
      throw new ArgumentError("All channels must have the same number of samples.");
    }
    this.#pending = this.#pending.map((old, c) => {
      const joined = new Float32Array(old.length + block[c].length);
      joined.set(old);
      joined.set(block[c], old.length);
      return joined;
    });
    this.#end += block[0].length;
    const { quarter: h, transition: T, hop } = this.#plan;
    // Slice s needs samples below (2s+1)h + t.
    const complete = Math.floor((this.#end - h - T / 2) / hop) + 1;
    return this.#take(Math.max(0, complete - this.#nextSlice));
  }

  /** Ends the stream; returns the remaining slices. */
  flush(): Coefficients {
    this.#ended = true;
    if (this.#end === 0) return this.#take(0);
    return this.#take(sliceCount(this.#plan, this.#end) - this.#nextSlice);
  }

  #take(count: number): Coefficients {
    const signal = { channels: this.#pending, start: this.#start };
    const out = this.#analysis.slices("analyse", signal, this.#nextSlice, count);
    this.#nextSlice += count;
    const keepFrom = Math.max(this.#start, (this.#nextSlice - 1) * this.#plan.hop);
    const drop = Math.min(keepFrom - this.#start, this.#end - this.#start);
    if (drop > 0) {
      this.#pending = this.#pending.map((c) => c.slice(drop));
      this.#start += drop;
    }
    return out;
  }
}
