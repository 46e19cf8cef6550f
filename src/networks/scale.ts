/** The scale of a network's sliCQ transform, as files keep it. */
import { FMAX, type ScaleName, type ScaleOptions, scaleNames } from "../transforms/slicqt/index.ts";
import { MOST_BANDS } from "../transforms/slicqt/scales.ts";
import type { Fields } from "./fields.ts";

/** The frequency scale of the sliCQ transform. */
export interface ModelScale {
  readonly name: ScaleName;
  /** Number of frequencies, before 0 Hz and 22050 Hz are added; `mrstft` ignores it. */
  readonly bins: number;
  /** Lowest frequency in Hz; `mrstft` ignores it. */
  readonly fmin: number;
  /** Offset in Hz, used by `vqlog` alone. */
  readonly gamma: number;
}

/** The scale as the transform's options. */
export function scaleOptions({ name, bins, fmin, gamma }: ModelScale): ScaleOptions {
  return { scale: name, bins, fmin, gamma };
}

/** Names of the fields that hold a scale. */
interface ScaleFields {
  readonly name: string;
  readonly bins: string;
  readonly fmin: string;
}

/** Reads all but gamma. @throws WeightsError "weights-mismatch" naming the field at fault. */
export function readScale(fields: Fields, names: ScaleFields): Omit<ModelScale, "gamma"> {
  return {
    name: fields.oneOf(names.name, scaleNames),
    bins: fields.whole(names.bins, 2, MOST_BANDS),
    fmin: fields.between(names.fmin, 0, FMAX),
  };
}
