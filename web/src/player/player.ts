/** Plays a song: the original and its stems in step, mixed as the user wants, while it may still be being separated. */
import { computed, effect, type ReadonlySignal, signal, untracked } from "@preact/signals";
import { balanced } from "../tracks/pan.ts";
import type { Track } from "../tracks/track.ts";
import { Feeder } from "./feeder.ts";
import { type Chunk, type PlayerNews, type PlayerOrder, PROCESSOR } from "./messages.ts";
import { type LaneSetting, laneGains, plainLane, silentLane } from "./mixing.ts";
import type { Loop } from "./passages.ts";
import moduleAddress from "./playerWorklet.ts?worker&url";

/** What is heard: the mix of the stems, or the original, both at the same gain. */
export type Listening = "mix" | "original";

/** Levels as they were heard last: peaks, linear. */
export interface Levels {
  readonly lanes: ReadonlyMap<string, number>;
  readonly left: number;
  readonly right: number;
}

/** What a player is made of. */
export interface PlayerSource {
  /** Hz. */
  readonly sampleRate: number;
  readonly tracks: ReadonlySignal<readonly Track[]>;
}

/** Slowest and fastest speed. */
export const speeds = { least: 0.5, most: 2 } as const;

/** Seconds of stems with which one goes over to them. */
const HEAD_START = 4;

const noLevels: Levels = { lanes: new Map(), left: 0, right: 0 };

/** A song's player. Its audio context is opened by the first {@link play}, which a gesture of the user must have caused. */
export class Player implements AsyncDisposable {
  readonly sampleRate: number;
  readonly tracks: ReadonlySignal<readonly Track[]>;
  readonly #playing = signal(false);
  readonly #waiting = signal(false);
  readonly #position = signal(0);
  readonly #loop = signal<Loop | undefined>(undefined);
  readonly #looping = signal(false);
  readonly #speed = signal(1);
  /** Undefined until it is chosen, or the stems are there where it plays. */
  readonly #listening = signal<Listening | undefined>(undefined);
  readonly #master = signal(1);
  readonly #levels = signal<Levels>(noLevels);
  readonly #failure = signal<unknown>(undefined);
  readonly #settings = signal<ReadonlyMap<string, LaneSetting>>(new Map());

