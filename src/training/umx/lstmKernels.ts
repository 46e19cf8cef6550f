/** The steps of recurrent layers in kernels: arrays in, arrays out. */
import { createKernels, type KernelInstance } from "../../kernels/instance.ts";
import { layPanels } from "../../kernels/lstm.ts";

/** Sequences side by side. */
export interface SequenceSize {
  readonly steps: number;
  readonly items: number;
  /** Units of one direction, a multiple of 4. */
  readonly units: number;
}

/** What a direction of a layer leaves for the way back. */
export interface Recurred {
  /** [step, item, 4·units] in the order i, f, g, o. */
  readonly gates: Float32Array;
  /** [steps + 1, item, unit]: of the step before the first, too. */
  readonly hidden: Float32Array;
  readonly cells: Float32Array;
}

/** Areas of the kernels' memory, for sequences of one size. */
interface Areas {
  readonly kernels: KernelInstance;
  readonly key: string;
  readonly gates: number;
  readonly recurrent: number;
  readonly hidden: number;
  readonly cells: number;
  readonly byHidden: number;
  readonly work: number;
}

export class LstmKernels {
  #areas: Areas | undefined;

  /** The memory for sequences of a size; that for another is let go. */
  #of({ steps, items, units }: SequenceSize): Areas {
    const key = `${steps} ${items} ${units}`;
    if (this.#areas?.key === key) return this.#areas;
    const kernels = createKernels();
    const block = 4 * items * units;
    const areas = {
      kernels,
      key,
      gates: kernels.allocate(4 * steps * block),
      recurrent: kernels.allocate(16 * units * units),
      hidden: kernels.allocate((steps + 1) * block),
      cells: kernels.allocate((steps + 1) * block),
      byHidden: kernels.allocate(steps * block),
      work: kernels.allocate(2 * block),
    };
    this.#areas = areas;
    return areas;
  }

  /**
   * All steps, from nothing remembered.
   *
   * @param gates products of the inputs with biases, [step, item, 4·units]; overwritten by the gates
   * @param recurrent [4·units, units]
   */
  forward(
    gates: Float32Array,
    recurrent: Float32Array,
    size: SequenceSize,
    reverse: boolean,
  ): Recurred {
    const { steps, items, units } = size;
    const { kernels, ...at } = this.#of(size);
    const block = items * units;
    kernels.f32(at.gates, gates.length).set(gates);
    const panels = kernels.f32(at.recurrent, recurrent.length);
    layPanels(units, 4 * units, (unit, gate) => recurrent[gate * units + unit], panels);
    const first = 4 * block * (reverse ? steps : 0);
    kernels.f32(at.hidden + first, block).fill(0);
    kernels.f32(at.cells + first, block).fill(0);
    const { hidden, cells } = at;
    const backwards = reverse ? 1 : 0;
    const { lstmForward } = kernels.exports;
    lstmForward(at.gates, at.recurrent, hidden, cells, steps, items, units, backwards);
    gates.set(kernels.f32(at.gates, gates.length));
    const all = (steps + 1) * block;
    return {
      gates,
      hidden: kernels.f32(hidden, all).slice(),
      cells: kernels.f32(cells, all).slice(),
    };
  }

  /**
   * The way back.
   *
   * @param byHidden the gradient by the outputs, [step, item, unit]
   * @returns the gradient by what {@link forward} was given as gates: in their place
   */
  back(
    { gates, cells }: Recurred,
    recurrent: Float32Array,
    byHidden: Float32Array,
    size: SequenceSize,
    reverse: boolean,
  ): Float32Array {
    const { steps, items, units } = size;
    const { kernels, ...at } = this.#of(size);
    kernels.f32(at.gates, gates.length).set(gates);
    const panels = kernels.f32(at.recurrent, recurrent.length);
    layPanels(4 * units, units, (gate, unit) => recurrent[gate * units + unit], panels);
    kernels.f32(at.cells, cells.length).set(cells);
    kernels.f32(at.byHidden, byHidden.length).set(byHidden);
    const backwards = reverse ? 1 : 0;
    const { lstmBack } = kernels.exports;
    lstmBack(
      at.gates,
      at.recurrent,
      at.cells,
      at.byHidden,
      at.work,
      steps,
      items,
      units,
      backwards,
    );
    gates.set(kernels.f32(at.gates, gates.length));
    return gates;
  }
}

/** Outputs of a direction, and what each step saw of the one before: parts of its hidden numbers. */
export function stepsOf({ hidden }: Recurred, { items, units }: SequenceSize, reverse: boolean) {
  const block = items * units;
  const late = hidden.subarray(block);
  const early = hidden.subarray(0, hidden.length - block);
  return reverse ? { outputs: early, before: late } : { outputs: late, before: early };
}
