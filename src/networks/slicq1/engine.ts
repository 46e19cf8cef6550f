/** The network at work: fills its inputs with magnitudes in halves of slices, in place, and runs on a piece. */
import type { KernelInstance } from "../../kernels/instance.ts";
import { LANES } from "../../kernels/lanes.ts";
import type { MaskLayout } from "../../phase/index.ts";
import {
  createTrustedSession,
  type FloatTensor,
  type FloatTensors,
  type Runtime,
  type Session,
} from "../../runtime/index.ts";
import type { LaneTransform, Transform } from "../../transforms/index.ts";
import type { EngineSetup, MaskEngine, SliceContext } from "../network.ts";
import { targets } from "../targets.ts";
import { trialNumbers } from "../trialNumbers.ts";
import { type Weights, weightFeeds } from "../weights.ts";
import { fewestSlices } from "./architecture.ts";
import { inputName, maskGraph, maskModel, maskName } from "./maskGraph.ts";
import type { PreparedSlicq1 } from "./prepared.ts";

/** The first and last halves of a row may be written a little outside of it; the next rows are written later. */
const SLACK = 64;

/** An engine of the family. */
export class Slicq1Engine implements MaskEngine {
  readonly #network: PreparedSlicq1;
  #weights: Weights;
  /** The networks on all slices of a piece. */
  readonly #session: Session;
  /** On those with context around, where the processor computes: made when a piece first needs it. */
  readonly #makeInner: () => Promise<Session>;
  #inner: Promise<Session> | undefined;
  readonly #kernels: KernelInstance;
  readonly #transform: Transform;
  readonly #lanes: LaneTransform;
  readonly #masks: MaskLayout;
  /** Input: block after block, [2·H, bins, halves] each. */
  readonly #input: number;
  readonly #gains: number;
  /** Coefficients of all bins before each block. */
  readonly #coefsBefore: readonly number[];
  /** The piece in work: its slices, and those of them that masks are wanted of. */
  #slices = 0;
  #wanted = 0;
  #isInner = false;

  /** @throws RuntimeError */
  static async open(network: PreparedSlicq1, setup: EngineSetup): Promise<Slicq1Engine> {
    const { runtime, threads, device, name } = setup;
    const trial = { name, onnx: network.onnx, feeds: () => trialFeeds(network) };
    const session = await createTrustedSession(runtime, trial, {
      threads,
      device,
      memory: "returned",
    });
    return new Slicq1Engine(network, session, setup);
  }

  private constructor(network: PreparedSlicq1, session: Session, setup: EngineSetup) {
    const { runtime, threads, kernels, transform, lanes, masks, slices } = setup;
    this.#network = network;
    this.#weights = network.weights;
    this.#session = session;
    this.#makeInner = () => innerSession(network, runtime, threads);
    this.#kernels = kernels;
    this.#transform = transform;
    this.#lanes = lanes;
    this.#masks = masks;
    this.#input = SLACK + kernels.allocate(transform.coefsPerSlice * 2 * slices * 4 + 2 * SLACK);
    this.#gains = kernels.allocate((slices + LANES) * 4);
    let before = 0;
    this.#coefsBefore = network.architecture.map(({ bins, coefs }) => {
      before += bins * coefs;
      return before - bins * coefs;
    });
  }

  get device() {
    return this.#session.device;
  }

  weigh(numbers: Float32Array<ArrayBuffer>): void {
    this.#weights = { places: this.#weights.places, data: numbers };
  }

  begin(slices: number, gains: Float32Array, context: SliceContext): SliceContext {
    const { before, after } = this.#network.context;
    const own = this.#kernels.f32(this.#gains, slices + LANES).fill(1);
    own.set(gains.subarray(0, slices));
    const isWhole = context.before === before && context.after === after;
    this.#isInner = this.device === "cpu" && isWhole;
    this.#slices = slices;
    this.#wanted = this.#isInner ? slices - before - after : slices;
    return this.#isInner ? context : { before: 0, after: 0 };
  }

  take(coefficients: number, slice: number): void {
    const { exports } = this.#kernels;
    const { channelBytes, bins: places } = this.#lanes;
    const halves = 2 * this.#slices;
    const count = Math.min(2 * LANES, halves - 2 * slice);
    if (count <= 0) return;
    const gains = this.#gains + slice * 4;
    for (const [b, { bins, coefs }] of this.#network.architecture.entries()) {
      const { first } = this.#transform.blocks[b];
      const stride = bins * halves * 4;
      const half = coefs / 2;
      for (let f = 0; f < bins; f++) {
        const c = coefficients + places[first + f].offset;
        const to = this.#inputOf(b) + f * halves * 4;
        for (let channel = 0; channel < 2; channel++) {
          exports.frameMagnitudes(
            c + channel * channelBytes,
            half,
            0,
            1,
            0,
            to + channel * half * stride,
            stride,
            2 * slice,
            count,
            gains,
          );
        }
      }
    }
  }

  async run(masks: number): Promise<void> {
    const feeds = weightFeeds(this.#weights);
    const into: Record<string, FloatTensor> = {};
    const wanted = this.#wanted;
    for (const b of this.#transform.blocks.keys()) {
      const count = targets.length * this.#masks.perTarget(b, wanted);
      const data = this.#kernels.f32(masks + this.#masks.offset(b, wanted), count);
      const block = this.#network.architecture[b];
      if (block) {
        const { bins, coefs } = block;
        const halves = 2 * this.#slices;
        feeds[inputName(b)] = {
          dims: [1, coefs, bins, halves],
          data: this.#kernels.f32(this.#inputOf(b), coefs * bins * halves),
        };
        into[maskName(b)] = { dims: this.#masks.dims(b, wanted), data };
        continue;
      }
      // Above the bandwidth the mixture is every stem.
      data.fill(1);
    }
    if (this.#isInner) this.#inner ??= this.#makeInner();
    const session = this.#isInner ? await this.#inner : this.#session;
    await session?.run(feeds, into);
  }

  async close(): Promise<void> {
    // One that could not be made has been told.
    const inner = await this.#inner?.catch(() => undefined);
    await Promise.all([this.#session.close(), inner?.close()]);
  }

  #inputOf(block: number): number {
    return this.#input + this.#coefsBefore[block] * 2 * this.#slices * 4;
  }
}

/** Of networks whose weights are fed, all but the architecture is left out. */
function innerSession(
  { architecture, context }: PreparedSlicq1,
  runtime: Runtime,
  threads: number,
): Promise<Session> {
  const onnx = maskModel(maskGraph(architecture, new Map(), context), "fed");
  return runtime.createSession(onnx, { threads, device: "cpu" });
}

/** Magnitudes as they might be, the same at every call, and the weights. */
export function trialFeeds({ weights, architecture }: PreparedSlicq1): FloatTensors {
  const halves = 2 * fewestSlices(architecture);
  const feeds = weightFeeds(weights);
  for (const [block, { bins, coefs }] of architecture.entries()) {
    const data = trialNumbers(coefs * bins * halves, 0, 1);
    feeds[inputName(block)] = { dims: [1, coefs, bins, halves], data };
  }
  return feeds;
}
