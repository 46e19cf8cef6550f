/** What one band of one ear leaves for the way back, in a kernel memory. */
import type { KernelInstance } from "../../../kernels/instance.ts";

/** Byte offsets of doubles, or of pairs of them (complex), one for each sample up to `capacity`. */
export class TapeMemory {
  readonly kernels: KernelInstance;
  readonly capacity: number;
  /** What the band hears, and the gradient by it. */
  readonly signal: number;
  readonly bySignal: number;
  /** Complex. */
  readonly carrier: number;
  /** Complex: after the poles of the control filter and of the filter, and after the whole filters. */
  readonly controlPoles: number;
  readonly poles: number;
  readonly control: number;
  readonly output: number;
  /** Complex: the gradient by either filter's output. */
  readonly byOutput: number;
  /** Gains as they follow from the control filter, and smoothed. */
  readonly raw: number;
  readonly gains: number;
  /** Of the filter's output. */
  readonly envelopes: number;
  readonly motions: number;
  /** The same compressed and brought to the reference's time. */
  readonly amplitudes: number;
  readonly moved: number;
  /** Envelopes after the adaptation, dB SL, and the motions that go with them. */
  readonly adapted: number;
  readonly heard: number;
  /** Gradients by two of these, before and after delays are taken back. */
  readonly byEnvelopes: number;
  readonly byMotions: number;
  readonly byAmplitudes: number;
  readonly byMoved: number;

  constructor(kernels: KernelInstance, capacity: number) {
    this.kernels = kernels;
    this.capacity = capacity;
    const real = () => kernels.allocate(8 * capacity);
    // The kernels look back by two samples.
    const complex = () => 32 + kernels.allocate(16 * (capacity + 2));
    this.signal = real();
    this.bySignal = real();
    this.carrier = complex();
    this.controlPoles = complex();
    this.poles = complex();
    this.control = complex();
    this.output = complex();
    this.byOutput = complex();
    this.raw = real();
    this.gains = real();
    this.envelopes = real();
    this.motions = real();
    this.amplitudes = real();
    this.moved = real();
    this.adapted = real();
    this.heard = real();
    this.byEnvelopes = real();
    this.byMotions = real();
    this.byAmplitudes = real();
    this.byMoved = real();
  }
}
