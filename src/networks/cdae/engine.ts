/** The network at work: fills its inputs with magnitudes in frame layout, in place, and runs on a piece. */
import type { KernelInstance } from "../../kernels/instance.ts";
import { LANES } from "../../kernels/lanes.ts";
import type { MaskLayout } from "../../phase/index.ts";
import {
  chosenDevice,
  createTrustedSession,
  type FloatTensor,
  type FloatTensors,
  type Session,
} from "../../runtime/index.ts";
import type { LaneTransform, Transform } from "../../transforms/index.ts";
import type { EngineSetup, MaskEngine, SliceContext } from "../network.ts";
import { trialNumbers } from "../trialNumbers.ts";
import { type Weights, weightFeeds } from "../weights.ts";
import { fewestSlices } from "./architecture.ts";
import {
  fedNetwork,
  firstInnerFrame,
  framesIn,
  innerFrames,
  inputName,
  maskName,
} from "./maskNetwork.ts";
import type { PreparedCdae } from "./prepared.ts";

/** The first and last frames of a row may be written a little outside of it; the next rows are written later. */
const SLACK = 64;

/** An engine of the family. */
export class CdaeEngine implements MaskEngine {
  readonly #network: PreparedCdae;
  #weights: Weights;
  /** The network on all frames of a piece. */
  readonly #session: Session;
  /** On its inner ones, where the processor computes: made when a piece first needs it, which a signal's first does not. */
  readonly #makeInner: () => Promise<Session>;
  #inner: Promise<Session> | undefined;
  readonly #kernels: KernelInstance;
  readonly #transform: Transform;
  readonly #lanes: LaneTransform;
  readonly #masks: MaskLayout;
  /** Network input: block after block, [2·H, bins, frames] each. */
  readonly #input: number;
  /** Gains of the piece's slices, and 1 for the lanes beyond its end. */
  readonly #gains: number;
  /** Coefficients of all bins before each block. */
  readonly #coefsBefore: readonly number[];
  /** The piece in work: slices to give masks of, frames of the input, and which of the piece's is its first. */
  #slices = 0;
  #frames = 0;
  #firstFrame = 0;
  #isInner = false;

  /** @throws RuntimeError */
  static async open(network: PreparedCdae, setup: EngineSetup): Promise<CdaeEngine> {
    const { runtime, threads, device, name } = setup;
    const trial = { name, onnx: network.onnx, feeds: () => trialFeeds(network) };
    // On the processor it is for a signal's first and last pieces alone, and keeps no memory for them.
    const memory = chosenDevice(device) === "cpu" ? "returned" : "planned";
    const session = await createTrustedSession(runtime, trial, { threads, device, memory });
    return new CdaeEngine(network, session, setup);
  }

  private constructor(network: PreparedCdae, session: Session, setup: EngineSetup) {
    const { runtime, threads, kernels, transform, lanes, masks, slices } = setup;
    this.#network = network;
    this.#weights = network.weights;
    this.#session = session;
    // Of a network whose weights are fed, all but the architecture is left out.
    const onnx = () => fedNetwork(network.architecture, new Map(), { inner: true }).onnx;
    this.#makeInner = async () => runtime.createSession(onnx(), { threads, device: "cpu" });
    this.#kernels = kernels;
    this.#transform = transform;
    this.#lanes = lanes;
    this.#masks = masks;
    const frames = framesIn(network.architecture, slices);
    this.#input = SLACK + kernels.allocate(transform.coefsPerSlice * frames * 4 + 2 * SLACK);
    this.#gains = kernels.allocate((slices + LANES) * 4);
    let before = 0;
    this.#coefsBefore = transform.blocks.map(({ bins, coefs }) => {
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
    const { architecture, context: needed } = this.#network;
    const own = this.#kernels.f32(this.#gains, slices + LANES).fill(1);
    own.set(gains.subarray(0, slices));
    const { before, after } = context;
    const isWhole = before === needed.before && after === needed.after;
    this.#isInner = this.device === "cpu" && isWhole;
    if (this.#isInner) {
      this.#slices = slices - before - after;
      this.#frames = innerFrames(architecture, this.#slices);
      this.#firstFrame = firstInnerFrame(architecture, before);
      return context;
    }
    this.#slices = slices;
    this.#frames = framesIn(architecture, slices);
    this.#firstFrame = 0;
    if (architecture.realtime) {
      // Its first frames come from before the signal.
      const { coefsPerSlice } = this.#transform;
      this.#kernels.f32(this.#input, coefsPerSlice * this.#frames).fill(0);
    }
    return { before: 0, after: 0 };
  }

  take(coefficients: number, slice: number): void {
    const { exports } = this.#kernels;
    const { normalisation, architecture } = this.#network;
    const frames = this.#frames;
    const advance = architecture.realtime ? 1 : 0;
    const frame = 2 * slice + 2 * advance - this.#firstFrame;
    const count = Math.min(2 * LANES, frames - frame);
    // With an advance the frame before the first is written, too.
    if (count + advance <= 0) return;
    const { channelBytes, bins: places } = this.#lanes;
    const gains = this.#gains + slice * 4;
    this.#transform.blocks.forEach(({ first, bins, coefs }, b) => {
      const { mean, scale } = normalisation[b];
      const input = this.#inputOf(b);
      const stride = bins * frames * 4;
      const half = coefs / 2;
      for (let f = 0; f < bins; f++) {
        const c = coefficients + places[first + f].offset;
        const to = input + f * frames * 4;
        for (let channel = 0; channel < 2; channel++) {
          exports.frameMagnitudes(
            c + channel * channelBytes,
            half,
            mean[f],
            scale[f],
            advance,
            to + channel * half * stride,
            stride,
            frame,
            count,
            gains,
          );
        }
      }
    });
  }

  async run(masks: number): Promise<void> {
    const slices = this.#slices;
    const frames = this.#frames;
    const feeds = weightFeeds(this.#weights);
    const into: Record<string, FloatTensor> = {};
    this.#transform.blocks.forEach(({ bins, coefs }, b) => {
      feeds[inputName(b)] = {
        dims: [1, coefs, bins, frames],
        data: this.#kernels.f32(this.#inputOf(b), coefs * bins * frames),
      };
      const count = this.#masks.targets * this.#masks.perTarget(b, slices);
      into[maskName(b)] = {
        dims: this.#masks.dims(b, slices),
        data: this.#kernels.f32(masks + this.#masks.offset(b, slices), count),
      };
    });
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
    return this.#input + this.#coefsBefore[block] * this.#frames * 4;
  }
}

/** Normalised magnitudes as they might be, the same at every call, and the weights. */
export function trialFeeds({ weights, architecture }: PreparedCdae): FloatTensors {
  const frames = framesIn(architecture, fewestSlices(architecture));
  const feeds = weightFeeds(weights);
  for (const [block, { bins, coefs }] of architecture.blocks.entries()) {
    const data = trialNumbers(coefs * bins * frames, -1, 3);
    feeds[inputName(block)] = { dims: [1, coefs, bins, frames], data };
  }
  return feeds;
}
