/** Two ears listen band by band: to the reference, and to the estimate. What survives a band is small. */
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
import { EarMemory, NOISE_BLOCK, segmentsOf } from "./earMemory.ts";
import type { LegacyRandom } from "./legacyRandom.ts";
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
  /** Looks at a band's arrays in the kernels' memory, before the next one takes their place: for tests. */
  readonly inspect?: (band: number, stage: EarStage, memory: EarMemory) => void;
}

/** Stages of a band that can be looked at. */
export type EarStage = "control" | "compressed" | "adapted";

/** Amplitude of the model's noise, dB SPL. */
const NOISE_LEVEL = -10;
/** dB SL above which segments count. */
export const AUDIBLE = 2.5;

/** Ears with a memory of their own, for one pair of signals at a time. */
export class EarModel {
  readonly #kind: "simd" | "plain";
  #memory: EarMemory | undefined;

  /** @param kind "plain" runs the slow twins of the kernels. */
  constructor(kind: "simd" | "plain" = "simd") {
    this.#kind = kind;
  }

  /**
   * Listens to two signals.
   * @param signals equally long, at 24 kHz, after the middle ear.
   * @throws AbortError.
   */
  async listen(
    signals: Both<Float64Array>,
    listening: Listening,
    pace: Pace,
    onBand?: (band: number) => void,
  ): Promise<readonly BandFeatures[]> {
    const count = signals[0].length;
    const memory = this.#room(count);
    for (const [i, ear] of memory.ears.entries()) {
      memory.view(ear.input, 0, count).set(signals[i]);
    }
    const session = new EarSession(memory, count, listening);
    await session.measureReference(pace);
    const bands: BandFeatures[] = [];
    for (let band = 0; band < BANDS; band++) {
      bands.push(session.band(band));
      onBand?.(band);
      await pace.step();
    }
    session.finish();
    return bands;
  }

  #room(count: number): EarMemory {
    if (!this.#memory || this.#memory.capacity < count) {
      this.#memory = new EarMemory(createKernels(this.#kind), count);
    }
    return this.#memory;
  }
}

/** One pair of signals on its way through the bands. */
class EarSession {
  readonly #memory: EarMemory;
  readonly #count: number;
  readonly #listening: Listening;
  /** Of the reference, by band. */
  #controls: readonly number[] = [];
  #slowest = 0;

  constructor(memory: EarMemory, count: number, listening: Listening) {
    this.#memory = memory;
    this.#count = count;
    this.#listening = listening;
    this.#seedNoise();
  }

  /** The reference's noise comes first, of all bands; the estimate's goes on from there. */
  #seedNoise(): void {
    const { random } = this.#listening;
    if (!random) return;
    const { kernels, ears } = this.#memory;
    for (const { generator } of ears) {
      kernels.bytes(generator, random.state.length).set(random.state);
    }
    kernels.exports.normals(ears[1].generator, 0, BANDS * this.#count);
  }

  /** Leaves the generator where the last band's noise ended. */
  finish(): void {
    const { kernels, ears } = this.#memory;
    const { random } = this.#listening;
    random?.state.set(kernels.bytes(ears[1].generator, random.state.length));
  }

