/** The running means and variances of batch norms: they follow what each batch has. */
import { type Architecture, normLayers } from "../networks/cdae/index.ts";
import type { FloatTensors } from "../runtime/index.ts";
import { statisticName } from "./blockGraph.ts";
import type { BatchSize } from "./blockSessions.ts";
import { blockTensors, type Parameters } from "./parameters.ts";

/** Share of the new batch, as in PyTorch. */
const MOMENTUM = 0.1;

/**
 * Moves a block's running statistics towards those of a batch. The variance, biased in `outputs`, is made the
 * unbiased one.
 *
 * @param outputs results of the block's graph
 */
export function followStatistics(
  { architecture, runningLayout, running }: Parameters,
  block: number,
  outputs: FloatTensors,
  size: BatchSize,
): void {
  const held = blockTensors(runningLayout, block, running);
  for (const layer of normLayers) {
    const count = normalisedOver(architecture, block, layer, size);
    const move = (field: string, which: "mean" | "variance", factor: number) => {
      const values = held[`${layer}.${field}`].data;
      const seen = outputs[statisticName(layer, which)].data;
      for (let i = 0; i < values.length; i++) {
        values[i] = (1 - MOMENTUM) * values[i] + MOMENTUM * factor * seen[i];
      }
    };
    move("running_mean", "mean", 1);
    move("running_var", "variance", count / (count - 1));
  }
}

/** Numbers that a channel of a batch norm is normalised over. */
function normalisedOver(
  { realtime, timeTaps, blocks }: Architecture,
  block: number,
  layer: number,
  { items, slices }: BatchSize,
): number {
  const { bins, frequencyTaps } = blocks[block];
  const outerFrames = 2 * slices - (realtime ? 0 : 1);
  const inner = layer === 4;
  return (
    items *
    (bins - (inner ? 2 : 1) * (frequencyTaps - 1)) *
    (outerFrames - (inner ? timeTaps - 1 : 0))
  );
}
