/**
 * HAAQI of an estimate, and its gradient by the estimate's samples: reverse mode, written by hand.
 *
 * What is decided by whole numbers is kept as it was found: shifts, and the segments and tiles that count, which depend
 * on the reference alone. There is no noise.
 */
import { throwIfAborted } from "../../../errors.ts";
import type { Samples } from "../../bss/correlations.ts";
import { BANDS, type BandLoss, groupDelay, sensationLevel } from "../cochlea.ts";
import type { BandFeatures } from "../ears.ts";
import { audibleTiles, synchronised, type Tiles } from "../fineStructure.ts";
import { type HaaqiScore, indexOf } from "../haaqi.ts";
import { middleEar } from "../middleEar.ts";
import { audibleSegments, highModulation } from "../modulation.ts";
import { spectralDifference } from "../spectra.ts";
import { type BandOutput, BandTape } from "./bandTape.ts";
import { GradientKernels } from "./gradientKernels.ts";
import { middleEarBack } from "./middleEarBack.ts";
import {
  byParts,
  levelGradient,
  modulationGradient,
  rmsGradient,
  tileWeights,
} from "./qualityGradient.ts";
import { smoothed, smoothedBack } from "./smoothing.ts";
import { type TileMatch, tileGradient, tileMatches, tilePowers } from "./tileGradient.ts";

/** A reference as its ear hears it, made once for any number of estimates. */
export interface HeardReference {
  readonly losses: readonly BandLoss[];
  /** dB SPL of a root mean square of 1. */
  readonly level: number;
  readonly bands: readonly HeardBand[];
  readonly count: number;
  /** Heard it, and hear its estimates. */
  readonly kernels: GradientKernels;
}

interface HeardBand {
  readonly output: BandOutput;
  /** The motion, held back for the slowest band. */
  readonly motion: Float64Array;
  readonly shift: number;
  readonly smooth: Float32Array;
  readonly powers: Float32Array;
}

/** By how many samples envelope and motion of the estimate come later, by band. */
export type BandDelays = readonly (readonly [envelope: number, motion: number])[];

/** A score with its gradient. */
export interface HaaqiGradient {
  readonly score: Omit<HaaqiScore, "fullScale">;
  /** By the estimate's samples. */
  readonly gradient: Float64Array;
}

/** @param signal at 24 kHz, with NAL-R; @param level dB SPL of a root mean square of 1. */
export function hearReference(
  signal: Samples,
  losses: readonly BandLoss[],
  level: number,
  kernels = new GradientKernels(),
): HeardReference {
  const count = signal.length;
  const tape = new BandTape(middleEar(signal), level, kernels.tape(count));
  const outputs = losses.map((loss, k) => tape.forward(k, loss, [0, 0]));
  const delays = outputs.map(({ width }, k) => groupDelay(k, width));
  const slowest = Math.max(...delays);
  const bands = outputs.map((output, k) => {
    const shift = slowest - delays[k];
    const motion = late(output.motion, shift);
    return {
      output,
      motion,
      shift,
      smooth: smoothed(late(output.envelope, shift)),
      powers: tilePowers(motion),
    };
  });
  return { losses, level, bands, count, kernels };
}

/**
 * Scores an estimate against a reference.
 * @param estimate as long as the reference, aligned with it.
 * @param bandwidth "detached" leaves out that the filters' widths depend on the estimate: nearly the same by samples, but
 * not by a network's weights, which can make a whole stem louder.
 * @throws AbortError.
 */
