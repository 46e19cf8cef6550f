/** The pass through the network before that for gradients, and evaluation: stems and squared errors of each block. */
import type { Statistics } from "../networks/cdae/index.ts";
import type { FloatTensors, Session } from "../runtime/index.ts";
import type { SliCQTPlan } from "../transforms/slicqt/index.ts";
import { type BlockGraphKind, feed, result } from "./blockGraph.ts";
import type { BlockSessions } from "./blockSessions.ts";
import type { LossPlan } from "./losses/lossPlan.ts";
import { ERROR_ROWS } from "./losses/spectralSdr.ts";
import { blockTensors, type Parameters } from "./parameters.ts";
import type { PreparedBatch } from "./preparedBatch.ts";
import { blockSizes, turn, turnBack } from "./turnedFrames.ts";
import { type StemSlopes, WienerPhase } from "./wienerPhase.ts";

/** What is known of a block after the pass. */
export interface BlockForward {
  /** The graph's results; in evaluation its losses. */
  readonly outputs: FloatTensors;
  /** Squared errors, [{@link ERROR_ROWS}, items], where the loss needs them. */
  readonly errors: ArrayLike<number> | undefined;
  /** Complex numbers of the stems, as the transform has them, where there are losses of waveforms. */
  readonly stems: Float32Array | undefined;
}

/** The prepared arrays that a session reads. */
export function fed(feeds: FloatTensors, session: Session): FloatTensors {
  return Object.fromEntries(
    Object.entries(feeds).filter(([name]) => session.inputs.includes(name)),
  );
}

export class ForwardPass {
  readonly #plan: SliCQTPlan;
  readonly #parameters: Parameters;
  readonly #losses: LossPlan;
  readonly #sessions: BlockSessions;
  /** Wiener-EM of training and of evaluation, where losses stand after it: these may have other sizes. */
  readonly #wiener: Readonly<Record<Statistics, WienerPhase>> | undefined;

