/** A batch for a band-coupled network: plain data, that a worker makes ahead of time. */
import { ArgumentError } from "../../errors.ts";
import {
  type CoupledArchitecture,
  type CoupledSizes,
  cellFeatures,
  coupledArchitecture,
} from "../../networks/coupled/index.ts";
import { forward, type SliCQTPlan } from "../../transforms/slicqt/index.ts";
import type { TrainingItem } from "../preparedBatch.ts";
import { type StemCells, sumCells } from "./stemCells.ts";

/** A batch as {@link CoupledStep} takes it. The mixture is the sum of the stems. */
export interface CellBatch {
  readonly kind: "cells";
  readonly items: number;
  /** Samples per item and channel. */
  readonly samples: number;
  readonly cells: StemCells;
  /** [bands, 3 × cells, frames·items]. */
  readonly features: Float32Array;
}

/** What a batch is prepared for. */
export interface CellSettings {
  readonly kind: "cells";
  readonly sizes: CoupledSizes;
  readonly causal: boolean;
}

/** The network that batches are prepared for. @throws ArgumentError when the plan's windows are no multiples of 16 */
export function architectureOfPlan(
  plan: SliCQTPlan,
  { sizes, causal }: Pick<CellSettings, "sizes" | "causal">,
): CoupledArchitecture {
  return coupledArchitecture(plan.coefs, sizes, causal);
}

/**
 * Transforms a batch.
 *
 * @throws ArgumentError when the items are not of equal length or an item has not four stereo stems
 */
export function cellBatch(
  plan: SliCQTPlan,
  items: readonly TrainingItem[],
  settings: CellSettings,
): CellBatch {
  const { grid } = architectureOfPlan(plan, settings);
  const stems = items.flatMap((item) => item.stems.flat());
  if (stems.length === 0 || stems.length !== 8 * items.length) {
    throw new ArgumentError("Every item of a batch needs four stereo stems.");
  }
  const cells = sumCells(grid, forward(plan, stems));
  const samples = stems[0].length;
  return {
    kind: "cells",
    items: items.length,
    samples,
    cells,
    features: cellFeatures(grid, cells),
  };
}
