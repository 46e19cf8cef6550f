/** A batch for a band-coupled network: plain data, that a worker makes ahead of time. */
import { ArgumentError } from "../../errors.ts";
import {
  type CoupledSizes,
  cellFeatures,
  coupledArchitecture,
} from "../../networks/coupled/index.ts";
import { planTransform } from "../../transforms/index.ts";
import type { ScaleOptions } from "../../transforms/slicqt/index.ts";
import { type PreparedBatch, preparedBatches, type TrainingItem } from "../preparedBatch.ts";
import { originalLosses, type TrainingPhase } from "../settings.ts";
import { StemCellSums, type StemCells } from "./stemCells.ts";

/** A batch as {@link CoupledStep} takes it. The mixture is the sum of the stems. */
export interface CellBatch {
  readonly kind: "cells";
  readonly items: number;
  /** Samples per item and channel. */
  readonly samples: number;
  readonly cells: StemCells;
  /** [bands, 3 × cells, frames·items]. */
  readonly features: Float32Array;
  /** For Wiener-EM: coefficients of the mixture and its stems. */
  readonly wiener: PreparedBatch | undefined;
}

/** What a batch is prepared for. */
export interface CellSettings {
  readonly kind: "cells";
  readonly sizes: CoupledSizes;
  readonly causal: boolean;
  readonly phase: TrainingPhase;
}

/**
 * What makes batches, in a memory that it keeps.
 *
 * @returns a function that throws ArgumentError when the items are not of equal length or an item has not four stereo stems
 * @throws ArgumentError when the windows are no multiples of 16
 */
export function cellBatches(
  scale: ScaleOptions,
  settings: CellSettings,
): (items: readonly TrainingItem[]) => CellBatch {
  const transform = planTransform({ kind: "slicqt", ...scale });
  const { grid } = coupledArchitecture(transform, settings.sizes, settings.causal);
  const sums = new StemCellSums(grid, transform);
  const { phase } = settings;
  const losses = { ...originalLosses, spectral: "sdr" } as const;
  const wiener = phase.method === "mix" ? undefined : preparedBatches(scale, { phase, losses });
  return (items) => {
    const stems = items.map((item) => item.stems.flat());
    const samples = stems[0]?.[0]?.length ?? 0;
    if (samples === 0 || !stems.every((channels) => channels.length === 8)) {
      throw new ArgumentError("Every item of a batch needs four stereo stems.");
    }
    if (stems.some((channels) => channels.some((channel) => channel.length !== samples))) {
      throw new ArgumentError("All stems of a batch must be equally long.");
    }
    const cells = sums.cells(stems);
    const features = cellFeatures(grid, cells);
    const size = { items: items.length, samples };
    const alone = items.map((item) => ({ stems: item.stems }));
    return { kind: "cells", ...size, cells, features, wiener: wiener?.(alone) };
  };
}