  constructor(plan: SliCQTPlan, parameters: Parameters, losses: LossPlan, sessions: BlockSessions) {
    this.#plan = plan;
    this.#parameters = parameters;
    this.#losses = losses;
    this.#sessions = sessions;
    const { wiener, waveforms } = losses;
    if (!wiener) return;
    const options = { blocks: plan.blocks, window: wiener.window, stems: waveforms.length > 0 };
    this.#wiener = {
      batch: new WienerPhase({ ...options, keepsMasks: true }),
      running: new WienerPhase({ ...options, keepsMasks: false }),
    };
  }

  /** Graphs that the pass runs in training. */
  get kinds(): readonly BlockGraphKind[] {
    if (this.#wiener) return [masksKind];
    return [
      ...(this.#measuresErrors ? [errorsKind] : []),
      ...(this.#givesStems ? [stemsKind] : []),
    ];
  }

  /**
   * Runs all blocks.
   *
   * @param statistics those of the "batch" in training, the "running" ones in evaluation, which has losses too
   */
  async run(batch: PreparedBatch, statistics: Statistics): Promise<BlockForward[]> {
    this.#wiener?.[statistics].layOut(batch);
    const found: BlockForward[] = [];
    for (const block of batch.blocks.keys()) {
      found.push(
        this.#wiener
          ? await this.#runToMasks(this.#wiener[statistics], batch, block, statistics)
          : await this.#runToStems(batch, block, statistics),
      );
    }
    return found;
  }

  /**
   * Squared errors and the gradient by the masks of a batch that has been run, to be fed; undefined by mix phase, where
   * the graph has these itself.
   *
   * @param slopes weights of the squared errors, and the gradient by the stems' coefficients
   */
  backward(
    { blocks, waveforms, slices, items }: PreparedBatch,
    block: number,
    slopes: {
      readonly weights: ArrayLike<number> | undefined;
      readonly byStems: Float32Array | undefined;
    },
  ): { readonly feeds: FloatTensors; readonly errors: Float64Array | undefined } | undefined {
    if (!this.#wiener) return undefined;
    let byStems: StemSlopes["byStems"];
    if (slopes.byStems && waveforms) {
      const sizes = blockSizes(this.#plan.blocks[block], slices, items);
      const turned = turn(slopes.byStems, waveforms.mixture.blocks[block], sizes, true);
      if (turned.quadrature) byStems = { real: turned.inPhase, imaginary: turned.quadrature };
    }
    const { gradient, errors } = this.#wiener.batch.backward(block, blocks[block].feeds, {
      weights: slopes.weights,
      byStems,
    });
    return { feeds: { [feed.maskGradient]: gradient }, errors };
  }

  /** Whether errors must be known before the gradients are computed. */
  get #measuresErrors(): boolean {
    return this.#losses.errors.weighting.kind === "adaptive";
  }

  /** Whether waveforms are made of the stems. */
  get #givesStems(): boolean {
    return this.#losses.waveforms.length > 0;
  }

  /** Weights of a block's squared errors, [{@link ERROR_ROWS}, items], where they are known in advance. */
  fixedWeights(block: number, { items, slices }: PreparedBatch): Float64Array | undefined {
    const { weighting } = this.#losses.errors;
    if (weighting.kind !== "fixed") return undefined;
    const { bins, coefs } = this.#plan.blocks[block];
    const { each, joint } = weighting.weights(coefs * bins * 2 * slices * items);
    return new Float64Array(ERROR_ROWS * items).fill(each).fill(joint, (ERROR_ROWS - 1) * items);
  }

  async #runToMasks(
    wiener: WienerPhase,
    batch: PreparedBatch,
    block: number,
    statistics: Statistics,
  ): Promise<BlockForward> {
    const { feeds } = batch.blocks[block];
    const evaluates = statistics === "running";
    const into = { [result.masks]: wiener.masks(block) };
    const kind = evaluates ? evaluationKind : masksKind;
    const outputs = await this.#runGraph(batch, block, kind, into);
    // With weights known in advance, in training errors come with the gradient.
    const wants = {
      stems: this.#givesStems,
      errors: !this.#losses.errorsInGraph && (evaluates || this.#measuresErrors),
    };
    if (!wants.stems && !wants.errors) return { outputs, errors: undefined, stems: undefined };
    const { stems, errors } = wiener.forward(block, feeds, wants);
    return {
      outputs,
      errors,
      stems: stems && this.#turnedBack(batch, block, stems.real, stems.imaginary),
    };
  }

  async #runToStems(
    batch: PreparedBatch,
    block: number,
    statistics: Statistics,
  ): Promise<BlockForward> {
    let stems: Float32Array | undefined;
    if (this.#givesStems) {
      const made = await this.#runGraph(batch, block, { ...stemsKind, statistics });
      stems = this.#turnedBack(batch, block, made[result.stems].data, undefined);
    }
    let outputs: FloatTensors = {};
    if (statistics === "running") outputs = await this.#runGraph(batch, block, evaluationKind);
    else if (this.#measuresErrors) outputs = await this.#runGraph(batch, block, errorsKind);
    return { outputs, errors: outputs[result.errors]?.data, stems };
  }

  async #runGraph(
    batch: PreparedBatch,
    block: number,
    kind: BlockGraphKind,
    into: FloatTensors = {},
  ): Promise<FloatTensors> {
    const { trainedLayout, trained, runningLayout, running } = this.#parameters;
    const session = await this.#sessions.get(block, kind, batch);
    const feeds = {
      ...blockTensors(trainedLayout, block, trained),
      ...(kind.statistics === "running" ? blockTensors(runningLayout, block, running) : {}),
      ...fed(batch.blocks[block].feeds, session),
    };
    return session.run(feeds, into);
  }

  #turnedBack(
    { waveforms, slices, items }: PreparedBatch,
    block: number,
    real: Float32Array,
    imaginary: Float32Array | undefined,
  ): Float32Array | undefined {
    const sizes = blockSizes(this.#plan.blocks[block], slices, items);
    return waveforms && turnBack(waveforms.mixture.blocks[block], real, imaginary, sizes);
  }
}

const masksKind: BlockGraphKind = { statistics: "batch", gives: "masks", stemGradient: false };
const errorsKind: BlockGraphKind = { statistics: "batch", gives: "errors", stemGradient: false };
const stemsKind: BlockGraphKind = { statistics: "batch", gives: "stems", stemGradient: false };
const evaluationKind: BlockGraphKind = {
  statistics: "running",
  gives: "losses",
  stemGradient: false,
};
