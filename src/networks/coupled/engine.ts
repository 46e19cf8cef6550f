/** The network at work: gathers a piece's coefficients, runs on their cells, and gives every coefficient its cell's mask. */
import type { KernelInstance } from "../../kernels/instance.ts";
import type { MaskLayout } from "../../phase/index.ts";
import { createTrustedSession, type FloatTensor, type Session } from "../../runtime/index.ts";
import type { LaneTransform, Transform } from "../../transforms/index.ts";
import type { EngineSetup, MaskEngine, SliceContext } from "../network.ts";
import { trialNumbers } from "../trialNumbers.ts";
import { type Weights, weightFeeds } from "../weights.ts";
import { FEATURES } from "./architecture.ts";
import { cellFeatures } from "./cells.ts";
import { FRAMES_PER_HOP, firstOfCell } from "./grid.ts";
import { HopCoefficients } from "./hops.ts";
import { graphNames } from "./maskGraph.ts";
import type { PreparedCoupled } from "./prepared.ts";

const CHANNELS = 2;

/** An engine of the family. */
export class CoupledEngine implements MaskEngine {
  readonly #network: PreparedCoupled;
  #weights: Weights;
  readonly #session: Session;
  readonly #kernels: KernelInstance;
  readonly #transform: Transform;
  readonly #lanes: LaneTransform;
  readonly #masks: MaskLayout;
  readonly #hops: HopCoefficients;
  #slices = 0;

  /** @throws RuntimeError */
  static async open(network: PreparedCoupled, setup: EngineSetup): Promise<CoupledEngine> {
    const { runtime, threads, device, name } = setup;
    const trial = { name, onnx: network.onnx, feeds: () => trialFeeds(network) };
    return new CoupledEngine(
      network,
      await createTrustedSession(runtime, trial, { threads, device }),
      setup,
    );
  }

  private constructor(network: PreparedCoupled, session: Session, setup: EngineSetup) {
    const { kernels, transform, lanes, masks, slices } = setup;
    this.#network = network;
    this.#weights = network.weights;
    this.#session = session;
    this.#kernels = kernels;
    this.#transform = transform;
    this.#lanes = lanes;
    this.#masks = masks;
    this.#hops = new HopCoefficients(network.architecture.grid, lanes.bins, slices);
  }

  get device() {
    return this.#session.device;
  }

  weigh(numbers: Float32Array<ArrayBuffer>): void {
    this.#weights = { places: this.#weights.places, data: numbers };
  }

  begin(slices: number): SliceContext {
    this.#slices = slices;
    return { before: 0, after: 0 };
  }

  take(coefficients: number, slice: number): void {
    const { channelBytes } = this.#lanes;
    const bytes = coefficients + CHANNELS * channelBytes;
    const memory = this.#kernels.f32(0, bytes / 4);
    for (let channel = 0; channel < CHANNELS; channel++) {
      const from = coefficients + channel * channelBytes;
      this.#hops.take(memory, from, channel, slice, this.#slices - slice);
    }
  }

  async run(masks: number): Promise<void> {
    const { grid } = this.#network.architecture;
    const cells = this.#hops.cells(this.#slices);
    const features = cellFeatures(grid, cells);
    const feeds = weightFeeds(this.#weights);
    feeds[graphNames.features] = featureTensor(this.#network, features, cells.frames);
    const outputs = await this.#session.run(feeds);
    this.#spread(outputs[graphNames.masks].data, cells.frames, masks);
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  /** Masks of cells, [bands, targets × channels × cells, frames], to masks of coefficients in halves of slices. */
  #spread(cellMasks: Float32Array, frames: number, masks: number): void {
    const { grid } = this.#network.architecture;
    const { bandCells } = grid.sizes;
    const slices = this.#slices;
    const rows = this.#masks.targets * CHANNELS;
    this.#transform.blocks.forEach(({ first, bins, coefs }, block) => {
      const length = this.#masks.targets * this.#masks.perTarget(block, slices);
      const to = this.#kernels.f32(masks + this.#masks.offset(block, slices), length);
      const half = coefs / 2;
      const halves = 2 * slices;
      const stride = bins * halves;
      for (let f = 0; f < bins; f++) {
        const bin = grid.bins[first + f];
        const band = Math.floor(bin.first / bandCells);
        for (let row = 0; row < rows; row++) {
          const cell = (band * rows + row) * bandCells + (bin.first % bandCells);
          let at = (row * half * bins + f) * halves;
          for (let frame = 0; frame < FRAMES_PER_HOP; frame++) {
            for (let c = 0; c < bin.cells; c++) {
              const from = (cell + c) * frames + frame;
              for (let s = 0, column = from; s < slices; s++, column += FRAMES_PER_HOP) {
                to[at + 2 * s] = cellMasks[column];
                to[at + 2 * s + 1] = cellMasks[column + FRAMES_PER_HOP];
              }
              const sharing = firstOfCell(bin, c + 1) - firstOfCell(bin, c);
              for (let k = 1; k < sharing; k++) to.copyWithin(at + k * stride, at, at + halves);
              at += sharing * stride;
            }
          }
        }
      }
    });
  }
}

function featureTensor(
  { architecture }: PreparedCoupled,
  data: Float32Array,
  frames: number,
): FloatTensor {
  const { bands, sizes } = architecture.grid;
  return { dims: [bands, FEATURES * sizes.bandCells, frames], data };
}

/** Features as they might be, the same at every call, and the weights. */
export function trialFeeds(network: PreparedCoupled): Record<string, FloatTensor> {
  const { bands, sizes } = network.architecture.grid;
  const feeds = weightFeeds(network.weights);
  const data = trialNumbers(bands * FEATURES * sizes.bandCells * 16, -3, 1);
  feeds[graphNames.features] = featureTensor(network, data, 16);
  return feeds;
}
