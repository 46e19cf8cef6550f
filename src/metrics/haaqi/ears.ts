/** Ears listen band by band: one to the reference, one to each estimate. What survives a band is small. */
import { createKernels } from "../../kernels/instance.ts";
import type { Pace } from "../pace.ts";
import {
  BANDS,
  type BandLoss,
  centreFrequencies,
  controlWidths,
  gammatonePole,
  groupDelay,
  sensationLevel,
  widthAtLevel,
} from "./cochlea.ts";
import { type EarArrays, EarMemory, lanePairs, NOISE_BLOCK, segmentsOf } from "./earMemory.ts";
import type { LegacyRandom } from "./legacyRandom.ts";
import type { AllLags } from "./longCorrelation.ts";
import { MODEL_RATE } from "./modelRate.ts";
import { lowPass } from "./recursive.ts";

/** A value for the reference's ear, and one for the estimate's. */
export type Both<T> = readonly [reference: T, estimate: T];

/** What one band tells. */
export interface BandFeatures {
  /** Relative widths of the filters. */
  readonly width: Both<number>;
  /** Root mean squares of the envelopes before compression, of the filter and of its control filter. */
  readonly envelopeRms: Both<number>;
  readonly controlRms: Both<number>;
  /** Level above threshold, dB SL. */
  readonly level: Both<number>;
  /** Samples by which envelope and motion of the estimate came later. */
  readonly delays: readonly [number, number];
  /** Samples by which the band is held back for the slowest one. */
  readonly shift: number;
  /** Envelopes in dB SL, smoothed over 8 ms, every 4 ms. */
  readonly smooth: Both<Float32Array>;
  /** Mean squares of the reference's motion, twice, in tiles of 16 ms, every 8 ms. */
  readonly powers: Float32Array;
  /** Largest covariance of the two motions in each tile, 0 to 1; 0 where the reference is inaudible. */
  readonly covariances: Float32Array;
}

/** Who listens, and how loud. */
export interface Listening {
  readonly losses: Both<readonly BandLoss[]>;
  /** dB SPL of a root mean square of 1. */
  readonly level: number;
  /** Where the model's noise comes from; left out: none. */
  readonly random?: LegacyRandom;
  /** Tiles whose reference is below this many dB SL, squared, are not compared. */
  readonly leastTile?: number;
}

/** Amplitude of the model's noise, dB SPL. */
const NOISE_LEVEL = -10;
/** dB SL above which segments count. */
export const AUDIBLE = 2.5;

/** Ears with a memory of their own, for one reference and its estimates at a time. */
export class EarModel {
  readonly #kind: "simd" | "plain";
  #memory: EarMemory | undefined;
  #count = 0;
  #estimates = 0;

  /** @param kind "plain" runs the slow twins of the kernels. */
  constructor(kind: "simd" | "plain" = "simd") {
    this.#kind = kind;
  }

  /** Makes room for a reference and estimates of up to `capacity` samples. */
  makeRoom(capacity: number, estimates: number): void {
    const { capacity: present = 0, ears = [] } = this.#memory ?? {};
    if (present >= capacity && ears.length > estimates) return;
    this.#memory = undefined;
    this.#memory = new EarMemory(createKernels(this.#kind), capacity, estimates);
  }

  /** Says how long a reference and its estimates are, at most as there is room for; signals after the middle ear, at 24 kHz, come next: {@link input}. */
  prepare(count: number, estimates: number): void {
    this.makeRoom(count, estimates);
    this.#count = count;
    this.#estimates = estimates;
  }

  /** Correlates whole signals of at most as many samples as there is room for, before the ears listen. */
  get correlate(): AllLags {
    return this.#room().correlate;
  }

