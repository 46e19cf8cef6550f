/** Open-Unmix's and X-UMX's networks with formula weights, those of the reference numbers. */
import { elementCount, type StateDict, type Tensor } from "../../../tensors/index.ts";
import { formulaTensor } from "../../../testing/formulaWeights.ts";
import { xumxName } from "../../xumx/family.ts";
import { type TensorNames, targetShapes, type UmxArchitecture, umxName } from "../architecture.ts";
import type { UmxSizes } from "../settings.ts";

const ranges: readonly (readonly [name: RegExp, lo: number, hi: number])[] = [
  [/^input_mean$/, -0.6, -0.1],
  [/^input_scale$/, 0.3, 0.9],
  [/^output_scale$/, 0.2, 0.6],
  [/^output_mean$/, 0.1, 0.7],
  [/^bn\d\.weight$/, 0.6, 1.4],
  [/^bn\d\.bias$/, -0.4, 0.4],
  [/^bn\d\.running_mean$/, -0.2, 0.2],
  [/^bn\d\.running_var$/, 0.5, 1.5],
  [/^lstm\.bias/, -0.4, 0.4],
];

/** Of weight matrices, times the square root of three over their inputs. */
const scales: readonly (readonly [name: RegExp, scale: number])[] = [
  [/^fc1/, 0.4],
  [/^fc[23]/, 1.6],
  [/^lstm\.weight_ih/, 2.2],
  [/^lstm\.weight_hh/, 1.2],
];

/** Sizes of a model for tests; those of umxhq by default. */
export interface FormulaUmx extends Partial<UmxSizes> {
  readonly hidden: number;
  readonly maxBin?: number;
  readonly directions?: UmxArchitecture["directions"];
}

/** The order of targets in Open-Unmix and in X-UMX. */
export const umxTargets = ["vocals", "drums", "bass", "other"];
export const xumxTargets = ["bass", "drums", "vocals", "other"];

function formulaState(
  { targets = [], frameLength = 4096, channels = 2, ...sizes }: FormulaUmx,
  nameOf: TensorNames,
  hashed: TensorNames = nameOf,
): StateDict {
  const { hidden, maxBin = 1487, directions = ["forward", "reverse"] } = sizes;
  const bins = frameLength / 2 + 1;
  const shapes = targetShapes({ channels, bins, maxBin, hidden, layers: 3, directions });
  const state = new Map<string, Tensor>();
  for (const target of targets) {
    for (const [name, shape] of shapes) {
      const place = nameOf(target, name);
      if (elementCount(shape) === 1 && shape.length === 0) {
        state.set(place, { dtype: "i64", shape, data: BigInt64Array.of(0n) });
        continue;
      }
      const range = ranges.find(([pattern]) => pattern.test(name));
      const scale = scales.find(([pattern]) => pattern.test(name));
      const most = scale ? scale[1] * Math.sqrt(3 / shape[1]) : 0;
      const [lo, hi] = range ? [range[1], range[2]] : [-most, most];
      state.set(place, formulaTensor(hashed(target, name), shape, lo, hi));
    }
  }
  return state;
}

/**
 * A set of Open-Unmix networks.
 * @param hashed the names that the numbers are made from
 */
export function formulaUmx(sizes: FormulaUmx, hashed: TensorNames = umxName) {
  const { targets = umxTargets, sampleRate = 44100, frameLength = 4096, hop = 1024 } = sizes;
  const { channels = 2 } = sizes;
  const own = { targets, sampleRate, frameLength, hop, channels };
  return {
    config: { family: "umx" as const, name: "formula-umx", ...own },
    state: formulaState({ ...sizes, ...own }, umxName, hashed),
  };
}

/** An X-UMX network. */
export function formulaXumx(sizes: FormulaUmx) {
  const { targets = xumxTargets, sampleRate = 44100, frameLength = 4096, hop = 1024 } = sizes;
  const { channels = 2 } = sizes;
  const own = { targets, sampleRate, frameLength, hop, channels };
  return {
    config: { family: "xumx" as const, name: "formula-xumx", ...own },
    state: formulaState({ ...sizes, ...own }, xumxName),
  };
}
