/** A batch for networks of whole songs: magnitudes of its mixtures and stems, that a worker makes ahead of time. */
import { ArgumentError } from "../../errors.ts";
import { targets as names } from "../../networks/index.ts";
import { binCount, type StftSettings } from "../../transforms/stft/index.ts";
import type { TrainingItem } from "../preparedBatch.ts";
import { type Framing, framesOf, type Spectra } from "./spectra.ts";

/** A batch as {@link UmxStep} takes it. Rows are frames, of each the items one after the other. */
export interface SpectraBatch {
  readonly kind: "spectra";
  readonly items: number;
  /** Samples per item and channel. */
  readonly samples: number;
  readonly frames: number;
  /** A random number of its own, 0 to 2³² − 1, for dropout. */
  readonly draw: number;
  /** Magnitudes of the mixture's lower bins, [rows, 2·maxBin]. */
  readonly lower: Float32Array;
  /** Magnitudes of the mixture, [rows, 2·bins]. */
  readonly mixture: Float32Array;
  /** Of each target's stem, as the mixture. */
  readonly stems: readonly Float32Array[];
  /** For losses of waveforms. */
  readonly waves: BatchWaves | undefined;
}

/** What losses of waveforms need. */
export interface BatchWaves {
  /** The mixture's spectra, [rows, 4·bins]: re, im of left, then of right. */
  readonly mixture: Float32Array;
  /** True stems: left and right of each target of each item. */
  readonly stems: readonly Float32Array[];
}

/** What a batch is prepared for. */
export interface SpectraSettings {
  readonly kind: "spectra";
  readonly stft: StftSettings;
  readonly framing: Framing;
  /** Lower bins that the network sees. */
  readonly maxBin: number;
  readonly targets: readonly string[];
  /** Whether there is a loss of waveforms. */
  readonly waves: boolean;
}

/**
 * Transforms a batch.
 *
 * @param items equally long; the mixture is the sum of the stems unless it is given. A target that is none of the four stems
 *   is the mixture without vocals.
 * @throws ArgumentError when an item has not four stereo stems, or is too short for a frame
 */
export function spectraBatch(
  spectra: Spectra,
  items: readonly TrainingItem[],
  settings: SpectraSettings,
  draw: number,
): SpectraBatch {
  const { framing, maxBin, targets, waves } = settings;
  const samples = items[0]?.stems[0]?.[0]?.length ?? 0;
  for (const { stems } of items) {
    if (stems.length !== names.length || stems.some((stem) => stem.length !== 2)) {
      throw new ArgumentError("Every item of a batch needs four stereo stems.");
    }
  }
  const frames = framesOf(settings.stft, framing, samples);
  const bins = binCount(settings.stft);
  const rows = frames * items.length;
  const lower = new Float32Array(rows * 2 * maxBin);
  const mixture = new Float32Array(rows * 2 * bins);
  const stems = targets.map(() => new Float32Array(rows * 2 * bins));
  const complex = waves ? new Float32Array(rows * 4 * bins) : undefined;
  const waveforms: Float32Array[] = [];
  for (const [i, item] of items.entries()) {
    const whole = item.mixture ?? sumOf(item.stems);
    const place = { items: items.length, item: i, bins };
    const found = spectra.analyse(whole, framing);
    layMagnitudes(found, place, mixture);
    if (complex) layRows(found, { ...place, width: 4 * bins }, complex);
    for (const [j, target] of targets.entries()) {
      const stem = stemOf(item, target, whole);
      layMagnitudes(spectra.analyse(stem, framing), place, stems[j]);
      if (waves) waveforms.push(...stem);
    }
  }
  for (let from = 0, to = 0; to < lower.length; from += bins, to += maxBin) {
    lower.set(mixture.subarray(from, from + maxBin), to);
  }
  const wave = complex && { mixture: complex, stems: waveforms };
  const sizes = { items: items.length, samples, frames, draw };
  return { kind: "spectra", ...sizes, lower, mixture, stems, waves: wave };
}

/** Where an item's frames lie. */
interface Place {
  readonly items: number;
  readonly item: number;
}

function layRows(
  frames: Float32Array,
  { items, item, width }: Place & { readonly width: number },
  into: Float32Array,
): void {
  for (let from = 0, row = item; from < frames.length; from += width, row += items) {
    into.set(frames.subarray(from, from + width), row * width);
  }
}

/** An item's rows of a batch, frame after frame. */
export function rowsOfItem(
  rows: Float32Array,
  { items, item, width }: Place & { readonly width: number },
): Float32Array {
  const out = new Float32Array(rows.length / items);
  for (let to = 0, row = item; to < out.length; to += width, row += items) {
    out.set(rows.subarray(row * width, (row + 1) * width), to);
  }
  return out;
}

function layMagnitudes(
  frames: Float32Array,
  { items, item, bins }: Place & { readonly bins: number },
  into: Float32Array,
): void {
  for (let from = 0, row = item; from < frames.length; from += 4 * bins, row += items) {
    for (let channel = 0; channel < 2; channel++) {
      const re = from + channel * 2 * bins;
      const to = (2 * row + channel) * bins;
      for (let bin = 0; bin < bins; bin++) {
        const x = frames[re + bin];
        const y = frames[re + bins + bin];
        into[to + bin] = Math.sqrt(x * x + y * y);
      }
    }
  }
}

function stemOf({ stems }: TrainingItem, target: string, mixture: readonly Float32Array[]) {
  const all: readonly string[] = names;
  const known = all.indexOf(target);
  if (known >= 0) return stems[known];
  const vocals = stems[names.indexOf("vocals")];
  return mixture.map((channel, c) => channel.map((x, i) => x - vocals[c][i]));
}

function sumOf(stems: TrainingItem["stems"]): readonly Float32Array[] {
  return [0, 1].map((c) => {
    const sum = stems[0][c].slice();
    for (const stem of stems.slice(1)) {
      for (let i = 0; i < sum.length; i++) sum[i] += stem[c][i];
    }
    return sum;
  });
}