  /** Levels of all bands of the reference: the slowest filter is to be known before the first band. */
  async measureReference(pace: Pace): Promise<void> {
    const { kernels, ears, filters } = this.#memory;
    const controls: number[] = [];
    for (let band = 0; band < BANDS; band += 2) {
      this.#setFilter(0, band, controlWidths[band]);
      this.#setFilter(1, band + 1, controlWidths[band + 1]);
      const { input } = ears[0];
      kernels.exports.gammatonePowers(filters, input, input, this.#count, 0, 0);
      controls.push(this.#rms(0), this.#rms(1));
      await pace.step();
    }
    this.#controls = controls;
    this.#slowest = Math.max(...controls.map((_, band) => this.#delayOf(band)));
  }

  band(band: number): BandFeatures {
    const { kernels, ears, filters } = this.#memory;
    const { losses, level, inspect } = this.#listening;
    const [x, y] = ears;
    const count = this.#count;
    for (const ear of ears) {
      this.#memory.clearMargins(ear.envelope, count);
      this.#memory.clearMargins(ear.motion, count);
    }
    for (const lane of [0, 1]) this.#setFilter(lane, band, controlWidths[band]);
    kernels.exports.gammatonePowers(filters, x.input, y.input, count, x.envelope, y.envelope);
    const controlRms = this.#both((lane) => this.#rms(lane));
    inspect?.(band, "control", this.#memory);
    const width = this.#both((lane) =>
      widthAtLevel(band, losses[lane][band], controlRms[lane], level),
    );
    for (const lane of [0, 1] as const) this.#setFilter(lane, band, width[lane]);
    kernels.exports.gammatoneBands(
      filters,
      x.input,
      y.input,
      count,
      x.envelope,
      y.envelope,
      x.motion,
      y.motion,
    );
    const envelopeRms = this.#both((lane) => this.#rms(lane));
    const delays = this.#memory.lags.find([x.envelope, x.motion], [y.envelope, y.motion], count);
    inspect?.(band, "compressed", this.#memory);
    const shift = this.#slowest - this.#delayOf(band);
    const aligned = this.#hearingCells(band, delays, shift);
    inspect?.(band, "adapted", this.#memory);
    const late = (pointer: number) => pointer - 8 * shift;
    const { smoothing, tiles, results } = this.#memory;
    const smooth = this.#both((lane) => {
      const envelope = lane === 0 ? x.envelope : aligned.envelope;
      kernels.exports.smoothEnvelope(late(envelope), count, smoothing, 96, results);
      return Float32Array.from(kernels.f64(results, segmentsOf(count, 96)));
    });
    const segments = segmentsOf(count, 192);
    kernels.exports.tileCovariances(
      late(x.motion),
      late(aligned.motion),
      count,
      tiles,
      this.#listening.leastTile ?? AUDIBLE * AUDIBLE,
      results,
      results + 8 * segments,
    );
    return {
      width,
      envelopeRms,
      controlRms,
      level: this.#both((lane) =>
        sensationLevel(losses[lane][band], controlRms[lane], envelopeRms[lane], level),
      ),
      delays,
      shift,
      smooth,
      powers: Float32Array.from(kernels.f64(results, segments)),
      covariances: Float32Array.from(kernels.f64(results + 8 * segments, segments)),
    };
  }

  /** Adaptation in place, the estimate where it now begins. @returns that place. */
  #hearingCells(band: number, delays: readonly [number, number], shift: number) {
    const memory = this.#memory;
    const { kernels, ears, cells } = memory;
    const [x, y] = ears;
    const count = this.#count;
    const aligned = {
      envelope: y.envelope + 8 * delays[0],
      motion: y.motion + 8 * delays[1],
    };
    const { losses, level } = this.#listening;
    const rows = kernels.f64(cells, 12).fill(0);
    for (const lane of [0, 1] as const) {
      rows[lane] = level - losses[lane][band].inner;
      rows[2 + lane] = 10 ** ((NOISE_LEVEL - level) / 20);
    }
    const { random } = this.#listening;
    for (let at = 0; at < count; at += NOISE_BLOCK) {
      const length = Math.min(NOISE_BLOCK, count - at);
      if (random) {
        for (const { generator, noise } of ears) kernels.exports.normals(generator, noise, length);
      }
      kernels.exports.hairCells(
        cells,
        x.envelope + 8 * at,
        aligned.envelope + 8 * at,
        x.motion + 8 * at,
        aligned.motion + 8 * at,
        random ? x.noise : 0,
        random ? y.noise : 0,
        length,
      );
    }
    // What the group delay brings in from the left is silence.
    for (const pointer of [x.envelope, x.motion, aligned.envelope, aligned.motion]) {
      memory.view(pointer, -shift, shift).fill(0);
    }
    return aligned;
  }

  #delayOf(band: number): number {
    const { losses, level } = this.#listening;
    return groupDelay(band, widthAtLevel(band, losses[0][band], this.#controls[band], level));
  }

  #setFilter(lane: number, band: number, width: number): void {
    const { kernels, filters } = this.#memory;
    const { losses, level } = this.#listening;
    const a = gammatonePole(band, width);
    const theta = (2 * Math.PI * centreFrequencies[band]) / MODEL_RATE;
    const { outer, knee, ratio } = losses[lane][band];
    const smoothing = lowPass(800, MODEL_RATE);
    const values = [
      ...[a, 4 * a, 4 * a * a, (2 * (1 - a) ** 4) / (1 + 4 * a + 4 * a * a)],
      ...[Math.cos(theta), Math.sin(theta), Math.cos(256 * theta), Math.sin(256 * theta)],
      ...[0, level, knee, -outer / 20, -(1 - 1 / ratio) / 20],
      ...[smoothing.b[0], -smoothing.a[1]],
    ];
    const rows = kernels.f64(filters, 32);
    for (const [row, value] of values.entries()) rows[2 * row + lane] = value;
  }

  /** Root mean square of the envelope that a kernel just made. */
  #rms(lane: number): number {
    const { kernels, filters } = this.#memory;
    return Math.sqrt(kernels.f64(filters + 16 * 8, 2)[lane] / this.#count);
  }

  #both<T>(value: (lane: 0 | 1) => T): Both<T> {
    return [value(0), value(1)];
  }
}
