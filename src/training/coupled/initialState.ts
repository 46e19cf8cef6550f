/** The weights that a band-coupled network starts with. */
import { type CoupledArchitecture, coupledShapes, FEATURES } from "../../networks/coupled/index.ts";
import { elementCount, type StateDict, type Tensor } from "../../tensors/index.ts";
import { Random } from "../data/random.ts";
import type { CellBatch } from "./cellBatch.ts";

/** Stream of random numbers for weights: none of the numbers of a batch's items. */
const WEIGHTS = 2 ** 52;

/** What a layer adds is small at first, so that many in a row change little. */
const LAYER_SHARE = 0.35;
/** Variance that every feature has at least: of log powers, and of balance and likeness. */
const LEAST_VARIANCE = [0.1, 0.05, 0.05];

/** Means and one over deviations of the features of batches; cells that are empty are taken out. */
export function featureStatistics(
  { sizes }: CoupledArchitecture,
  batches: readonly CellBatch[],
): { readonly mean: Float32Array; readonly scale: Float32Array } {
  const [first] = batches;
  const rows = first.features.length / (first.cells.frames * first.items);
  const mean = new Float32Array(rows);
  const scale = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    let squares = 0;
    let count = 0;
    for (const { features, cells, items } of batches) {
      const width = cells.frames * items;
      for (let i = row * width; i < (row + 1) * width; i++) {
        sum += features[i];
        squares += features[i] ** 2;
      }
      count += width;
    }
    const middle = sum / count;
    const variance = squares / count - middle * middle;
    const kind = Math.floor(row / sizes.bandCells) % FEATURES;
    mean[row] = middle;
    scale[row] = squares === 0 ? 0 : 1 / Math.sqrt(Math.max(0, variance) + LEAST_VARIANCE[kind]);
  }
  return { mean, scale };
}

/**
 * Random weights: normal, of variance 2/fan-in (He and others 2015), smaller in what layers add and in the last one; no
 * biases.
 *
 * @param statistics of the features; by default they are taken as they are
 */
export function initialCoupledState(
  architecture: CoupledArchitecture,
  seed: number,
  statistics?: { readonly mean: Float32Array; readonly scale: Float32Array },
): StateDict {
  const state = new Map<string, Tensor>();
  let number = 0;
  for (const [name, shape] of coupledShapes(architecture)) {
    const random = Random.of(seed, WEIGHTS, number++);
    const data = new Float32Array(elementCount(shape));
    const deviation = deviationOf(name, shape);
    if (deviation > 0) for (let i = 0; i < data.length; i++) data[i] = deviation * normal(random);
    if (name === "input.mean" && statistics) data.set(statistics.mean);
    if (name === "input.scale") data.set(statistics?.scale ?? data.fill(1));
    state.set(name, { dtype: "f32", shape, data });
  }
  return state;
}

function deviationOf(name: string, shape: readonly number[]): number {
  if (!name.endsWith(".weight")) return 0;
  if (name === "masks.weight") return 0.5 / Math.sqrt(shape[2]);
  if (name.endsWith("time.weight")) return LAYER_SHARE * Math.sqrt(2 / (shape[1] * shape[3]));
  const share = name.endsWith("bands.weight") ? LAYER_SHARE : 1;
  return share * Math.sqrt(2 / shape[2]);
}

/** A normal number (Box, Muller 1958). */
function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(random.uniform(Number.EPSILON, 1)));
  return radius * Math.cos(random.uniform(0, 2 * Math.PI));
}
