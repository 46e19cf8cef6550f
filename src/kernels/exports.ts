import type { BandTapeKernels } from "./bandTape.ts";
import type { CellKernels } from "./cells.ts";
import type { ColumnKernels } from "./columns.ts";
import type { EarKernels } from "./ear.ts";
import type { EarGradientKernels } from "./earGradient.ts";
import type { FrameLayerKernels } from "./frameLayer.ts";
import type { FrameSpectraKernels } from "./frameSpectra.ts";
import type { FrameWienerKernels } from "./frameWiener.ts";
import type { LagKernels } from "./lags.ts";
import type { LstmKernels } from "./lstm.ts";
import type { RearrangeKernels } from "./rearrange.ts";
import type { StemBandKernels } from "./stemBands.ts";
import type { TurnedStemKernels } from "./turnedStems.ts";
import type { TurnedWienerKernels } from "./turnedWiener.ts";

/**
 * The kernels' one interface, implemented twice: by the WASM module and by the plain twins.
 *
 * Pointers are byte offsets in the kernels' memory. Layouts and formulas stand at the AssemblyScript sources.
 * "Lanes": 32 bytes per element, four real parts then four imaginary parts, one lane per slice.
 * Those with a file of their own are declared there.
 */
export interface KernelExports
  extends BandTapeKernels,
    CellKernels,
    ColumnKernels,
    EarKernels,
    EarGradientKernels,
    FrameLayerKernels,
    FrameSpectraKernels,
    FrameWienerKernels,
    LagKernels,
    LstmKernels,
    StemBandKernels,
    TurnedWienerKernels,
    TurnedStemKernels,
    RearrangeKernels {
  /** output = DFT of input (lanes). input, scratch and output hold n elements each and do not overlap. */
  fft(plan: number, input: number, scratch: number, output: number): void;
  /** Windowed samples of four slices to lanes; x1 = 0 for no second channel. */
  loadSlices(
    x0: number,
    x1: number,
    window: number,
    length: number,
    first: number,
    last: number,
    hop: number,
    z: number,
  ): void;
  /** Lanes added to the samples of up to four overlapping slices; y1 = 0 for no second channel. */
  overlapAdd(z: number, length: number, hop: number, slices: number, y0: number, y1: number): void;
  /** Coefficients of one bin of both channels from the spectrum z. work: 96·M bytes. */
  analyseBin(
    plan: number,
    z: number,
    length: number,
    position: number,
    coefs: number,
    table: number,
    work: number,
    c0: number,
    c1: number,
  ): void;
  /** Adds one bin of both channels to the index-reversed spectrum z. work: 96·M bytes. */
  synthesiseBin(
    plan: number,
    c0: number,
    c1: number,
    length: number,
    position: number,
    coefs: number,
    table: number,
    work: number,
    z: number,
  ): void;
  /** Normalised magnitudes of one bin and channel, after the lanes' gains, to rows of half frames. */
  frameMagnitudes(
    c: number,
    half: number,
    mean: number,
    scale: number,
    advance: number,
    out: number,
    stride: number,
    frame: number,
    count: number,
    gains: number,
  ): void;
  /** out[j] = mask[j]·x for one bin and channel. */
  applyMasks(
    x: number,
    masks: number,
    stride: number,
    half: number,
    targets: number,
    out: number,
    outStride: number,
  ): void;
  /** Adds a little to `count` masks, before ratios are taken. */
  liftMasks(masks: number, count: number): void;
  /** Divides arrays of `count` masks, one after the other, by their sum. */
  normaliseMasks(masks: number, count: number, targets: number): void;
  /** Spatial statistics of one bin within one window, added to 4·targets + 2 doubles; powers of the targets, 16·M bytes each. */
  wienerStatistics(
    x0: number,
    x1: number,
    masks: number,
    stride: number,
    half: number,
    first: number,
    window: number,
    slices: number,
    sums: number,
    power: number,
    targets: number,
  ): void;
  /** The Wiener filter of one bin within one window. work: 64 bytes for each target. */
  wienerFilter(
    x0: number,
    x1: number,
    power: number,
    coefs: number,
    first: number,
    window: number,
    spatial: number,
    work: number,
    out: number,
    targets: number,
  ): void;
  /** `count` outputs of a polyphase resampler for one channel. tapsPerRow: a multiple of 16. */
  polyphase(
    input: number,
    table: number,
    tapsPerRow: number,
    rows: number,
    phases: number,
    whole: number,
    part: number,
    first: number,
    remainder: number,
    output: number,
    count: number,
  ): void;
  /** Σ x[n + l]·y[n] at all lags, in the place of x; y's place is scratch. See assembly/wholeCorrelation.ts. */
  correlateWhole(
    rowPlan: number,
    columnPlan: number,
    rows: number,
    columns: number,
    data: number,
    turns: number,
    work: number,
  ): void;
  /** NumPy's legacy normal numbers, `count` of them, as floats; out 0: drawn and forgotten. */
  normals(state: number, out: number, count: number): void;
}
