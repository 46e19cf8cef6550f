/** Engines in threads of their own: one per core, so that transforms, network and phase of several pieces run at once. */
import { RuntimeError } from "../errors.ts";
import { chosenDevice } from "../runtime/index.ts";
import type { Client, ThreadManner } from "../threads/index.ts";
import type { Analysed, Engine, EngineTimes, Piece, PieceStems, WindowSpatial } from "./piece.ts";
import type { PieceProtocol } from "./pieceProtocol.ts";
import type { EngineFactory } from "./separator.ts";

/** More engines than this only cost memory; further threads go into each one's network. */
const MOST_ENGINES = 4;

/** Whether an engine uses the GPU. ONNX Runtime 1.30 crashes where two threads of a program use WebGPU at once. */
let gpuIsTaken = false;

/** The manner of every engine's thread. */
export const engineThread: ThreadManner & { readonly hint: string } = {
  name: "A thread that separates",
  ending: "in order",
  hint: "There may be too little memory: use fewer threads.",
};

/** How many engines so many threads make; none of a number that is none. */
export function engineCount(threads: number): number {
  return threads >= 1 ? Math.min(Math.floor(threads), MOST_ENGINES) : 0;
}

/**
 * Engines in threads; takes the model's weights away. Threads beyond the number of engines go into the networks.
 * @param start starts a thread that serves pieces.
 */
export function inThreads(start: () => Client<PieceProtocol>): EngineFactory {
  return async (model, setup) => {
    const gpu = chosenDevice(setup.device) !== "cpu";
    if (gpu && gpuIsTaken) {
      throw new RuntimeError(
        "device-unavailable",
        "Another separator of this program uses the GPU.",
        "Close that one first, or use the device cpu.",
      );
    }
    const count = gpu ? 1 : engineCount(setup.threads);
    const threads = Math.floor(setup.threads / count);
    gpuIsTaken ||= gpu;
    let taken = gpu;
    const free = () => {
      if (taken) gpuIsTaken = false;
      taken = false;
    };
    const engines: ThreadEngine[] = [];
    try {
      for (let i = 0; i < count; i++) engines.push(new ThreadEngine(start(), free));
      // Each engine gets weights of its own, the last one the original: moved, so that no copy stays behind here.
      const { weights } = model;
      const starts = engines.map((engine, i) => {
        const data = i === count - 1 ? weights.data : weights.data.slice();
        const own = { ...model, weights: { ...weights, data } };
        return engine.start({ model: own, setup: { ...setup, threads } });
      });
      const [runtime] = await Promise.all(starts);
      return { engines, runtime };
    } catch (error) {
      await Promise.all(engines.map((engine) => engine.close()));
      free();
      throw error;
    }
  };
}

class ThreadEngine implements Engine {
  readonly #client: Client<PieceProtocol>;
  readonly #onClose: () => void;
  #times: EngineTimes = { forward: 0, network: 0, phase: 0, inverse: 0 };

  constructor(client: Client<PieceProtocol>, onClose: () => void) {
    this.#client = client;
    this.#onClose = onClose;
  }

  get alive(): boolean {
    return this.#client.alive;
  }

  start(request: PieceProtocol["start"]["request"]) {
    return this.#client.ask("start", request, { move: [request.model.weights.data] });
  }

  async analyse(piece: Piece): Promise<Analysed> {
    const { analysed, times } = await this.#client.ask("analyse", piece, { move: piece.samples });
    this.#times = times;
    return analysed;
  }

  async synthesise(
    id: number,
    spatial: readonly WindowSpatial[],
    into: PieceStems,
  ): Promise<PieceStems> {
    const request = { id, spatial, into };
    const { stems, times } = await this.#client.ask("synthesise", request, { move: into });
    this.#times = times;
    return stems;
  }

  async reset(): Promise<void> {
    await this.#client.ask("reset", undefined);
  }

  /** As of the last answer: also of a thread that is no more. */
  times(): EngineTimes {
    return this.#times;
  }

  async close(): Promise<void> {
    await this.#client.close();
    this.#onClose();
  }
}