  /** Whether it plays, or wants to. */
  readonly playing: ReadonlySignal<boolean> = this.#playing;
  /** Whether it waits for frames that are not separated yet. */
  readonly waiting: ReadonlySignal<boolean> = computed(
    () => this.#playing.value && this.#waiting.value,
  );
  /** Frame of the song, a few dozen times a second; see {@link heard}. */
  readonly position: ReadonlySignal<number> = this.#position;
  /** The region that was marked, played round while {@link looping}. */
  readonly loop: ReadonlySignal<Loop | undefined> = this.#loop;
  readonly looping: ReadonlySignal<boolean> = this.#looping;
  readonly speed: ReadonlySignal<number> = this.#speed;
  /** What is heard: the original as long as there are no stems, or none yet where it plays. */
  readonly listening: ReadonlySignal<Listening> = computed(() =>
    this.stems.value.length > 0 ? (this.#listening.value ?? "original") : "original",
  );
  /** Loudness of all, linear. */
  readonly master: ReadonlySignal<number> = this.#master;
  readonly levels: ReadonlySignal<Levels> = this.#levels;
  /** Why it cannot play. */
  readonly failure: ReadonlySignal<unknown> = this.#failure;
  /** The stems that there are. */
  readonly stems: ReadonlySignal<readonly Track[]>;
  /** Frames of the song. */
  readonly frames: ReadonlySignal<number>;

  readonly #feeder: Feeder;
  readonly #disposals: (() => void)[] = [];
  #context: AudioContext | undefined;
  #node: AudioWorkletNode | undefined;
  #opening: Promise<void> | undefined;
  #closed = false;
  #journey = 0;
  #rests = 0;
  /** The lanes of the journey. */
  #lanes: readonly Track[] = [];
  /** When the position was told, in milliseconds. */
  #told = 0;

  constructor({ sampleRate, tracks }: PlayerSource) {
    this.sampleRate = sampleRate;
    this.tracks = tracks;
    this.stems = computed(() => tracks.value.filter(({ name }) => name !== "original"));
    this.frames = computed(() => tracks.value[0]?.frames ?? 0);
    this.#feeder = new Feeder(
      (chunk) => this.#order(chunk, chunkMemory(chunk)),
      (error) => this.#fail(error),
    );
    this.#disposals.push(
      effect(() => {
        if (tracks.value !== this.#lanes) untracked(() => this.#jump(this.#position.value));
      }),
      effect(() => this.#sendMix()),
      effect(() => this.#goOverToMix()),
    );
  }

  /** What is set for a lane. */
  setting(name: string): LaneSetting {
    return this.#settings.value.get(name) ?? plainLane;
  }

  /** Sets a lane; what is left out stays. */
  set(name: string, change: Partial<LaneSetting>): void {
    const settings = new Map(this.#settings.value);
    settings.set(name, { ...this.setting(name), ...change });
    this.#settings.value = settings;
  }

  /** Whether any lane differs from how it came. */
  get isMixed(): boolean {
    return [...this.#settings.value.values()].some(
      ({ gain, pan, muted, soloed }) => gain !== 1 || pan !== 0 || muted || soloed,
    );
  }

  /** Puts all lanes back as they came. */
  resetMix(): void {
    this.#settings.value = new Map();
  }

  /** Begins to play, from the start if it was at the end. */
  async play(): Promise<void> {
    if (this.#closed) return;
    this.#failure.value = undefined;
    this.#playing.value = true;
    try {
      await this.#open();
      await this.#context?.resume();
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#position.value >= this.frames.value - 1) this.#jump(this.#loopStart());
    if (this.#playing.value) this.#order({ kind: "play" });
  }

  pause(): void {
    this.#position.value = Math.round(this.heard());
    this.#playing.value = false;
    this.#order({ kind: "pause" });
    this.#levels.value = noLevels;
  }

  toggle(): void {
    if (this.#playing.value) this.pause();
    else void this.play();
  }

  /** Goes on from a frame. */
  seek(frame: number): void {
    this.#jump(Math.max(0, Math.min(this.frames.value - 1, Math.round(frame))));
  }

  /** Marks a region and plays it round, or neither. */
  setLoop(loop: Loop | undefined): void {
    this.#loop.value = loop;
    this.#looping.value = loop !== undefined;
    this.#jumpForLoop();
  }

  /** Plays the marked region round, or on after its end. */
  setLooping(looping: boolean): void {
    this.#looping.value = looping && this.#loop.value !== undefined;
    this.#jumpForLoop();
  }

  /** Sets the speed; the pitch is kept. */
  setSpeed(speed: number): void {
    const before = this.#speed.value;
    this.#speed.value = Math.max(speeds.least, Math.min(speeds.most, speed));
    // The mix is stretched or not: in between there is a moment of silence.
    if ((before === 1) !== (this.#speed.value === 1)) this.#jump(Math.round(this.heard()));
    this.#order({ kind: "speed", speed: this.#speed.value });
  }

  setListening(listening: Listening): void {
    const before = this.listening.value;
    this.#listening.value = listening;
    // As long as stems are made, the original is read without waiting for them.
    const unfinished = this.stems.value.some(isUnfinished);
    if (unfinished && this.listening.value !== before) this.#jump(Math.round(this.heard()));
  }

  setMaster(gain: number): void {
    this.#master.value = gain;
  }

  /** The frame that is heard now, between reports too. */
  heard(): number {
    const position = this.#position.value;
    if (!this.#playing.value || this.#waiting.value) return position;
    const late = this.#context?.outputLatency ?? 0;
    const seconds = (performance.now() - this.#told) / 1000 - late;
    const { loop, looping } = this;
    const from = looping.value && loop.value && position >= loop.value.start ? loop.value.start : 0;
    const frame = position + seconds * this.sampleRate * this.#speed.value;
    return Math.max(from, Math.min(this.frames.value, frame));
  }

  /** Falls silent, and gives the sound's thread back until it is played again; what was set stays. */
  async rest(): Promise<void> {
    if (this.#playing.peek()) this.pause();
    this.#rests++;
    this.#feeder.stop();
    this.#node?.port.postMessage("close");
    const context = this.#context;
    this.#context = undefined;
    this.#node = undefined;
    this.#opening = undefined;
    if (context && context.state !== "closed") await context.close();
  }

  /** Rests for good. Harmless to repeat. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const dispose of this.#disposals.splice(0)) dispose();
    await this.rest();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #open(): Promise<void> {
    this.#opening ??= this.#openContext().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #openContext(): Promise<void> {
    const context = new AudioContext({ sampleRate: this.sampleRate, latencyHint: "interactive" });
    const rests = this.#rests;
    await context.audioWorklet.addModule(moduleAddress);
    // It may have been sent to rest meanwhile.
    if (this.#closed || this.#rests !== rests) return context.close();
    this.#context = context;
    this.#node = new AudioWorkletNode(context, PROCESSOR, {
      ...{ numberOfInputs: 0, numberOfOutputs: 1, outputChannelCount: [2] },
    });
    this.#node.port.onmessage = ({ data }: MessageEvent<PlayerNews>) => this.#hear(data);
    this.#node.connect(context.destination);
    this.#order({ kind: "speed", speed: this.#speed.value });
    this.#jump(this.#position.value);
  }

  #hear(news: PlayerNews): void {
    if (news.kind === "taken") this.#feeder.taken(news.journey);
    if (news.kind === "ended") {
      this.#playing.value = false;
      this.#position.value = this.frames.value;
      this.#levels.value = noLevels;
    }
    if (news.kind === "report" && news.journey === this.#journey && this.#playing.value) {
      this.#position.value = news.position;
      this.#told = performance.now();
      this.#waiting.value = news.waiting;
      const lanes = new Map(this.#lanes.map(({ name }, i) => [name, news.peaks[i] ?? 0]));
      this.#levels.value = { lanes, left: news.left, right: news.right };
    }
  }

  /** The original is heard until stems are there some seconds ahead, so that nobody has to wait for them. */
  #goOverToMix(): void {
    const stems = this.stems.value;
    if (stems.length === 0 && this.#listening.value === "mix") this.#listening.value = undefined;
    if (stems.length === 0 || this.#listening.value !== undefined) return;
    const needed = Math.min(this.frames.value, this.#position.value + HEAD_START * this.sampleRate);
    if (stems.every(({ ready }) => ready.value >= needed)) {
      untracked(() => this.setListening("mix"));
    }
  }

  #jump(position: number): void {
    this.#position.value = position;
    this.#told = performance.now();
    this.#lanes = this.tracks.value;
    if (!this.#node || this.#lanes.length === 0) return;
    this.#journey++;
    this.#waiting.value = true;
    this.#order({ kind: "jump", journey: this.#journey, position });
    this.#sendMix();
    const original = this.#lanes.filter(({ name }) => name === "original");
    this.#feeder.start({
      journey: this.#journey,
      position,
      loop: this.#looping.value ? this.#loop.value : undefined,
      sampleRate: this.sampleRate,
      tracks: this.#lanes,
      awaited: this.listening.value === "original" ? original : this.#lanes,
    });
  }

  #jumpForLoop(): void {
    const loop = this.#looping.value ? this.#loop.value : undefined;
    const heard = Math.round(this.heard());
    const inside = !loop || (heard >= loop.start && heard < loop.end);
    this.#jump(inside ? heard : loop.start);
  }

  #loopStart(): number {
    return this.#looping.value ? (this.#loop.value?.start ?? 0) : 0;
  }

  #sendMix(): void {
    const settings = this.#settings.value;
    const listening = this.listening.value;
    const stems = this.stems.value;
    const gains = laneGains(stems.map(({ name }) => settings.get(name) ?? plainLane));
    const master = this.#master.value;
    this.#order({
      kind: "mix",
      master,
      gains: this.#lanes.map((track) => {
        if (track.name === "original")
          return listening === "original" ? balanced(1, 0) : silentLane;
        return listening === "mix" ? (gains[stems.indexOf(track)] ?? silentLane) : silentLane;
      }),
    });
  }

  #order(order: PlayerOrder, memory: Transferable[] = []): void {
    this.#node?.port.postMessage(order, memory);
  }

  #fail(error: unknown): void {
    this.#failure.value = error;
    if (this.#playing.value) this.pause();
  }
}

function isUnfinished({ ready, frames }: Track): boolean {
  return ready.peek() < frames;
}

function chunkMemory({ lanes }: Chunk): Transferable[] {
  return lanes.flatMap((channels) => channels.map(({ buffer }) => buffer));
}
