/** Short-time spectra of excerpts, and back to waveforms, with the way back (docs/mathematics.md, 7.1 and 7.5). */
import { ArgumentError } from "../../errors.ts";
import { createKernels, type KernelInstance } from "../../kernels/instance.ts";
import { LANES } from "../../kernels/lanes.ts";
import {
  binCount,
  frameCount,
  leadOf,
  leastSamples,
  mirrored,
  StftEngine,
  type StftSettings,
  spanOfFrames,
  spectrumSize,
  windowOf,
} from "../../transforms/stft/index.ts";

/** Where frames lie: the first centred on the first sample, with mirrored ends; or beginning there, with nothing beyond. */
export type Framing = "centred" | "inside";

/** Frames of an excerpt. @throws ArgumentError when it is too short for one */
export function framesOf(settings: StftSettings, framing: Framing, samples: number): number {
  const least = framing === "centred" ? leastSamples(settings) : settings.length;
  if (samples < least) {
    throw new ArgumentError(`An excerpt needs ${least} samples or more, not ${samples}.`);
  }
  return framing === "centred"
    ? frameCount(settings, samples)
    : 1 + Math.floor((samples - settings.length) / settings.hop);
}

/** Transforms stereo excerpts of one length at a time. A spectrum is planar: re, im of left, then of right. */
export class Spectra {
  readonly settings: StftSettings;
  readonly #kernels: KernelInstance;
  readonly #engine: StftEngine;
  readonly #squares: Float64Array;
  /** Where the spectra of four frames lie. */
  readonly #group: number;
  /** Weights for the frames that were asked for last. */
  #known = { frames: 0, weights: new Float64Array(0) };
  #room = 0;
  #places: readonly number[] = [];

  constructor(settings: StftSettings) {
    this.settings = settings;
    this.#kernels = createKernels();
    this.#engine = new StftEngine(this.#kernels, settings);
    this.#group = this.#kernels.allocate(LANES * spectrumSize(settings) * 4);
    this.#squares = windowOf(settings).map((w) => w * w);
  }

  /** Spectra of all frames, one after the other. @throws ArgumentError as {@link framesOf} */
  analyse(channels: readonly Float32Array[], framing: Framing): Float32Array {
    const samples = channels[0].length;
    const frames = framesOf(this.settings, framing, samples);
    const start = framing === "centred" ? -leadOf(this.settings) : 0;
    const span = spanOfFrames(this.settings, frames);
    for (const [c, area] of this.#areas(frames).entries()) {
      // What lies within the excerpt as it is, what lies beyond its ends mirrored.
      const [from, to] = [Math.max(0, start), Math.min(samples, start + span)];
      area.set(channels[c].subarray(from, to), from - start);
      for (let i = start; i < from; i++) area[i - start] = channels[c][mirrored(i, samples)];
      for (let i = to; i < start + span; i++) area[i - start] = channels[c][mirrored(i, samples)];
    }
    return this.#analyseAreas(frames);
  }

  /**
   * Waveforms of centred frames: hop·(frames − 1) samples, divided by the sum of the squared windows that are there. Of the
   * bins 0 and length/2 only real parts count.
   */
  synthesise(spectra: Float32Array): readonly Float32Array[] {
    const { hop } = this.settings;
    const frames = this.#frames(spectra);
    const areas = this.#areas(frames);
    const size = spectrumSize(this.settings);
    for (let frame = 0; frame < frames; frame += LANES) {
      const [left, right] = this.#places.map((place) => place + frame * hop * 4);
      const count = Math.min(LANES, frames - frame);
      const own = spectra.subarray(frame * size, (frame + count) * size);
      this.#kernels.f32(this.#group, own.length).set(own);
      this.#engine.synthesise(this.#group, count, left, right);
    }
    const lead = leadOf(this.settings);
    const weights = this.#weights(frames);
    return areas.map((area) => {
      const wave = new Float32Array(weights.length);
      for (let i = 0; i < wave.length; i++) wave[i] = area[lead + i] * weights[i];
      return wave;
    });
  }

  /** From the gradient by {@link synthesise}'s waveforms to that by real and imaginary parts. */
  synthesiseBack(gradient: readonly Float32Array[]): Float32Array {
    const { length, hop } = this.settings;
    const frames = 1 + gradient[0].length / hop;
    const lead = leadOf(this.settings);
    const weights = this.#weights(frames);
    for (const [c, area] of this.#areas(frames).entries()) {
      const wave = gradient[c];
      for (let i = 0; i < weights.length; i++) area[lead + i] = wave[i] * weights[i];
    }
    const spectra = this.#analyseAreas(frames);
    const bins = binCount(this.settings);
    for (let at = 0; at < spectra.length; at += bins) {
      const isImaginary = (at / bins) % 2 === 1;
      for (let bin = 0; bin < bins; bin++) spectra[at + bin] *= 2 / length;
      for (const edge of [at, at + bins - 1]) spectra[edge] *= isImaginary ? 0 : 0.5;
    }
    return spectra;
  }

  #frames(spectra: Float32Array): number {
    return spectra.length / (4 * binCount(this.settings));
  }

  #analyseAreas(frames: number): Float32Array {
    const size = spectrumSize(this.settings);
    const spectra = new Float32Array(frames * size);
    for (let frame = 0; frame < frames; frame += LANES) {
      const [left, right] = this.#places.map((place) => place + frame * this.settings.hop * 4);
      const count = Math.min(LANES, frames - frame);
      this.#engine.analyse(left, right, count, this.#group);
      spectra.set(this.#kernels.f32(this.#group, count * size), frame * size);
    }
    return spectra;
  }

  /** Zeroed samples of both channels, as many as the frames span and those that a group of four would add. */
  #areas(frames: number): readonly Float32Array[] {
    const room = spanOfFrames(this.settings, frames + LANES);
    if (room > this.#room) {
      this.#places = [0, 1].map(() => this.#kernels.allocate(room * 4));
      this.#room = room;
    }
    return this.#places.map((place) => this.#kernels.f32(place, room).fill(0));
  }

  /** One over the sum of squared windows at each sample of centred frames' waveforms. */
  #weights(frames: number): Float64Array {
    if (this.#known.frames === frames) return this.#known.weights;
    const { length, hop } = this.settings;
    const sums = new Float64Array(spanOfFrames(this.settings, frames));
    for (let frame = 0; frame < frames; frame++) {
      for (let n = 0; n < length; n++) sums[frame * hop + n] += this.#squares[n];
    }
    const lead = leadOf(this.settings);
    const weights = sums.slice(lead, lead + hop * (frames - 1));
    for (let i = 0; i < weights.length; i++) weights[i] = 1 / weights[i];
    this.#known = { frames, weights };
    return weights;
  }
}
