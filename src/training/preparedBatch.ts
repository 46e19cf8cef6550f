/** From waveforms to everything a training step reads: plain data, that a worker can make ahead of time. */
import { ArgumentError } from "../errors.ts";
import { targets as names } from "../networks/index.ts";
import type { FloatTensor, FloatTensors } from "../runtime/index.ts";
import { planTransform } from "../transforms/index.ts";
import {
  type Coefficients,
  forward,
  planSliCQT,
  type ScaleOptions,
  type SliCQTPlan,
} from "../transforms/slicqt/index.ts";
import { feed } from "./blockGraph.ts";
import { type LossPlan, lossPlan } from "./losses/lossPlan.ts";
import { type StemEnergies, stemEnergies } from "./losses/spectralSdr.ts";
import type { LossSettings, TrainingPhase, WienerTraining } from "./settings.ts";
import {
  type BlockSizes,
  blockSizes,
  magnitudes,
  phaseDifferences,
  scalesOf,
  sumOfTargets,
  targetMagnitudes,
  turn,
  windowScales,
} from "./turnedFrames.ts";
import { type TurnedBlock, TurnedStems } from "./turnedStems.ts";

/** One excerpt: all waveforms stereo, of the same length, at 44.1 kHz. */
export interface TrainingItem {
  /** bass, vocals, other, drums; each [left, right]. */
  readonly stems: readonly (readonly Float32Array[])[];
  /** [left, right]; the sum of the stems when left out. */
  readonly mixture?: readonly Float32Array[];
}

/** A block of a batch. */
export interface PreparedBlock {
  /** Arrays to feed, by name. */
  readonly feeds: FloatTensors;
  /** What the spectral loss has beside what the graph computes. */
  readonly constant: number;
  /** For the SDR loss. */
  readonly stems?: StemEnergies;
}

/** A batch as {@link TrainingStep} takes it. */
export interface PreparedBatch {
  readonly kind: "blocks";
  readonly items: number;
  readonly slices: number;
  /** Samples per item and channel. */
  readonly samples: number;
  readonly blocks: readonly PreparedBlock[];
  /** A random number of its own, 0 to 2³² − 1, for losses that draw. */
  readonly draw: number;
  /** For losses of waveforms: the mixture's coefficients, item by item, and the true stems' waveforms. */
  readonly waveforms:
    | { readonly mixture: Coefficients; readonly stems: readonly Float32Array[] }
    | undefined;
}

/** What a batch is prepared for. */
export interface PrepareSettings {
  readonly phase: TrainingPhase;
  readonly losses: LossSettings;
}

/**
 * Transforms a batch and arranges it for the graphs.
 *
 * @param draw the batch's random number
 * @throws ArgumentError when the items are not of equal length or an item has not four stereo stems
 */
export function prepareBatch(
  plan: SliCQTPlan,
  items: readonly TrainingItem[],
  settings: PrepareSettings,
  draw = 0,
): PreparedBatch {
  const samples = checkItems(items);
  const stems = items.flatMap((item) => item.stems.flat());
  const targets = forward(plan, stems);
  const mixtures = items.map((item) => item.mixture);
  const mixture = mixtures.every((channels) => channels !== undefined)
    ? forward(plan, mixtures.flat())
    : undefined;
  const sizes = { items: items.length, samples, draw };
  const prepared = arrangeBatch(plan, { ...sizes, targets, mixture }, settings);
  if (lossPlan(settings).waveforms.length === 0) return prepared;
  const sum = mixture ?? {
    channels: 2 * items.length,
    slices: targets.slices,
    blocks: plan.blocks.map((block, i) =>
      sumOfTargets(targets.blocks[i], blockSizes(block, targets.slices, items.length)),
    ),
  };
  return { ...prepared, waveforms: { mixture: sum, stems } };
}

/**
 * What makes batches, in a memory that it keeps: the numbers of {@link prepareBatch}, for the loss of SDR by kernels that
 * turn samples into what graphs are fed.
 *
 * @returns a function that throws as {@link prepareBatch}
 */
export function preparedBatches(
  scale: ScaleOptions,
  settings: PrepareSettings,
): (items: readonly TrainingItem[], draw?: number) => PreparedBatch {
  const plan = planSliCQT(scale);
  const { errors, wiener, waveforms } = lossPlan(settings);
  const prepare = (items: readonly TrainingItem[], draw?: number) =>
    prepareBatch(plan, items, settings, draw);
  if (errors.weighting.kind !== "adaptive" || waveforms.length > 0) return prepare;
  const transform = planTransform({ kind: "slicqt", ...scale });
  const stems = new TurnedStems(transform, wiener?.window);
  return (items, draw = 0) => {
    if (items.some(({ mixture }) => mixture !== undefined)) return prepare(items, draw);
    const samples = checkItems(items);
    const slices = transform.sliceCount(samples);
    const turned = stems.turn(items.map((item) => item.stems.flat()));
    const blocks = turned.map((block, b) =>
      feedBlock(block, blockSizes(transform.blocks[b], slices, items.length), wiener),
    );
    const size = { items: items.length, slices, samples };
    return { kind: "blocks", ...size, blocks, draw, waveforms: undefined };
  };
}

