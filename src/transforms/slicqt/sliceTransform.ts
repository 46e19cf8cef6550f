/**
 * The transform's engine: four slices of a channel pair at a time, in the kernels' memory.
 *
 * Coefficients lie in lane layout: bin after bin, M_k elements of 32 bytes each, one lane per slice. The separator
 * works on this layout directly; forward.ts and inverse.ts turn it into plain arrays.
 */
import { type FftPlan, FftPlanner } from "../../kernels/fftPlan.ts";
import type { KernelInstance } from "../../kernels/instance.ts";
import { ELEMENT_BYTES } from "../../kernels/lanes.ts";
import type { BinPlace, LaneTransform } from "../transform.ts";
import type { SliCQTPlan } from "./plan.ts";

interface BinTables extends BinPlace {
  readonly fft: FftPlan;
  readonly position: number;
  /** σ_k g_k/(2M_k). */
  readonly analysis: number;
  /** ε_k σ_k M_k γ_k/(2L): of the inverse, and of its adjoint. */
  readonly synthesis: number;
}

export class SliceTransform implements LaneTransform {
  readonly plan: SliCQTPlan;
  readonly kernels: KernelInstance;
  /** Bytes of the coefficients of four slices of one channel. */
  readonly channelBytes: number;
  readonly bins: readonly BinTables[];
  readonly #fft: FftPlan;
  readonly #window: number;
  readonly #ones: number;
  /** Two spectra of a slice group and the scratch between them. */
  readonly #z: number;
  readonly #scratch: number;
  readonly #spectrum: number;
  readonly #work: number;

  constructor(plan: SliCQTPlan, kernels: KernelInstance) {
    this.plan = plan;
    this.kernels = kernels;
    const { sliceLength: L } = plan;
    const planner = new FftPlanner(kernels);
    this.#fft = planner.plan(L);
    this.#window = this.#place(plan.sliceWindow);
    this.#ones = this.#place(new Float32Array(L).fill(1));
    let offset = 0;
    const last = plan.coefs.length - 1;
    this.bins = Array.from(plan.coefs, (M, k) => {
      const sign = (plan.positions[k] / 2) % 2 === 0 ? 1 : -1;
      const epsilon = k === 0 || k === last ? 1 : 2;
      const tables: BinTables = {
        fft: planner.plan(M),
        position: plan.positions[k],
        coefs: M,
        offset,
        analysis: this.#place(plan.analysis[k].map((g) => (sign * g) / (2 * M))),
        synthesis: this.#place(
          Float32Array.from(plan.dual[k], (g) => (epsilon * sign * M * g) / (2 * L)),
        ),
      };
      offset += M * ELEMENT_BYTES;
      return tables;
    });
    this.channelBytes = offset;
    const widest = plan.coefs.reduce((a, b) => Math.max(a, b));
    const spectrumBytes = (L + 4) * ELEMENT_BYTES;
    this.#z = kernels.allocate(spectrumBytes);
    this.#scratch = kernels.allocate(spectrumBytes);
    this.#spectrum = kernels.allocate(spectrumBytes);
    this.#work = kernels.allocate(3 * widest * ELEMENT_BYTES);
  }

  #place(values: Float32Array): number {
    const pointer = this.kernels.allocate(values.byteLength);
    this.kernels.f32(pointer, values.length).set(values);
    return pointer;
  }

  /**
   * Forward transform of four slices: x0 and x1 point at the first sample of the first slice in each channel
   * (x1 = 0: no second one), slices lie 2h samples apart; c0 and c1 take {@link channelBytes} each.
   */
  analyse(x0: number, x1: number, c0: number, c1: number): void {
    const { quarter: h, transition: T } = this.plan;
    this.#load(x0, x1, this.#window, h - T / 2, 3 * h + T / 2);
    this.#analyseBins("analysis", c0, c1);
  }

  /** Adjoint of {@link synthesise}: the same from gradients of the samples, no slice window, dual windows. */
  adjoint(x0: number, x1: number, c0: number, c1: number): void {
    this.#load(x0, x1, this.#ones, 0, this.plan.sliceLength);
    this.#analyseBins("synthesis", c0, c1);
  }

  #load(x0: number, x1: number, window: number, first: number, last: number): void {
    const { sliceLength: L, hop } = this.plan;
    const { exports } = this.kernels;
    exports.loadSlices(x0, x1, window, L, first, last, hop, this.#z);
    exports.fft(this.#fft, this.#z, this.#scratch, this.#spectrum);
  }

  #analyseBins(table: "analysis" | "synthesis", c0: number, c1: number): void {
    const { exports } = this.kernels;
    const L = this.plan.sliceLength;
    for (const bin of this.bins) {
      exports.analyseBin(
        bin.fft,
        this.#spectrum,
        L,
        bin.position,
        bin.coefs,
        bin[table],
        this.#work,
        c0 + bin.offset,
        c1 === 0 ? 0 : c1 + bin.offset,
      );
    }
  }

  /** Bytes of a slice group's spectrum, for {@link beginSynthesis}. */
  get spectrumBytes(): number {
    return this.plan.sliceLength * ELEMENT_BYTES;
  }

  /** Clears a spectrum of {@link spectrumBytes} to gather bins in. */
  beginSynthesis(spectrum: number): void {
    this.kernels.f32(spectrum, this.spectrumBytes / 4).fill(0);
  }

  /** Adds bin k of both channels (c1 = 0: one channel) to a spectrum. */
  synthesiseBin(k: number, c0: number, c1: number, spectrum: number): void {
    const bin = this.bins[k];
    this.kernels.exports.synthesiseBin(
      bin.fft,
      c0,
      c1,
      this.plan.sliceLength,
      bin.position,
      bin.coefs,
      bin.synthesis,
      this.#work,
      spectrum,
    );
  }

  /** Overlap-adds the slices of a spectrum to samples y0 and y1, which point at the first slice's first sample. */
  endSynthesis(spectrum: number, slices: number, y0: number, y1: number): void {
    const { sliceLength: L, hop } = this.plan;
    this.kernels.exports.fft(this.#fft, spectrum, this.#scratch, this.#z);
    this.kernels.exports.overlapAdd(this.#z, L, hop, slices, y0, y1);
  }

  /** Inverse transform of up to four slices (model (I)), added to y0 and y1. */
  synthesise(c0: number, c1: number, slices: number, y0: number, y1: number): void {
    this.beginSynthesis(this.#spectrum);
    for (let k = 0; k < this.bins.length; k++) {
      const { offset } = this.bins[k];
      this.synthesiseBin(k, c0 + offset, c1 === 0 ? 0 : c1 + offset, this.#spectrum);
    }
    this.endSynthesis(this.#spectrum, slices, y0, y1);
  }
}
