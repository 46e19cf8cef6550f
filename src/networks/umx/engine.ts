/** Open-Unmix's networks and X-UMX at work: a session for each graph, fed with the weights where they lie. */
import { RuntimeError } from "../../errors.ts";
import { type Graph, writeOnnx } from "../../graph/index.ts";
import { chosenDevice, type FloatTensors, type Session } from "../../runtime/index.ts";
import type { RecurrentPart, SongEngineSetup, SongNetwork } from "../network.ts";
import { weightFeeds } from "../weights.ts";
import { units } from "./architecture.ts";
import {
  decoderGraph,
  encoderGraph,
  graphNames,
  jointGraph,
  recurrentGraph,
  type UmxNetwork,
  weightNames,
} from "./graphs.ts";
import type { PreparedUmxNetwork } from "./prepared.ts";

interface Sessions {
  readonly encoder: Session;
  /** By direction; the reverse one is missing where layers have one direction. */
  readonly recurrent: Readonly<Record<string, Session>>;
  /** One for all targets: alike but for their weights. */
  readonly joint: Session | undefined;
  readonly decoder: Session;
}

export class UmxEngine implements SongNetwork {
  readonly device = "cpu";
  readonly input: SongNetwork["input"];
  readonly #network: PreparedUmxNetwork;
  readonly #sessions: Sessions;
  readonly #weights: FloatTensors;

  /** @throws RuntimeError */
  static async open(
    network: PreparedUmxNetwork,
    { runtime, threads, device }: SongEngineSetup,
  ): Promise<UmxEngine> {
    if (chosenDevice(device) !== "cpu") {
      throw new RuntimeError(
        "device-unavailable",
        "Recurrent networks are computed on the processor only.",
        "Use the device cpu.",
      );
    }
    const { architecture, targets, recurrence } = network;
    // Weights are fed, so the graphs read none.
    const graphs: UmxNetwork = { targets, architecture, bridged: recurrence.bridged, layers: [] };
    const opened: Session[] = [];
    const open = async (graph: Graph) => {
      const session = await runtime.createSession(writeOnnx(graph, "fed"), {
        threads,
        memory: "kept",
      });
      opened.push(session);
      return session;
    };
    try {
      const recurrent: Record<string, Session> = {};
      for (const direction of architecture.directions) {
        recurrent[direction] = await open(recurrentGraph(architecture, direction));
      }
      return new UmxEngine(network, {
        encoder: await open(encoderGraph(graphs)),
        recurrent,
        joint: recurrence.bridged ? undefined : await open(jointGraph(graphs, 0)),
        decoder: await open(decoderGraph(graphs)),
      });
    } catch (error) {
      await Promise.all(opened.map((session) => session.close()));
      throw error;
    }
  }

  private constructor(network: PreparedUmxNetwork, sessions: Sessions) {
    const { channels, maxBin } = network.architecture;
    this.#network = network;
    this.#sessions = sessions;
    this.#weights = weightFeeds(network.weights);
    this.input = { channels, bins: maxBin };
  }

  async encode(
    magnitudes: Float32Array,
    frames: number,
    encoded: readonly Float32Array[],
  ): Promise<void> {
    const { channels, bins } = this.input;
    const { hidden } = this.#network.architecture;
    const feeds = {
      [graphNames.magnitudes]: { dims: [frames, channels * bins], data: magnitudes },
    };
    const into = encoded.map((data, j) => [
      graphNames.encoded(j),
      { dims: [frames, hidden], data },
    ]);
    await this.#run(this.#sessions.encoder, feeds, Object.fromEntries(into));
  }

  async recur(
    { target, layer, direction }: RecurrentPart,
    rows: Float32Array,
    state: Float32Array,
    outputs: Float32Array,
  ): Promise<void> {
    const { architecture, targets } = this.#network;
    const own = units(architecture);
    const frames = rows.length / architecture.hidden;
    const name = weightNames.recurrent(targets[target], layer, direction);
    await this.#sessions.recurrent[direction].run(
      {
        [graphNames.rows]: { dims: [frames, architecture.hidden], data: rows },
        [graphNames.state]: { dims: [2, own], data: state },
        weight: this.#weights[`${name}.weight`],
        recurrent: this.#weights[`${name}.recurrent`],
        bias: this.#weights[`${name}.bias`],
      },
      { [graphNames.memory]: { dims: [frames + 1, own], data: outputs } },
    );
  }

  async join(
    target: number,
    encoded: Float32Array,
    memory: Float32Array,
    joined: Float32Array,
  ): Promise<void> {
    const { joint } = this.#sessions;
    if (!joint) throw new RangeError("bridged networks have no joint layer of one target");
    const { hidden } = this.#network.architecture;
    const dims = [encoded.length / hidden, hidden];
    const [own, first] = [target, 0].map((j) => weightNames.joint(this.#network.targets[j]));
    await joint.run(
      {
        [graphNames.rows]: { dims, data: encoded },
        [graphNames.memory]: { dims, data: memory },
        [`${first}.weight`]: this.#weights[`${own}.weight`],
        [`${first}.bias`]: this.#weights[`${own}.bias`],
      },
      { [graphNames.kept(0)]: { dims, data: joined } },
    );
  }

  async decode(kept: readonly Float32Array[], masks: readonly Float32Array[]): Promise<void> {
    const { hidden, channels, bins } = this.#network.architecture;
    const frames = kept[0].length / hidden;
    const feeds = kept.map((data, i) => [graphNames.kept(i), { dims: [frames, hidden], data }]);
    const into = masks.map((data, j) => [
      graphNames.masks(j),
      { dims: [frames, channels * bins], data },
    ]);
    const named = Object.fromEntries(feeds);
    await this.#run(this.#sessions.decoder, named, Object.fromEntries(into));
  }

  /** Runs a session with whatever weights it reads. */
  #run(session: Session, feeds: FloatTensors, into?: FloatTensors): Promise<FloatTensors> {
    const all: Record<string, FloatTensors[string]> = { ...feeds };
    for (const name of session.inputs) {
      if (!(name in all)) all[name] = this.#weights[name];
    }
    return session.run(all, into);
  }

  async close(): Promise<void> {
    const { encoder, recurrent, joint, decoder } = this.#sessions;
    const sessions = [encoder, ...Object.values(recurrent), decoder, ...(joint ? [joint] : [])];
    await Promise.all(sessions.map((session) => session.close()));
  }
}