export function haaqiGradient(
  reference: HeardReference,
  estimate: Samples,
  { bandwidth = "exact", delays, signal }: GradientOptions = {},
): HaaqiGradient {
  const { losses, level, count, kernels } = reference;
  const tape = new BandTape(middleEar(estimate), level, kernels.tape(count));
  const delayOf = (k: number) => delays?.[k] ?? ([0, 0] as const);
  // Twice through the bands: the index needs all of them before the first one's gradient is known.
  const bands = losses.map((loss, k) => {
    throwIfAborted(signal);
    return featuresOf(reference, k, tape.forward(k, loss, delayOf(k)));
  });
  const kept = audibleSegments(bands);
  const tiles = audibleTiles(bands);
  addMatches(reference, bands, tiles);
  const enough = kept.length >= 2;
  const modulation = enough ? highModulation(bands, kept) : 0;
  const synchrony = synchronised(bands, tiles);
  const { loud, norm } = spectralDifference(bands);
  const score = indexOf(modulation, synchrony, loud, norm);
  const by = byParts(score);
  const bySmooth = enough ? modulationGradient(bands, kept) : undefined;
  const byLevel = levelGradient(bands, by.loud, by.norm);
  const weights = tileWeights(tiles);
  for (let k = 0; k < BANDS; k++) {
    throwIfAborted(signal);
    const output = tape.forward(k, losses[k], delayOf(k));
    const { shift } = reference.bands[k];
    const [byEnvelope, byMotion] = [new Float64Array(count), new Float64Array(count)];
    if (bySmooth) smoothedBack(kept, bySmooth[k], by.modulation, byEnvelope);
    if (tiles.segments.length >= 2) {
      const motion = late(output.motion, shift);
      const weight = weights[k] * by.synchrony;
      for (const s of tiles.inBand(k)) {
        const found = bands[k].matches[s];
        tileGradient(reference.bands[k].motion, motion, s, found, weight, byMotion);
      }
    }
    const { controlRms, envelopeRms } = output;
    const rms = rmsGradient(byLevel[k], losses[k], controlRms, envelopeRms, level);
    tape.back(
      {
        envelope: early(byEnvelope, shift),
        motion: early(byMotion, shift),
        envelopeRms: rms.envelope,
        controlRms: rms.control,
      },
      bandwidth,
    );
  }
  return { score, gradient: middleEarBack(tape.gradient) };
}

/** What can be chosen about a gradient. */
export interface GradientOptions {
  /** "exact" by default. */
  readonly bandwidth?: "exact" | "detached";
  /** All 0 by default. */
  readonly delays?: BandDelays;
  readonly signal?: AbortSignal | undefined;
}

type Features = BandFeatures & {
  covariances: Float32Array;
  matches: readonly TileMatch[];
  readonly motion: Float64Array;
};

function featuresOf(reference: HeardReference, k: number, output: BandOutput): Features {
  const own = reference.bands[k];
  const loss = reference.losses[k];
  const levelOf = ({ controlRms, envelopeRms }: BandOutput) =>
    sensationLevel(loss, controlRms, envelopeRms, reference.level);
  return {
    width: [own.output.width, output.width],
    envelopeRms: [own.output.envelopeRms, output.envelopeRms],
    controlRms: [own.output.controlRms, output.controlRms],
    level: [levelOf(own.output), levelOf(output)],
    delays: [0, 0],
    shift: own.shift,
    smooth: [own.smooth, smoothed(late(output.envelope, own.shift))],
    powers: own.powers,
    covariances: new Float32Array(own.powers.length),
    matches: [],
    motion: late(output.motion, own.shift),
  };
}

function addMatches(
  reference: HeardReference,
  bands: readonly Features[],
  { inBand }: Tiles,
): void {
  for (const [k, band] of bands.entries()) {
    band.matches = tileMatches(
      reference.bands[k].motion,
      band.motion,
      inBand(k),
      reference.kernels,
    );
    band.covariances = Float32Array.from(band.matches, ({ covariance }) => covariance);
  }
}

/** Later by some samples, as long as before. */
function late(signal: Float64Array, samples: number): Float64Array {
  const out = new Float64Array(signal.length);
  out.set(signal.subarray(0, signal.length - samples), samples);
  return out;
}

/** The way back through {@link late}. */
function early(signal: Float64Array, samples: number): Float64Array {
  const out = new Float64Array(signal.length);
  out.set(signal.subarray(samples));
  return out;
}