function feedBlock(
  { magnitude, inPhase, energies, beside }: TurnedBlock,
  { bins, coefs, slices, batch }: BlockSizes,
  wiener: WienerTraining | undefined,
): PreparedBlock {
  const width = 2 * slices * batch;
  const feeds: Record<string, FloatTensor> = {
    [feed.magnitude]: { dims: [2, coefs / 2, bins, width], data: magnitude },
    [feed.inPhase]: { dims: [names.length, coefs, bins, width], data: inPhase },
  };
  const none = new Float64Array(energies.length);
  if (!beside || !wiener) {
    const besidePhase = besideEnergies(energies, inPhase, batch);
    return { feeds, constant: 0, stems: { all: energies, besidePhase } };
  }
  const scale = scalesOf(beside.peaks, batch, wiener.scale === "batch");
  feeds[feed.quadrature] = { dims: [names.length, coefs, bins, width], data: beside.quadrature };
  feeds[feed.cosine] = { dims: [coefs / 2, bins, width], data: beside.cosine };
  feeds[feed.sine] = { dims: [coefs / 2, bins, width], data: beside.sine };
  feeds[feed.scale] = { dims: [scale.length / batch, batch], data: scale };
  return { feeds, constant: 0, stems: { all: energies, besidePhase: none } };
}

/** The memory of a batch, for handing it to another thread without a copy. */
export function batchBuffers({ blocks, waveforms }: PreparedBatch): ArrayBuffer[] {
  const arrays = blocks.flatMap(({ feeds }) => Object.values(feeds).map(({ data }) => data));
  if (waveforms) arrays.push(...waveforms.mixture.blocks, ...waveforms.stems);
  const buffers = new Set<ArrayBuffer>();
  for (const { buffer } of arrays) if (buffer instanceof ArrayBuffer) buffers.add(buffer);
  return [...buffers];
}

/** The part of {@link prepareBatch} after the transform. */
export function arrangeBatch(
  plan: SliCQTPlan,
  batch: {
    readonly items: number;
    readonly samples: number;
    readonly draw?: number;
    /** Channels: left and right of each target of each item. */
    readonly targets: Coefficients;
    /** Channels: left and right of each item; the sum of the targets when left out. */
    readonly mixture: Coefficients | undefined;
  },
  settings: PrepareSettings,
): PreparedBatch {
  const { items, samples, draw = 0, targets } = batch;
  const { slices } = targets;
  const losses = lossPlan(settings);
  const blocks = plan.blocks.map((block, i) => {
    const sizes = blockSizes(block, slices, items);
    return arrangeBlock(targets.blocks[i], batch.mixture?.blocks[i], sizes, losses);
  });
  return { kind: "blocks", items, slices, samples, blocks, draw, waveforms: undefined };
}

function arrangeBlock(
  targets: Float32Array,
  given: Float32Array | undefined,
  sizes: BlockSizes,
  { errors, wiener }: LossPlan,
): PreparedBlock {
  const { bins, coefs, slices, batch } = sizes;
  const width = 2 * slices * batch;
  const positions = coefs * bins * width;
  const feeds: Record<string, FloatTensor> = {};
  const add = (name: string, dims: readonly number[], data: Float32Array) => {
    feeds[name] = { dims, data };
  };
  const mixture = () => given ?? sumOfTargets(targets, sizes);
  const perChannel = [2, coefs / 2, bins, width];
  const perTarget = [names.length, coefs, bins, width];
  const { weighting } = errors;
  let constant = 0;
  if (errors.of === "magnitudes") {
    add(feed.magnitude, perChannel, magnitudes(mixture(), sizes));
    add(feed.inPhase, perTarget, targetMagnitudes(targets, sizes));
  } else {
    const turned = turn(targets, given, sizes, wiener !== undefined);
    add(feed.magnitude, perChannel, turned.magnitude);
    add(feed.inPhase, perTarget, turned.inPhase);
    if (turned.quadrature) add(feed.quadrature, perTarget, turned.quadrature);
    else if (weighting.kind === "fixed") {
      const { each, joint } = weighting.weights(positions);
      constant = each * turned.besidePhase.each + joint * turned.besidePhase.joint;
    }
  }
  if (wiener) {
    const whole = mixture();
    const { cosine, sine } = phaseDifferences(whole, sizes);
    add(feed.cosine, [coefs / 2, bins, width], cosine);
    add(feed.sine, [coefs / 2, bins, width], sine);
    const scale = windowScales(whole, sizes, wiener.window, wiener.scale === "batch");
    add(feed.scale, [scale.length / batch, batch], scale);
  }
  if (weighting.kind !== "adaptive") return { feeds, constant };
  const all = stemEnergies(targets, batch);
  const inPhase = feeds[feed.inPhase].data;
  const besidePhase = wiener ? new Float64Array(all.length) : besideEnergies(all, inPhase, batch);
  return { feeds, constant, stems: { all, besidePhase } };
}

/** What of the stems' energies lies beside the mixture's phase; in phase is [targets, …, batch]. */
function besideEnergies(
  all: Float64Array,
  inPhase: ArrayLike<number>,
  batch: number,
): Float64Array {
  const beside = all.slice();
  const perTarget = inPhase.length / names.length;
  for (let j = 0; j < names.length; j++) {
    for (let i = 0; i < perTarget; i++) {
      beside[(i % batch) * names.length + j] -= inPhase[j * perTarget + i] ** 2;
    }
  }
  return beside;
}

/** Samples of every waveform. */
function checkItems(items: readonly TrainingItem[]): number {
  const samples = items[0]?.stems[0]?.[0]?.length ?? 0;
  if (samples === 0) throw new ArgumentError("The batch is empty.");
  for (const [i, { stems, mixture }] of items.entries()) {
    const signals = mixture ? [...stems, mixture] : stems;
    if (stems.length !== names.length || signals.some((channels) => channels.length !== 2)) {
      throw new ArgumentError(`Item ${i} has not four stereo stems.`);
    }
    if (signals.flat().some((channel) => channel.length !== samples)) {
      throw new ArgumentError(`Item ${i} has waveforms of other lengths than item 0.`);
    }
  }
  return samples;
}
