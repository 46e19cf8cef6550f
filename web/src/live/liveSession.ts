/** Live sound, separated while it plays: from a microphone or a tab, through a mixer of the stems, to the speakers. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { type LiveNode, openLiveNode, type Target } from "xumx-slicq";

/** Where the sound comes from. */
export type LiveSource = "microphone" | "tab";

/** What the page is told of it. */
export interface LiveFacts {
  readonly model: string;
  readonly stems: readonly Target[];
  readonly sampleRate: number;
  /** Seconds: of the model, of the buffer in which it computes, and what the browser says of its own. */
  readonly modelDelay: number;
  readonly bufferDelay: number;
  readonly browserDelay: number;
  readonly link: string;
}

/** How it gets on, asked once a second. */
export interface LiveHealth {
  /** Share of a core. */
  readonly load: number;
  readonly dropouts: number;
  /** Seconds of silence in place of what came too late. */
  readonly silent: number;
}

/** Where it is. */
export type LiveState =
  | { readonly kind: "idle" }
  | { readonly kind: "opening" }
  | { readonly kind: "running"; readonly facts: LiveFacts }
  | { readonly kind: "failed"; readonly source: LiveSource; readonly error: unknown };

/** Milliseconds between two questions for the health, and between two looks at the levels. */
const HEALTH = 1000;
const LEVELS = 50;

/** Thrown where a tab was chosen without its sound. */
export class NoSoundError extends Error {
  override readonly name: string = "NoSoundError";
}

/** One source at a time. */
export class LiveSession implements AsyncDisposable {
  readonly #state = signal<LiveState>({ kind: "idle" });
  readonly #health = signal<LiveHealth>({ load: 0, dropouts: 0, silent: 0 });
  readonly #levels = signal<ReadonlyMap<string, number>>(new Map());
  readonly state: ReadonlySignal<LiveState> = this.#state;
  readonly health: ReadonlySignal<LiveHealth> = this.#health;
  /** Peaks of the stems. */
  readonly levels: ReadonlySignal<ReadonlyMap<string, number>> = this.#levels;
  #ending: (() => Promise<void>) | undefined;
  #turn = 0;
  #node: LiveNode | undefined;
  #gains: Readonly<Partial<Record<Target, number>>> = {};

  /** Sets the gains of the mix, now or for the next source. */
  setGains(gains: Readonly<Partial<Record<Target, number>>>): void {
    this.#gains = { ...this.#gains, ...gains };
    this.#node?.setGains(gains);
  }

  /** Asks the browser for a source, and begins. What goes wrong is told by {@link state}. @param bring fetches the weights */
  async start(source: LiveSource, bring: () => Promise<Blob>): Promise<void> {
    await this.stop();
    const turn = ++this.#turn;
    this.#state.value = { kind: "opening" };
    const opened: (() => unknown)[] = [];
    const end = async () => {
      for (const close of opened.splice(0).reverse()) await close();
    };
    try {
      const stream = await streamOf(source);
      opened.push(() => stream.getTracks().map((track) => track.stop()));
      const context = new AudioContext({ latencyHint: "interactive" });
      opened.push(() => context.close());
      const model = await bring();
      const node = await openLiveNode(context, { model, gains: this.#gains });
      opened.push(() => node.close());
      await context.resume();
      if (turn !== this.#turn) return end();
      context.createMediaStreamSource(stream).connect(node.node).connect(context.destination);
      this.#node = node;
      stream.getAudioTracks()[0]?.addEventListener("ended", () => void this.stop());
      opened.push(this.#watch(node, context, source));
      this.#ending = end;
      this.#state.value = { kind: "running", facts: factsOf(node, context) };
    } catch (error) {
      await end();
      if (turn === this.#turn) this.#state.value = { kind: "failed", source, error };
    }
  }

  /** Falls silent and gives the source back. Harmless to repeat. */
  async stop(): Promise<void> {
    this.#turn++;
    const end = this.#ending;
    this.#ending = undefined;
    this.#node = undefined;
    this.#levels.value = new Map();
    this.#health.value = { load: 0, dropouts: 0, silent: 0 };
    this.#state.value = { kind: "idle" };
    await end?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Looks at levels and health. @returns what ends that */
  #watch(node: LiveNode, context: AudioContext, source: LiveSource): () => void {
    const ears = Object.entries(node.outputs).map(([stem, output]) => {
      const ear = new AnalyserNode(context, { fftSize: 2048 });
      node.node.connect(ear, output);
      return { stem, ear, samples: new Float32Array(ear.fftSize) };
    });
    const levels = setInterval(() => {
      const heard = ears.map(({ stem, ear, samples }): [string, number] => {
        ear.getFloatTimeDomainData(samples);
        return [stem, samples.reduce((most, v) => Math.max(most, Math.abs(v)), 0)];
      });
      this.#levels.value = new Map(heard);
    }, LEVELS);
    // Before the first stems there is silence, which is no dropout.
    let before: { readonly underruns: number; readonly silent: number } | undefined;
    const health = setInterval(() => {
      node.status().then(
        (status) => {
          before ??= status;
          const dropouts = status.underruns - before.underruns;
          const silent = (status.silent - before.silent) / node.sampleRate;
          this.#health.value = { load: status.load, dropouts, silent };
        },
        (error: unknown) => {
          void this.stop().then(() => {
            this.#state.value = { kind: "failed", source, error };
          });
        },
      );
    }, HEALTH);
    return () => {
      clearInterval(levels);
      clearInterval(health);
    };
  }
}

function factsOf(node: LiveNode, context: AudioContext): LiveFacts {
  return {
    model: node.modelName,
    stems: stemsOf(node),
    sampleRate: node.sampleRate,
    modelDelay: node.modelLatencySeconds,
    bufferDelay: node.bufferingSeconds,
    browserDelay: context.baseLatency + (context.outputLatency || 0),
    link: node.link,
  };
}

function stemsOf({ gains }: LiveNode): readonly Target[] {
  const known: readonly Target[] = ["vocals", "drums", "bass", "other"];
  return known.filter((stem) => stem in gains);
}

async function streamOf(source: LiveSource): Promise<MediaStream> {
  if (source === "microphone") {
    return navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    });
  }
  // Browsers know this constraint, the compiler's list does not yet.
  const audio: MediaTrackConstraints & { readonly suppressLocalAudioPlayback: boolean } = {
    suppressLocalAudioPlayback: true,
  };
  const stream = await navigator.mediaDevices.getDisplayMedia({ video: true, audio });
  if (stream.getAudioTracks().length > 0) return stream;
  for (const track of stream.getTracks()) track.stop();
  throw new NoSoundError("");
}
