/**
 * One target's network as the few affine layers that it is when it does not train: means, scales and batch norms folded
 * into the products before or after them (docs/mathematics.md, 7.2).
 */
import { floatData, type StateDict } from "../../tensors/index.ts";
import type { Direction } from "../network.ts";
import { lstmEnd, type TensorNames, type UmxArchitecture, units } from "./architecture.ts";

/** x·weight + bias, with weight [inputs, outputs]. */
export interface Affine {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/** Added to variances. */
const EPSILON = 1e-5;

/** The number of PyTorch's gate at the place of ONNX's: i, f, g, o there, i, o, f, g here. */
const gateOrder = [0, 3, 1, 2] as const;

/** Folded layers of one target. */
export class UmxLayers {
  readonly #state: StateDict;
  readonly #architecture: UmxArchitecture;
  readonly #nameOf: (name: string) => string;

  /** @param state of checked tensors */
  constructor(
    state: StateDict,
    architecture: UmxArchitecture,
    target: string,
    nameOf: TensorNames,
  ) {
    this.#state = state;
    this.#architecture = architecture;
    this.#nameOf = (name) => nameOf(target, name);
  }

  #data(name: string): Float32Array {
    return floatData(this.#state, this.#nameOf(name));
  }

  /** Scale and shift of a batch norm. */
  #norm(name: string): { readonly scale: Float64Array; readonly shift: Float64Array } {
    const [weight, bias, mean, variance] = ["weight", "bias", "running_mean", "running_var"].map(
      (field) => this.#data(`${name}.${field}`),
    );
    const scale = Float64Array.from(weight, (w, i) => w / Math.sqrt(variance[i] + EPSILON));
    return { scale, shift: scale.map((s, i) => bias[i] - mean[i] * s) };
  }

  /** From magnitudes of the lower bins to what tanh is of: mean, scale, fc1, bn1. */
  get encoder(): Affine {
    const { channels, maxBin, hidden } = this.#architecture;
    const weight = this.#data("fc1.weight");
    const mean = this.#data("input_mean");
    const scale = this.#data("input_scale");
    const norm = this.#norm("bn1");
    const inputs = channels * maxBin;
    const folded = new Float32Array(inputs * hidden);
    const bias = new Float32Array(hidden);
    for (let unit = 0; unit < hidden; unit++) {
      let sum = 0;
      for (let i = 0; i < inputs; i++) {
        const bin = i % maxBin;
        const w = weight[unit * inputs + i] * scale[bin] * norm.scale[unit];
        folded[i * hidden + unit] = w;
        sum += w * mean[bin];
      }
      bias[unit] = sum + norm.shift[unit];
    }
    return { weight: folded, bias };
  }

  /** From the encoder's output and the last recurrent layer's to what ReLU is of: fc2, bn2. */
  get joint(): Affine {
    const { hidden } = this.#architecture;
    return folded(this.#data("fc2.weight"), 2 * hidden, this.#norm("bn2"));
  }

  /** To what ReLU makes masks of: fc3, bn3, output scale and mean. */
  get decoder(): Affine {
    const { hidden, bins } = this.#architecture;
    const { scale, shift } = this.#norm("bn3");
    const outputScale = this.#data("output_scale");
    const outputMean = this.#data("output_mean");
    return folded(this.#data("fc3.weight"), hidden, {
      scale: scale.map((s, i) => s * outputScale[i % bins]),
      shift: shift.map((s, i) => s * outputScale[i % bins] + outputMean[i % bins]),
    });
  }

  /** A direction of a recurrent layer, gates in the order of the graph's op. */
  recurrent(layer: number, direction: Direction) {
    const own = units(this.#architecture);
    const end = lstmEnd(layer, direction);
    const ordered = (name: string) => {
      const data = this.#data(`lstm.${name}_${end}`);
      const size = data.length / 4;
      const out = new Float32Array(data.length);
      gateOrder.forEach((gate, place) => {
        out.set(data.subarray(gate * size, (gate + 1) * size), place * size);
      });
      return out;
    };
    const bias = new Float32Array(8 * own);
    bias.set(ordered("bias_ih"));
    bias.set(ordered("bias_hh"), 4 * own);
    return { weight: ordered("weight_ih"), recurrent: ordered("weight_hh"), bias };
  }
}

/** The weight [outputs, inputs] of a product with an affine map after it. */
function folded(
  weight: Float32Array,
  inputs: number,
  { scale, shift }: { readonly scale: Float64Array; readonly shift: Float64Array },
): Affine {
  const outputs = scale.length;
  const transposed = new Float32Array(weight.length);
  for (let out = 0; out < outputs; out++) {
    for (let i = 0; i < inputs; i++) {
      transposed[i * outputs + out] = weight[out * inputs + i] * scale[out];
    }
  }
  return { weight: transposed, bias: Float32Array.from(shift) };
}
