/** Back from complex stems to samples: the inverse transform of all stems, slice group by slice group. */
import type { KernelInstance } from "../kernels/instance.ts";
import { ELEMENT_BYTES } from "../kernels/lanes.ts";
import type { MaskLayout } from "../phase/index.ts";
import { type LaneTransform, spanOf, type Transform } from "../transforms/index.ts";
import type { PieceStems } from "./piece.ts";
import type { PieceMemory } from "./pieceMemory.ts";

/** Where it works. */
export interface SynthesisSetup {
  readonly kernels: KernelInstance;
  readonly transform: Transform;
  readonly lanes: LaneTransform;
  readonly masks: MaskLayout;
  readonly memory: PieceMemory;
}

/** Writes the complex stems of bin f of a block to a place: target-major, left and right. */
export type BinStems = (block: number, f: number, out: number) => void;

export class StemSynthesis {
  readonly #setup: SynthesisSetup;
  /** Stems of one bin: all targets, two channels. */
  readonly #bin: number;
  /** Spectra of all targets. */
  readonly #spectra: readonly number[];

  constructor(setup: SynthesisSetup) {
    const { kernels, transform, lanes, masks } = setup;
    this.#setup = setup;
    const widest = Math.max(...transform.blocks.map(({ coefs }) => coefs));
    this.#bin = kernels.allocate(2 * masks.targets * widest * ELEMENT_BYTES);
    this.#spectra = Array.from({ length: masks.targets }, () =>
      kernels.allocate(lanes.spectrumBytes),
    );
  }

  /** Begins a piece of so many slices. */
  begin(slices: number): void {
    const { kernels, transform, memory } = this.#setup;
    const length = spanOf(transform, slices);
    for (const stem of memory.stems) kernels.f32(stem, length).fill(0);
  }

  /**
   * Adds up to four slices, from number `slice` of the piece on.
   * @returns milliseconds that `binStems` took.
   */
  group(slice: number, used: number, binStems: BinStems): number {
    const { transform, lanes, memory } = this.#setup;
    let milliseconds = 0;
    for (const spectrum of this.#spectra) lanes.beginSynthesis(spectrum);
    transform.blocks.forEach(({ first, bins, coefs }, block) => {
      const bytes = coefs * ELEMENT_BYTES;
      for (let f = 0; f < bins; f++) {
        const begun = performance.now();
        binStems(block, f, this.#bin);
        milliseconds += performance.now() - begun;
        this.#spectra.forEach((spectrum, j) => {
          const c = this.#bin + 2 * j * bytes;
          lanes.synthesiseBin(first + f, c, c + bytes, spectrum);
        });
      }
    });
    const at = slice * transform.hop * 4;
    this.#spectra.forEach((spectrum, j) => {
      const [left, right] = [memory.stems[2 * j], memory.stems[2 * j + 1]];
      lanes.endSynthesis(spectrum, used, left + at, right + at);
    });
    return milliseconds;
  }

  /** Copies the stems of a piece of so many slices. */
  read(slices: number, into: PieceStems): PieceStems {
    const { kernels, transform, memory } = this.#setup;
    const length = spanOf(transform, slices);
    memory.stems.forEach((stem, row) => {
      into[row].set(kernels.f32(stem, length));
    });
    return into;
  }
}
