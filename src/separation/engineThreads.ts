/** Engines in threads of their own: one per core, so that transforms, network and phase of several pieces run at once. */
import { RuntimeError } from "../errors.ts";
import { weightsOfEngine } from "../networks/index.ts";
import type { FrameModel } from "../phase/index.ts";
import { chosenDevice } from "../runtime/index.ts";
import type { Client, ThreadManner } from "../threads/index.ts";
import type { CrewMembers, EngineFactory, EngineWork } from "./crew.ts";
import type { Analysed, Engine, EngineTimes, Piece, PieceStems, WindowSpatial } from "./piece.ts";
import type { PieceProtocol } from "./pieceProtocol.ts";
import type { OpenDisk } from "./scratch.ts";
import {
  arraysOf,
  type EncodedPiece,
  type JoinedPiece,
  type KeptPiece,
  type Measured,
  type Peaked,
  type PieceModels,
  type RecurrentPiece,
  type SongEngine,
  type StemPiece,
} from "./songPiece.ts";
import type { RefinedPiece } from "./stemRefiner.ts";

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
 * @param openDisk where what spans long songs lies; left out in memory.
 * @param numbers those of the weights, if models come without: engines are started before they are there.
 */
export function inThreads(
  start: () => Client<PieceProtocol>,
  openDisk?: OpenDisk,
  numbers?: Promise<Float32Array<ArrayBuffer>>,
): EngineFactory {
  return async (work, setup) => {
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
      const starts = engines.map((engine, i) =>
        engine.start({ work: ownWork(work, i, count), setup: { ...setup, threads } }),
      );
      if (work.kind === "song") discard(work.model.weights.data.buffer);
      const weighed = numbers?.then((data) => weigh(engines, data));
      const [[runtime]] = await Promise.all([Promise.all(starts), weighed]);
      return { ...crewOf(work, engines, openDisk), runtime };
    } catch (error) {
      await Promise.all(engines.map((engine) => engine.close()));
      free();
      throw error;
    }
  };
}

/** Each engine gets weights of its own, the last one the original: moved, so that no copy stays behind here. */
function ownWork(work: EngineWork, engine: number, engines: number): EngineWork {
  if (work.kind === "song") {
    const weights = weightsOfEngine(work.model, engine, engines);
    return { ...work, model: { ...work.model, weights } };
  }
  const { weights } = work.model;
  const data = engine === engines - 1 ? weights.data : weights.data.slice();
  return { ...work, model: { ...work.model, weights: { ...weights, data } } };
}

/** As {@link ownWork}, of numbers that come later. */
async function weigh(engines: readonly ThreadEngine[], data: Float32Array<ArrayBuffer>) {
  const last = engines.length - 1;
  const weighing = engines.map((engine, i) => engine.weigh(i === last ? data : data.slice()));
  await Promise.all(weighing);
}

/** Gives memory back at once: the rubbish of another thread's making would lie about for long. */
function discard(memory: ArrayBuffer): void {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(undefined, [memory]);
  port1.close();
  port2.close();
}

function crewOf(
  { kind }: EngineWork,
  engines: readonly ThreadEngine[],
  openDisk: OpenDisk | undefined,
): CrewMembers {
  return kind === "slices" ? { kind, engines } : { kind, engines, openDisk };
}

/** An engine of either kind in a thread. */
class ThreadEngine implements Engine, SongEngine {
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
    return this.#client.ask("start", request, { move: [request.work.model.weights.data] });
  }

  async weigh(numbers: Float32Array<ArrayBuffer>): Promise<void> {
    await this.#client.ask("weigh", numbers, { move: [numbers] });
  }

  analyse(piece: Piece): Promise<Analysed> {
    return this.#told(this.#client.ask("analyse", piece, { move: piece.samples }));
  }

  synthesise(id: number, spatial: readonly WindowSpatial[], into: PieceStems): Promise<PieceStems> {
    return this.#told(this.#client.ask("synthesise", { id, spatial, into }, { move: into }));
  }

  refine(piece: RefinedPiece): Promise<RefinedPiece> {
    return this.#told(this.#client.ask("refine", piece, { move: arraysOf(piece) }));
  }

  encode(piece: EncodedPiece): Promise<Peaked<EncodedPiece>> {
    return this.#told(this.#client.ask("encode", piece, { move: arraysOf(piece) }));
  }

  recur(piece: RecurrentPiece): Promise<RecurrentPiece> {
    return this.#told(this.#client.ask("recur", piece, { move: arraysOf(piece) }));
  }

  join(piece: JoinedPiece): Promise<JoinedPiece> {
    return this.#told(this.#client.ask("join", piece, { move: arraysOf(piece) }));
  }

  measure(piece: KeptPiece, models: readonly FrameModel[]): Promise<Measured<KeptPiece>> {
    return this.#told(this.#client.ask("measure", { piece, models }, { move: arraysOf(piece) }));
  }

  filter(piece: StemPiece, models: PieceModels): Promise<StemPiece> {
    return this.#told(this.#client.ask("filter", { piece, models }, { move: arraysOf(piece) }));
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

  async #told<T>(answering: Promise<{ readonly answer: T; readonly times: EngineTimes }>) {
    const { answer, times } = await answering;
    this.#times = times;
    return answer;
  }
}
