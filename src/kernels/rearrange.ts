/** Numbers in another order, in the kernels' memory; the formula stands at assembly/rearrange.ts. */
import type { KernelInstance } from "./instance.ts";

/** An axis of two arrays: its length, and its steps in either, in numbers. */
export interface Axis {
  readonly size: number;
  readonly from: number;
  readonly to: number;
}

/** Singles, or the bits of binary16. */
export type Numbers = Float32Array | Uint16Array;

const MOST_AXES = 8;

/** Rearranges arrays that lie elsewhere: copies them to the kernels' memory and back. */
export class Rearranger {
  readonly #kernels: KernelInstance;
  readonly #axes: number;
  #place = 0;
  #room = 0;

  constructor(kernels: KernelInstance) {
    this.#kernels = kernels;
    this.#axes = kernels.allocate(MOST_AXES * 12);
  }

  /**
   * into[Σ i_a·to_a] = numbers[start + Σ i_a·from_a], as singles.
   * @param axes outermost first, 1 to 8; together they fill `into`.
   */
  rearrange(numbers: Numbers, start: number, axes: readonly Axis[], into: Float32Array): void {
    const kernels = this.#kernels;
    const isHalf = numbers instanceof Uint16Array;
    const bytes = 16 * Math.ceil(numbers.byteLength / 16);
    if (bytes + into.byteLength > this.#room) {
      this.#room = 2 * (bytes + into.byteLength);
      this.#place = kernels.allocate(this.#room);
    }
    const table = axes.flatMap(({ size, from, to }) => [size, from, to]);
    kernels.i32(this.#axes, table.length).set(table);
    const given = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    kernels.bytes(this.#place, given.length).set(given);
    const out = this.#place + bytes;
    const first = this.#place + start * numbers.BYTES_PER_ELEMENT;
    kernels.exports.rearrange(first, isHalf ? 1 : 0, out, this.#axes, axes.length);
    into.set(kernels.f32(out, into.length));
  }
}

/** Numbers in another order. */
export interface RearrangeKernels {
  /** Numbers in another order, binary16 as singles; `axes` holds three integers of each of `count` axes. */
  rearrange(from: number, isHalf: number, to: number, axes: number, count: number): void;
}

/** Makes the twin on a memory. @internal */
export function plainRearrange(memory: WebAssembly.Memory): RearrangeKernels {
  return {
    rearrange(from, isHalf, to, axes, count) {
      const view = new DataView(memory.buffer);
      const field = (axis: number, number: number) =>
        view.getInt32(axes + 12 * axis + 4 * number, true);
      const copy = (source: number, target: number, axis: number): void => {
        if (axis === count) {
          const value = isHalf ? halfAt(view, source) : view.getFloat32(source, true);
          view.setFloat32(target, value, true);
          return;
        }
        for (let i = 0; i < field(axis, 0); i++) {
          const step = i * field(axis, 1) * (isHalf ? 2 : 4);
          copy(source + step, target + 4 * i * field(axis, 2), axis + 1);
        }
      };
      copy(from, to, 0);
    },
  };
}

function halfAt(view: DataView, at: number): number {
  const half = view.getUint16(at, true);
  const exponent = (half >> 10) & 31;
  const fraction = half & 0x3ff;
  const sign = half & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
