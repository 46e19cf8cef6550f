/** The phase step on a piece: where its bins lie in memory, its statistics, its complex stems. */

import type { KernelInstance } from "../kernels/instance.ts";
import { ELEMENT_BYTES, LANES } from "../kernels/lanes.ts";
import {
  type BinLanes,
  type BinMasks,
  isComplete,
  type MaskLayout,
  type PhaseSettings,
  PhaseStep,
  powerBytes,
  spatialSize,
  statisticsSize,
  windowLength,
} from "../phase/index.ts";
import type { LaneTransform, Transform } from "../transforms/index.ts";
import type { Extent, WindowStatistics } from "./piece.ts";
import type { PieceMemory } from "./pieceMemory.ts";

/** A piece between analysis and synthesis: where its samples and its masks or powers lie. */
export interface HeldPiece {
  /** With the context that its masks have. */
  readonly piece: Extent;
  /** Its samples, and the slices of context before its own in them. */
  readonly samples: { readonly place: number; readonly before: number };
  readonly kind: "masks" | "power";
  readonly place: number;
}

/** Key of a window's spatial model. */
export function modelKey(block: number, window: number): string {
  return `${block}.${window}`;
}

/** Where the phase step works. */
export interface PhaseSetup {
  readonly kernels: KernelInstance;
  readonly transform: Transform;
  readonly lanes: LaneTransform;
  readonly masks: MaskLayout;
  readonly memory: PieceMemory;
}

export class PiecePhase {
  readonly #kernels: KernelInstance;
  readonly #phase: PhaseSettings;
  readonly #transform: Transform;
  readonly #laneTransform: LaneTransform;
  readonly #layout: MaskLayout;
  readonly #memory: PieceMemory;
  readonly #phaseStep: PhaseStep;

  constructor({ kernels, transform, lanes, masks, memory }: PhaseSetup, phase: PhaseSettings) {
    this.#kernels = kernels;
    this.#phase = phase;
    this.#transform = transform;
    this.#laneTransform = lanes;
    this.#layout = masks;
    this.#memory = memory;
    this.#phaseStep = new PhaseStep(kernels, masks.targets);
  }

  #windowLength(coefs: number): number {
    if (this.#phase.method === "mix") throw new RangeError("mix phase has no windows");
    return windowLength(this.#phase.window, coefs);
  }

  /** Prepares the masks of a piece of so many slices for stems that sum to the mixture, if they are to. */
  complete(masks: number, slices: number): void {
    if (!isComplete(this.#phase)) return;
    const normalise = this.#phase.method === "mix";
    for (const block of this.#transform.blocks.keys()) {
      const at = masks + this.#layout.offset(block, slices);
      this.#phaseStep.completeMasks(at, this.#layout.perTarget(block, slices), normalise);
    }
  }

  /**
   * Gives both channels the same masks, the mean of theirs, in the slices where `alike` is 1. A network treats its channels
   * differently; a song that is the same on both sides would come apart.
   */
  equaliseSides(masks: number, alike: Uint8Array): void {
    if (!alike.includes(1)) return;
    const slices = alike.length;
    for (const block of this.#transform.blocks.keys()) {
      const count = this.#layout.targets * this.#layout.perTarget(block, slices);
      const at = masks + this.#layout.offset(block, slices);
      this.#layout.equaliseSides(this.#kernels.f32(at, count), block, alike);
    }
  }

  /** Bin number `bin` of the slice group whose coefficients lie at `x`. */
  #lanes(bin: number, x: number): BinLanes {
    const { offset, coefs } = this.#laneTransform.bins[bin];
    return { x0: x + offset, x1: x + this.#laneTransform.channelBytes + offset, coefs };
  }

  /** Masks of bin f of a block in a slice group of a piece. */
  #masks(piece: Extent, masks: number, block: number, f: number, group: number): BinMasks {
    const slices = piece.before + piece.slices + piece.after;
    return this.#layout.bin(masks, block, f, piece.before + group * LANES, slices);
  }

  /** Powers of bin number `bin` in a slice group. */
  #power(power: number, bin: number, group: number): number {
    const { offset } = this.#laneTransform.bins[bin];
    const before = group * this.#transform.coefsPerSlice + offset / ELEMENT_BYTES;
    return power + before * powerBytes(this.#layout.targets);
  }

  /**
   * Statistics of a piece whose coefficients are at work, from its masks; leaves the powers that are to be kept of them.
   */
  statistics(piece: Extent, masks: number, power: number): WindowStatistics[] {
    const found: WindowStatistics[] = [];
    const size = statisticsSize(this.#layout.targets);
    this.#transform.blocks.forEach(({ first, bins, coefs }, block) => {
      const length = this.#windowLength(coefs);
      const windows = new Map<number, Float64Array>();
      for (let group = 0; group * LANES < piece.slices; group++) {
        const slice = piece.first + group * LANES;
        const used = Math.min(LANES, piece.slices - group * LANES);
        const x = this.#memory.coefficients + group * 2 * this.#laneTransform.channelBytes;
        for (const window of windowsOf(slice, used, coefs, length)) {
          const sums = windows.get(window) ?? new Float64Array(bins * size);
          windows.set(window, sums);
          const place = { first: slice * coefs - window * length, length };
          for (let f = 0; f < bins; f++) {
            this.#phaseStep.addStatistics(
              this.#lanes(first + f, x),
              this.#masks(piece, masks, block, f, group),
              place,
              used,
              sums.subarray(f * size, (f + 1) * size),
              this.#power(power, first + f, group),
            );
          }
        }
      }
      for (const [window, sums] of windows) found.push({ block, window, sums });
    });
    return found;
  }

  /**
   * Complex stems of bin f of a block in a slice group whose coefficients lie at `x`, written to `out`: target-major,
   * left and right. `models`: the windows' spatial models, see {@link modelKey}.
   */
  binStems(
    { piece, place }: HeldPiece,
    group: number,
    block: number,
    f: number,
    x: number,
    models: ReadonlyMap<string, Float64Array>,
    out: number,
  ): void {
    const { first, coefs } = this.#transform.blocks[block];
    const lanes = this.#lanes(first + f, x);
    if (this.#phase.method === "mix") {
      this.#phaseStep.mix(lanes, this.#masks(piece, place, block, f, group), out);
      return;
    }
    const length = this.#windowLength(coefs);
    const slice = piece.first + group * LANES;
    const used = Math.min(LANES, piece.slices - group * LANES);
    for (const window of windowsOf(slice, used, coefs, length)) {
      const model = models.get(modelKey(block, window));
      if (!model) throw new RangeError(`window ${window} of block ${block} is not there`);
      const size = spatialSize(this.#layout.targets);
      const own = model.subarray(f * size, (f + 1) * size);
      const range = { first: slice * coefs - window * length, length };
      const power = this.#power(place, first + f, group);
      this.#phaseStep.filter(lanes, power, range, own, out);
    }
  }
}

/** Numbers of the windows that coefficients of slices first..first+count−1 lie in. */
function* windowsOf(
  first: number,
  count: number,
  coefs: number,
  length: number,
): Generator<number> {
  const last = Math.floor(((first + count) * coefs - 1) / length);
  for (let w = Math.floor((first * coefs) / length); w <= last; w++) yield w;
}
