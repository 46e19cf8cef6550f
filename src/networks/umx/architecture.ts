/** Sizes of Open-Unmix's networks, and the tensors that they ask for (docs/mathematics.md, 7.2). */
import { unsupported } from "../fields.ts";
import type { Direction, NamedShapes } from "../network.ts";
import type { UmxSizes } from "./settings.ts";

/** Everything that decides the shapes of one target's network. */
export interface UmxArchitecture {
  readonly channels: 1 | 2;
  /** Bins of a frame. */
  readonly bins: number;
  /** Lower bins that the network sees. */
  readonly maxBin: number;
  /** Width of the layers. */
  readonly hidden: number;
  /** Recurrent layers. */
  readonly layers: number;
  readonly directions: readonly Direction[];
}

/** Units of one direction of a recurrent layer. */
export function units({ hidden, directions }: UmxArchitecture): number {
  return hidden / directions.length;
}

/** Where the tensors of one target's network stand, by the names that they have in Open-Unmix. */
export type TensorNames = (target: string, name: string) => string;

/**
 * The architecture of tensors; whether all agree is for {@link targetShapes} to tell.
 * @throws WeightsError "weights-mismatch" when they belong to another kind of network
 */
export function architectureOf(
  { targets: [target], frameLength, channels }: UmxSizes,
  tensors: NamedShapes,
  nameOf: TensorNames,
): UmxArchitecture {
  const shape = (name: string) => tensors.get(nameOf(target, name))?.shape;
  const [hidden, maxBin] = [shape("bn1.weight")?.[0], shape("input_mean")?.[0]];
  const bins = frameLength / 2 + 1;
  if (!hidden || !maxBin || maxBin > bins) {
    throw unsupported(`The weights hold no network of Open-Unmix for "${target}".`);
  }
  const directions: Direction[] = shape("lstm.weight_ih_l0_reverse")
    ? ["forward", "reverse"]
    : ["forward"];
  if (hidden % directions.length !== 0) {
    throw unsupported(`${hidden} units are not those of two directions.`);
  }
  let layers = 0;
  while (shape(`lstm.weight_ih_l${layers}`)) layers++;
  return { channels, bins, maxBin, hidden, layers, directions };
}

/** The fields of a batch norm. */
const normFields = ["weight", "bias", "running_mean", "running_var"] as const;

/** Names and shapes of one target's tensors, in the order of the original's files. */
export function targetShapes(architecture: UmxArchitecture): Map<string, readonly number[]> {
  const { channels, bins, maxBin, hidden, layers, directions } = architecture;
  const shapes = new Map<string, readonly number[]>([
    ["input_mean", [maxBin]],
    ["input_scale", [maxBin]],
    ["output_scale", [bins]],
    ["output_mean", [bins]],
    ["fc1.weight", [hidden, channels * maxBin]],
  ]);
  const norm = (name: string, size: number) => {
    for (const field of normFields) shapes.set(`${name}.${field}`, [size]);
    shapes.set(`${name}.num_batches_tracked`, []);
  };
  norm("bn1", hidden);
  const own = units(architecture);
  for (let layer = 0; layer < layers; layer++) {
    for (const direction of directions) {
      const end = lstmEnd(layer, direction);
      shapes.set(`lstm.weight_ih_${end}`, [4 * own, hidden]);
      shapes.set(`lstm.weight_hh_${end}`, [4 * own, own]);
      shapes.set(`lstm.bias_ih_${end}`, [4 * own]);
      shapes.set(`lstm.bias_hh_${end}`, [4 * own]);
    }
  }
  shapes.set("fc2.weight", [hidden, 2 * hidden]);
  norm("bn2", hidden);
  shapes.set("fc3.weight", [channels * bins, hidden]);
  norm("bn3", channels * bins);
  return shapes;
}

/** How the names of a recurrent layer's tensors end. */
export function lstmEnd(layer: number, direction: Direction): string {
  return `l${layer}${direction === "reverse" ? "_reverse" : ""}`;
}

/** Names and shapes of all targets' tensors. @throws WeightsError as {@link architectureOf} */
export function expectedShapes(
  sizes: UmxSizes,
  tensors: NamedShapes,
  nameOf: TensorNames,
): Map<string, readonly number[]> {
  const own = targetShapes(architectureOf(sizes, tensors, nameOf));
  return new Map(
    sizes.targets.flatMap((target) =>
      [...own].map(([name, shape]) => [nameOf(target, name), shape] as const),
    ),
  );
}

/** Tensors of a set of Open-Unmix networks: `<target>.<name>`. */
export const umxName: TensorNames = (target, name) => `${target}.${name}`;
