/**
 * The kernels' one interface, implemented twice: by the WASM module and by the plain twins.
 *
 * Pointers are byte offsets in the kernels' memory. Layouts and formulas stand at the AssemblyScript sources.
 * "Lanes": 32 bytes per element, four real parts then four imaginary parts, one lane per slice.
 */
export interface KernelExports {
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
  /** Numbers in another order, binary16 as singles; `axes` holds three integers of each of `count` axes. */
  rearrange(from: number, isHalf: number, to: number, axes: number, count: number): void;
  /** Sums over the cells of a bin, of four stems and their mixture, in four hops; see assembly/cells.ts. work: 496 bytes. */
  sumCells(
    now: number,
    before: number,
    channel: number,
    slices: number,
    hops: number,
    half: number,
    ends: number,
    frames: number,
    cells: number,
    power: number,
    product: number,
    inPhase: number,
    row: number,
    kind: number,
    frame: number,
    energies: number,
    work: number,
  ): void;
  /** Stems of a batch in a bin of four slices, turned by their sum's phase; see assembly/turnedStems.ts. */
  turnStems(
    from: number,
    channel: number,
    item: number,
    items: number,
    half: number,
    slices: number,
    magnitude: number,
    inPhase: number,
    quadrature: number,
    cosine: number,
    sine: number,
    line: number,
    energies: number,
    peaks: number,
    first: number,
    window: number,
    work: number,
  ): void;
  /** Live networks: convolutions of a few frames; `layer` holds 13 integers, see {@link FrameLayerFields}. */
  frameLayer(layer: number, input: number, out: number, frames: number, floor: number): void;
  /** Live networks: sigmoids of what a layer gave, as masks. */
  frameMasks(layer: number, input: number, rows: number, frames: number, out: number): void;
  /** Live networks: normalised magnitudes of one lane, bin and channel, to the frames they belong to. */
  columnMagnitudes(
    c: number,
    lane: number,
    half: number,
    gain: number,
    mean: number,
    scale: number,
    advance: number,
    out: number,
    outFrame: number,
  ): void;
  /** Spectra of up to four frames from lanes to planar rows; see assembly/frameSpectra.ts. work: 256 bytes. */
  splitFrames(z: number, length: number, count: number, work: number, spectra: number): void;
  /** And back, reversed for the inverse transform. work: 256 bytes. */
  joinFrames(spectra: number, count: number, length: number, work: number, z: number): void;
  /** Lanes times one weight for each element. */
  weighLanes(z: number, weights: number, length: number): void;
  /** Magnitudes of the lower bins of planar frames, of both channels or their mean. */
  planarMagnitudes(
    spectra: number,
    frames: number,
    bins: number,
    channels: number,
    seen: number,
    out: number,
  ): void;
  /** The largest |x|² of planar frames. */
  planarPeak(spectra: number, frames: number, bins: number): number;
  /** Expectation maximisation on frames: adds Σ y yᴴ to sums; see assembly/frameWiener.ts. work: 80 bytes for each source. */
  frameStatistics(
    given: number,
    frames: number,
    bins: number,
    sources: number,
    models: number,
    iterations: number,
    work: number,
    sums: number,
  ): void;
  /** The same: estimates of some frames, planar, to the places listed in `out`. */
  frameFilter(
    given: number,
    first: number,
    count: number,
    bins: number,
    sources: number,
    models: number,
    iterations: number,
    work: number,
    out: number,
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
  /** For training: adds spatial statistics of one bin within one window to 16 doubles in pairs per position. */
  turnedStatistics(layout: number, bin: number, first: number, window: number, sums: number): void;
  /** For training: stems, their squared errors, and the way back from these. work: 400 bytes. */
  turnedFilter(
    layout: number,
    bin: number,
    first: number,
    window: number,
    spatial: number,
    weights: number,
    errors: number,
    moments: number,
    work: number,
  ): void;
  /** For training: the gradient by the masks. */
  turnedGradient(layout: number, bin: number, first: number, window: number, bySums: number): void;
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
  /** HAAQI: powers of the envelopes of two gammatone filters, stored unless out is 0; their sums into row 8 of filters. */
  gammatonePowers(
    filters: number,
    in0: number,
    in1: number,
    count: number,
    out0: number,
    out1: number,
  ): void;
  /** HAAQI: two gammatone filters, compressed by the control powers that lie in env0 and env1 before. */
  gammatoneBands(
    filters: number,
    in0: number,
    in1: number,
    count: number,
    env0: number,
    env1: number,
    motion0: number,
    motion1: number,
  ): void;
  /** HAAQI: sensation level and hair-cell adaptation in place; noise 0: none. */
  hairCells(
    cells: number,
    env0: number,
    env1: number,
    motion0: number,
    motion1: number,
    noise0: number,
    noise1: number,
    count: number,
  ): void;
  /** Σ a[i + lag]·b[i] of `count` floats, in doubles, for the lags 0 to 3: to four doubles. */
  laggedProducts(a: number, b: number, count: number, out: number): void;
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
  /** HAAQI: weighted means of segments of 2·hop samples, hop apart. window: 2·hop floats. */
  smoothEnvelope(envelope: number, count: number, window: number, hop: number, out: number): void;
  /** HAAQI: power of the reference and covariance with the other signal, for every segment of 16 ms. */
  tileCovariances(
    x: number,
    y: number,
    count: number,
    tables: number,
    least: number,
    powers: number,
    covariances: number,
  ): void;
  /** Four blocks of two real signals, `hop` apart, as lanes of complex numbers; zeros from `length` to n. */
  gatherBlocks(
    a: number,
    b: number,
    count: number,
    from: number,
    hop: number,
    length: number,
    n: number,
    scaleA: number,
    scaleB: number,
    out: number,
  ): void;
  /** Adds the products of spectra of such blocks, 4·conj(P)·R for both signals, to sums. */
  addBlockProducts(p: number, r: number, n: number, sums: number): void;
  /** NumPy's legacy normal numbers, `count` of them, as floats; out 0: drawn and forgotten. */
  normals(state: number, out: number, count: number): void;
  /** HAAQI's gradient: gains from powers of `count` complex doubles. See assembly/earGradient.ts. */
  powerGains(
    signal: number,
    count: number,
    scale: number,
    most: number,
    atKnee: number,
    exponent: number,
    out: number,
  ): void;
  /** HAAQI's gradient: dB above the threshold, in place of `count` doubles. */
  sensationLevels(x: number, count: number, scale: number): void;
  /** HAAQI's gradient: correlations of a tile at the lags 0 to 51. */
  tileLags(p: number, q: number, length: number, out: number): void;
  /** HAAQI's gradient: a filter; Σ|out|². See assembly/bandTape.ts. */
  gammatoneForward(
    pole: number,
    signal: number,
    carrier: number,
    count: number,
    poles: number,
    out: number,
  ): number;
  /** HAAQI's gradient: the way back; the gradient by the pole. */
  gammatoneBack(
    pole: number,
    carrier: number,
    poles: number,
    byOutput: number,
    count: number,
    bySignal: number,
  ): number;
  /** HAAQI's gradient: smooths gains; envelopes and motions of a filter's output. */
  compressBand(
    output: number,
    carrier: number,
    raw: number,
    count: number,
    b: number,
    a: number,
    factor: number,
    gains: number,
    envelopes: number,
    motions: number,
  ): void;
  /** HAAQI's gradient: adapts levels in place; their motions. */
  adaptBand(levels: number, amplitudes: number, motions: number, count: number, out: number): void;
  /** HAAQI's gradient: the way back, in place of two gradients. */
  adaptBack(
    levels: number,
    amplitudes: number,
    motions: number,
    count: number,
    threshold: number,
    perNeper: number,
    byLevels: number,
    byMotions: number,
  ): void;
  /** HAAQI's gradient: the way back, in place of two gradients and the raw gains. */
  compressBack(
    control: number,
    raw: number,
    gains: number,
    envelopes: number,
    motions: number,
    count: number,
    b: number,
    a: number,
    scale: number,
    least: number,
    most: number,
    exponent: number,
    byEnvelopes: number,
    byMotions: number,
  ): void;
  /** HAAQI's gradient: back to a filter's output; the gradient by `factor`. */
  envelopeBack(
    output: number,
    carrier: number,
    envelopes: number,
    motions: number,
    byEnvelopes: number,
    byMotions: number,
    count: number,
    factor: number,
    perSample: number,
    byOutput: number,
  ): number;
  /** HAAQI's gradient: factor·(weights + each)·signal. */
  weighComplex(
    signal: number,
    weights: number,
    each: number,
    factor: number,
    count: number,
    out: number,
  ): void;
  /** Training: the steps of a recurrent layer. See assembly/lstm.ts. */
  lstmForward(
    gates: number,
    recurrent: number,
    hidden: number,
    cells: number,
    steps: number,
    items: number,
    units: number,
    reverse: number,
  ): void;
  /** Training: the way back, in place of the gates. work: two blocks. */
  lstmBack(
    gates: number,
    recurrent: number,
    cells: number,
    byHidden: number,
    work: number,
    steps: number,
    items: number,
    units: number,
    reverse: number,
  ): void;
  /** Training: adds columns and their squares to sums, in doubles. See assembly/columns.ts. */
  columnMoments(x: number, rows: number, width: number, sums: number, squares: number): void;
  /** Training: max(floor, (x − mean)·scale + bias). */
  normaliseColumns(
    x: number,
    rows: number,
    width: number,
    mean: number,
    scale: number,
    bias: number,
    floor: number,
    out: number,
  ): void;
  /** Training: the sums of the way back, and its gradient's zeros. */
  columnGradients(
    x: number,
    out: number,
    gradient: number,
    rows: number,
    width: number,
    mean: number,
    floor: number,
    byBias: number,
    byWeight: number,
  ): void;
  /** Training: gradient ← scale·gradient − slope·(x − mean) − constant. */
  normaliseColumnsBack(
    x: number,
    gradient: number,
    rows: number,
    width: number,
    mean: number,
    scale: number,
    slope: number,
    constant: number,
  ): void;
  /** Training: squared errors of masked magnitudes, and the gradient in the place of the masks. count: a multiple of 4. */
  magnitudeErrors(
    mixture: number,
    masks: number,
    stems: number,
    targets: number,
    stride: number,
    count: number,
    each: number,
    joint: number,
    factor: number,
  ): number;
  /** Training: adds scalar products of all pairs of signals to doubles. */
  scalarProducts(
    signals: number,
    count: number,
    stride: number,
    length: number,
    products: number,
  ): void;
  /** Training: a weighted sum of signals. */
  mixSignals(
    signals: number,
    count: number,
    stride: number,
    length: number,
    shares: number,
    out: number,
  ): void;
}