  /** Where a signal is to be put: `count` samples. @param ear 0 for the reference, then the estimates. */
  input(ear: number): Float32Array {
    const memory = this.#room();
    return memory.view(memory.ears[ear].input, 0, this.#count);
  }

  /**
   * Listens to the signals that were put in. The reference's ear works once, whatever the number of estimates.
   * @returns what the bands tell of each estimate.
   * @throws AbortError.
   */
  async listen(
    listening: Listening,
    pace: Pace,
    onBand?: (band: number) => void,
  ): Promise<readonly (readonly BandFeatures[])[]> {
    const session = new EarSession(this.#room(), this.#count, this.#estimates, listening);
    await session.measureReference(pace);
    const found = Array.from({ length: this.#estimates }, (): BandFeatures[] => []);
    for (let band = 0; band < BANDS; band++) {
      for (const [e, features] of session.band(band).entries()) found[e].push(features);
      onBand?.(band);
      await pace.step();
    }
    session.finish();
    return found;
  }

  #room(): EarMemory {
    if (!this.#memory) throw new Error("the ears have no room yet");
    return this.#memory;
  }
}

/** One reference with its estimates on their way through the bands. */
class EarSession {
  readonly #memory: EarMemory;
  readonly #count: number;
  readonly #listening: Listening;
  /** Those in use: the reference's, then the estimates'. */
  readonly #ears: readonly EarArrays[];
  /** Numbers of the ears, two by two. */
  readonly #lanes: readonly (readonly [number, number])[];
  /** Of the reference, by band. */
  #controls: readonly number[] = [];
  #slowest = 0;

  constructor(memory: EarMemory, count: number, estimates: number, listening: Listening) {
    this.#memory = memory;
    this.#count = count;
    this.#listening = listening;
    this.#ears = memory.ears.slice(0, 1 + estimates);
    this.#lanes = lanePairs([...this.#ears.keys()]);
    this.#seedNoise();
  }

  /** The reference's noise comes first, of all bands; the estimates' goes on from there, the same for all of them. */
  #seedNoise(): void {
    const { random } = this.#listening;
    if (!random) return;
    const { kernels, noises } = this.#memory;
    for (const { generator } of noises) {
      kernels.bytes(generator, random.state.length).set(random.state);
    }
    kernels.exports.normals(noises[1].generator, 0, BANDS * this.#count);
  }

  /** Leaves the generator where the last band's noise ended. */
  finish(): void {
    const { kernels, noises } = this.#memory;
    const { random } = this.#listening;
    random?.state.set(kernels.bytes(noises[1].generator, random.state.length));
  }

  /** Levels of all bands of the reference: the slowest filter is to be known before the first band. */
  async measureReference(pace: Pace): Promise<void> {
    const { kernels, filters } = this.#memory;
    const controls: number[] = [];
    for (let band = 0; band < BANDS; band += 2) {
      this.#setFilter(0, 0, band, controlWidths[band]);
      this.#setFilter(1, 0, band + 1, controlWidths[band + 1]);
      const { input } = this.#ears[0];
      kernels.exports.gammatonePowers(filters, input, input, this.#count, 0, 0);
      controls.push(this.#rms(0), this.#rms(1));
      await pace.step();
    }
    this.#controls = controls;
    this.#slowest = Math.max(...controls.map((_, band) => this.#delayOf(band)));
  }

  band(band: number): readonly BandFeatures[] {
    const { kernels, lags, tiles, results } = this.#memory;
    const { losses, level, leastTile = AUDIBLE * AUDIBLE } = this.#listening;
    const count = this.#count;
    const filtered = this.#filter(band);
    const [x, ...estimates] = this.#ears;
    const signals = this.#ears.map(({ envelope, motion }, ear) => ({
      signals: [envelope, motion] as const,
      energies: filtered[ear].energies,
    }));
    const delays = estimates.map((_, e) => lags.find(signals[0], signals[1 + e], count));
    const shift = this.#slowest - this.#delayOf(band);
    const aligned = this.#hearingCells(band, delays, shift);
    const late = (pointer: number) => pointer - 4 * shift;
    const smooth = aligned.map(({ envelope }) => this.#smooth(late(envelope)));
    const segments = segmentsOf(count, 192);
    const levels = filtered.map(({ controlRms, envelopeRms }, ear) =>
      sensationLevel(losses[ear === 0 ? 0 : 1][band], controlRms, envelopeRms, level),
    );
    return estimates.map((_, e) => {
      kernels.exports.tileCovariances(
        late(x.motion),
        late(aligned[1 + e].motion),
        count,
        tiles,
        leastTile,
        results,
        results + 4 * segments,
      );
      const both = <T>(values: readonly T[]): Both<T> => [values[0], values[1 + e]];
      return {
        width: both(filtered.map(({ width }) => width)),
        envelopeRms: both(filtered.map(({ envelopeRms }) => envelopeRms)),
        controlRms: both(filtered.map(({ controlRms }) => controlRms)),
        level: both(levels),
        delays: delays[e],
        shift,
        smooth: both(smooth),
        powers: kernels.f32(results, segments).slice(),
        covariances: kernels.f32(results + 4 * segments, segments).slice(),
      };
    });
  }

  /** Filters and compression of all ears. */
  #filter(band: number) {
    const { kernels, filters } = this.#memory;
    const { losses, level } = this.#listening;
    const count = this.#count;
    for (const { envelope, motion } of this.#ears) {
      this.#memory.clearMargins(envelope, count);
      this.#memory.clearMargins(motion, count);
    }
    return this.#lanes.flatMap((numbers) => {
      const [a, b] = [this.#ears[numbers[0]], this.#ears[numbers[1]]];
      const both = [0, 1] as const;
      for (const lane of both) this.#setFilter(lane, numbers[lane], band, controlWidths[band]);
      kernels.exports.gammatonePowers(filters, a.input, b.input, count, a.envelope, b.envelope);
      const controlRms = both.map((lane) => this.#rms(lane));
      const width = both.map((lane) =>
        widthAtLevel(band, losses[numbers[lane] === 0 ? 0 : 1][band], controlRms[lane], level),
      );
      for (const lane of both) this.#setFilter(lane, numbers[lane], band, width[lane]);
      kernels.exports.gammatoneBands(
        filters,
        a.input,
        b.input,
        count,
        a.envelope,
        b.envelope,
        a.motion,
        b.motion,
      );
      return both.map((lane) => ({
        controlRms: controlRms[lane],
        width: width[lane],
        envelopeRms: this.#rms(lane),
        energies: [this.#sum(15, lane), this.#sum(16, lane)] as const,
      }));
    });
  }

  #smooth(envelope: number): Float32Array {
    const { kernels, smoothing, results } = this.#memory;
    kernels.exports.smoothEnvelope(envelope, this.#count, smoothing, 96, results);
    return kernels.f32(results, segmentsOf(this.#count, 96)).slice();
  }

  /** Adaptation in place, each estimate where it now begins. @returns those places, the reference's first. */
  #hearingCells(
    band: number,
    delays: readonly (readonly [number, number])[],
    shift: number,
  ): readonly Pick<EarArrays, "envelope" | "motion">[] {
    const memory = this.#memory;
    const { kernels, cells, noises } = memory;
    const count = this.#count;
    const { losses, level, random } = this.#listening;
    const aligned = this.#ears.map(({ envelope, motion }, ear) => {
      const [d, e] = ear === 0 ? [0, 0] : delays[ear - 1];
      return { envelope: envelope + 4 * d, motion: motion + 4 * e };
    });
    for (const [pair, numbers] of this.#lanes.entries()) {
      const rows = kernels.f64(cells[pair], 8).fill(0);
      for (const [lane, ear] of numbers.entries()) {
        rows[lane] = 10 ** ((level - losses[ear === 0 ? 0 : 1][band].inner) / 20);
        rows[2 + lane] = 10 ** ((NOISE_LEVEL - level) / 20);
      }
    }
    for (let at = 0; at < count; at += NOISE_BLOCK) {
      const length = Math.min(NOISE_BLOCK, count - at);
      if (random) {
        for (const { generator, noise } of noises) {
          kernels.exports.normals(generator, noise, length);
        }
      }
      for (const [pair, [i, j]] of this.#lanes.entries()) {
        const [a, b] = [aligned[i], aligned[j]];
        kernels.exports.hairCells(
          cells[pair],
          a.envelope + 4 * at,
          b.envelope + 4 * at,
          a.motion + 4 * at,
          b.motion + 4 * at,
          random ? noises[i === 0 ? 0 : 1].noise : 0,
          random ? noises[1].noise : 0,
          length,
        );
      }
    }
    // What the group delay brings in from the left is silence.
    for (const { envelope, motion } of aligned) {
      memory.view(envelope, -shift, shift).fill(0);
      memory.view(motion, -shift, shift).fill(0);
    }
    return aligned;
  }

  #delayOf(band: number): number {
    const { losses, level } = this.#listening;
    return groupDelay(band, widthAtLevel(band, losses[0][band], this.#controls[band], level));
  }

  #setFilter(lane: number, ear: number, band: number, width: number): void {
    const { kernels, filters } = this.#memory;
    const { losses, level } = this.#listening;
    const a = gammatonePole(band, width);
    const theta = (2 * Math.PI * centreFrequencies[band]) / MODEL_RATE;
    const { outer, knee, ratio } = losses[ear === 0 ? 0 : 1][band];
    const smoothing = lowPass(800, MODEL_RATE);
    const values = [
      ...[a, 4 * a, 4 * a * a, (2 * (1 - a) ** 4) / (1 + 4 * a + 4 * a * a)],
      ...[Math.cos(theta), Math.sin(theta), Math.cos(256 * theta), Math.sin(256 * theta)],
      ...[0, 10 ** ((level - knee) / 10), 10 ** ((100 - knee) / 10)],
      ...[10 ** (-outer / 20), -(1 - 1 / ratio) / 2],
      ...[smoothing.b[0], -smoothing.a[1]],
    ];
    const rows = kernels.f64(filters, 32);
    for (const [row, value] of values.entries()) rows[2 * row + lane] = value;
  }

  /** Root mean square of the envelope that a kernel just made. */
  #rms(lane: number): number {
    return Math.sqrt(this.#sum(8, lane) / this.#count);
  }

  /** A sum that a kernel left in a row. */
  #sum(row: number, lane: number): number {
    const { kernels, filters } = this.#memory;
    return kernels.f64(filters + 16 * row, 2)[lane];
  }
}
